import { expect, test } from 'vitest'
import type { ToolSummary } from '../../../src/contracts/tool.ts'
import { BEATEN_REQUESTS, proposeBeaten, type ToolChoice } from '../../../src/library/life/propose-beaten.ts'

function tool(name: string, changes: Partial<ToolSummary> = {}): ToolSummary {
  return {
    name,
    version: 1,
    newestVersion: 1,
    language: 'python',
    summary: '',
    state: 'verified',
    createdAt: '2026-01-01T00:00:00.000Z',
    disabled: false,
    pinnedVersion: null,
    annotation: '',
    ledger: { uses: 0, successes: 0, failures: 0, reuses: 0, tokensSaved: 0, wallMs: 0, lastUsedAt: null },
    ...changes,
  }
}

/** So many different requests for which both were offered and the winner was taken. */
function lost(count: number, changes: Partial<ToolChoice> = {}): ToolChoice[] {
  return Array.from({ length: count }, (_, index) => ({
    request: `request ${index}`,
    offered: [
      { name: 'loser', version: 1 },
      { name: 'winner', version: 3 },
    ],
    chosen: ['winner'],
    ...changes,
  }))
}

const names = (choices: ToolChoice[], changes: Partial<ToolSummary> = {}): string[] =>
  proposeBeaten([tool('winner', { version: 3 }), tool('loser', changes)], choices).map(({ name }) => name)

test('what was offered for ten different requests and never chosen is proposed, with what was chosen instead', () => {
  expect(BEATEN_REQUESTS).toBe(10)
  const other = lost(1, {
    request: 'another',
    offered: [
      { name: 'loser', version: 1 },
      { name: 'third', version: 1 },
    ],
    chosen: ['third'],
  })
  expect(proposeBeaten([tool('winner', { version: 3 }), tool('loser')], [...lost(9), ...other])).toEqual([
    {
      name: 'loser',
      version: 1,
      requests: 10,
      by: [
        { name: 'winner', requests: 9 },
        { name: 'third', requests: 1 },
      ],
      reason: 'offered for 10 different requests and never chosen: they took winner, third',
    },
  ])
})

test.each([
  ['one request less', lost(9)],
  ['the same request again and again', lost(20, { request: 'the same' })],
  ['nothing chosen instead', lost(20, { chosen: [] })],
  ['something chosen that was not offered beside it', lost(20, { chosen: ['elsewhere'] })],
  [
    'an older version that was offered',
    lost(20, {
      offered: [
        { name: 'loser', version: 2 },
        { name: 'winner', version: 3 },
      ],
    }),
  ],
  ['one choice of it among the latest', [...lost(5), ...lost(1, { chosen: ['loser'] }), ...lost(15)]],
  ['no requests', []],
])('%s is not enough', (_, choices) => {
  expect(names(choices)).toEqual([])
})

test('what was chosen long ago and lost ten times since is proposed', () => {
  expect(names([...lost(10), ...lost(1, { chosen: ['loser'] })])).toEqual(['loser'])
})

test.each<[string, Partial<ToolSummary>]>([
  ['pinned', { pinnedVersion: 1 }],
  ['disabled', { disabled: true }],
  ['a candidate', { state: 'candidate' }],
  ['retired already', { state: 'retired' }],
  ['reused three times', { ledger: { ...tool('x').ledger, reuses: 3 } }],
])('what is %s is left alone', (_, changes) => {
  expect(names(lost(20), changes)).toEqual([])
})
