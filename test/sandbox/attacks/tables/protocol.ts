import type { Attack } from '../../support/attack.ts'
import { ENDING } from './protocol-ending.ts'
import { FRAMES } from './protocol-frames.ts'
import { PROGRAM } from './protocol-program.ts'

/** Section R. */
export const PROTOCOL: Attack[] = [...FRAMES, ...ENDING, ...PROGRAM]
