import type { Sandbox } from '../../src/contracts/sandbox.ts'

/** For checks that execute nothing. */
export const noSandbox = {
  execute: () => Promise.reject(new Error('This check should execute nothing')),
  close: () => Promise.resolve(),
} as unknown as Sandbox
