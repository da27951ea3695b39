import type { Source } from '../../domain/admission/finding.ts'
import type { World } from '../observation/observe-calls.ts'

/** Noon of a Thursday in 2024 and the last hour of a Saturday in another month, year and summer time, eleven years on. */
const CLOCKS = { first: Date.UTC(2024, 1, 1, 12) / 1000, second: Date.UTC(2035, 5, 30, 23, 17, 5) / 1000 }

/** Nothing of `second` is as in `first`. */
export const WORLDS: Readonly<Record<'first' | 'second', World>> = {
  first: {
    clock: CLOCKS.first,
    seed: 1,
    folder: '/box',
    timeZone: { python: 'UTC0', javascript: 'UTC' },
    environment: '',
    reverse: false,
    files: [{ name: 'a-bystander.csv', content: 'day,value\n2024-01-01,1\n' }],
  },
  second: {
    clock: CLOCKS.second,
    seed: 2,
    folder: '/tmp/elsewhere',
    // Its quarter of an hour shows in more results than full hours would.
    timeZone: { python: 'XST-5:45', javascript: 'Asia/Kathmandu' },
    environment: '-changed',
    reverse: true,
    files: [
      { name: 'another-bystander.csv', content: 'day,value\n2035-06-30,7\n2035-07-01,8\n' },
      { name: 'notes.txt', content: 'Nobody named this file.\n' },
    ],
  },
}

/** One change of the first world for each source; the likeliest first. */
export const CHANGES: readonly (readonly [Source, Partial<World>])[] = [
  ['clock', { clock: WORLDS.second.clock }],
  ['time-zone', { timeZone: WORLDS.second.timeZone }],
  ['randomness', { seed: WORLDS.second.seed }],
  ['earlier-calls', { reverse: WORLDS.second.reverse }],
  ['input-files', { files: WORLDS.second.files }],
  ['folder', { folder: WORLDS.second.folder }],
  ['environment', { environment: WORLDS.second.environment }],
]
