import { expect, test } from 'vitest'
import type { ToolSummary } from '../../../src/contracts/tool.ts'
import { proposeRetirement } from '../../../src/library/life/propose-retirement.ts'

const NOW = Date.parse('2026-11-22T12:00:00.000Z')
const daysAgo = (days: number): string => new Date(NOW - days * 86_400_000).toISOString()

function tool(
  name: string,
  { lastUsed, reuses = 0, ...changes }: { lastUsed: number | null; reuses?: number } & Partial<ToolSummary>,
): ToolSummary {
  return {
    name,
    version: 1,
    newestVersion: 1,
    language: 'python',
    summary: '',
    state: 'verified',
    createdAt: daysAgo(400),
    disabled: false,
    pinnedVersion: null,
    annotation: '',
    ledger: {
      uses: reuses,
      successes: reuses,
      failures: 0,
      reuses,
      tokensSaved: 0,
      wallMs: 0,
      lastUsedAt: lastUsed === null ? null : daysAgo(lastUsed),
    },
    ...changes,
  }
}

const busy = tool('busy', { lastUsed: 1, reuses: 50 })
const names = (...tools: ToolSummary[]): string[] => proposeRetirement([busy, ...tools], NOW).map(({ name }) => name)

test('what was never reused and has been idle for a season is proposed, with the reason', () => {
  expect(proposeRetirement([busy, tool('idle', { lastUsed: 90 })], NOW)).toEqual([
    { name: 'idle', version: 1, idleDays: 90, reuses: 0, reason: 'never reused, not used for 90 days' },
  ])
  expect(names(tool('once', { lastUsed: 200, reuses: 1 }), tool('never', { lastUsed: null }))).toEqual([
    'once',
    'never',
  ])
})

test.each([
  ['used lately', tool('x', { lastUsed: 89 })],
  ['made lately', tool('x', { lastUsed: null, createdAt: daysAgo(10) })],
  ['reused three times, long ago', tool('x', { lastUsed: 300, reuses: 3 })],
  ['pinned', tool('x', { lastUsed: 300, pinnedVersion: 1 })],
  ['disabled', tool('x', { lastUsed: 300, disabled: true })],
  ['a candidate', tool('x', { lastUsed: 300, state: 'candidate' })],
  ['retired already', tool('x', { lastUsed: 300, state: 'retired' })],
  ['of an unreadable date', tool('x', { lastUsed: null, createdAt: 'long ago' })],
])('what is %s is left alone', (_, one) => {
  expect(names(one)).toEqual([])
})

test('a library that nobody used for a month loses nothing', () => {
  expect(proposeRetirement([tool('a', { lastUsed: 31, reuses: 9 }), tool('b', { lastUsed: 300 })], NOW)).toEqual([])
  expect(proposeRetirement([tool('a', { lastUsed: null })], NOW)).toEqual([])
  expect(proposeRetirement([], NOW)).toEqual([])
})
