import { expect, test } from 'vitest'
import { closest } from '../../src/util/closest.ts'

test.each([
  ['exce', ['run', 'exec'], 'exec'],
  ['Tools List', ['tools list', 'tools show'], 'tools list'],
  ['--timeut', ['--input', '--timeout-ms'], '--timeout-ms'],
  ['run', ['run'], 'run'],
])('%s is taken for the near name', (wanted, names, expected) => {
  expect(closest(wanted, names)).toBe(expected)
})

test.each([
  ['zebra', ['run', 'exec']],
  ['', ['run']],
  ['run', []],
  ['x'.repeat(100_000), ['run']],
])('case %# is near to nothing', (wanted, names) => {
  expect(closest(wanted, names)).toBeNull()
})
