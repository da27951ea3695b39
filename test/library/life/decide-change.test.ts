import { describe, expect, test } from 'vitest'
import type { ToolRecord, ToolState } from '../../../src/contracts/tool.ts'
import { decidePin, decideRetirement, decideRollback } from '../../../src/library/life/decide-change.ts'

function record(states: ToolState[], changes: Partial<ToolRecord> = {}): ToolRecord {
  const versions = states.map((state, index) => ({
    version: index + 1,
    state,
    stateReason: '',
    createdAt: '2026-01-01T00:00:00.000Z',
    wasUsable: state !== 'candidate',
  }))
  const current = versions.findLast(({ state }) => state === 'verified' || state === 'trusted') ?? versions.at(-1)
  return {
    name: 'mean',
    currentVersion: current?.version ?? 1,
    pinnedVersion: null,
    disabled: false,
    annotation: '',
    versions,
    ...changes,
  }
}

describe('rollback', () => {
  test('without a version goes to the newest usable one before the current, and retires what is newer', () => {
    expect(
      decideRollback(record(['trusted', 'verified', 'quarantined', 'verified']), { reason: 'wrong sums' }),
    ).toEqual({
      states: [{ version: 4, state: 'retired', reason: 'rolled back to version 2: wrong sums' }],
      reason: 'rolled back: wrong sums',
      by: 'person',
    })
  })

  test('to a named one retires all usable ones after it, and leaves candidates alone', () => {
    const { states } = decideRollback(record(['trusted', 'verified', 'candidate', 'verified']), { version: 1 })
    expect(states?.map(({ version, state }) => [version, state])).toEqual([
      [2, 'retired'],
      [4, 'retired'],
    ])
  })

  test('brings a retired or quarantined version back where it is named', () => {
    for (const state of ['retired', 'quarantined'] as const) {
      const { states } = decideRollback(record([state, 'verified']), { version: 1 })
      expect(states).toEqual([
        { version: 2, state: 'retired', reason: 'rolled back to version 1' },
        { version: 1, state: 'verified', reason: 'brought back' },
      ])
    }
  })

  test('forward again is a rollback too', () => {
    expect(decideRollback(record(['verified', 'retired']), { version: 2 }).states).toEqual([
      { version: 2, state: 'verified', reason: 'brought back' },
    ])
  })

  test('by itself it goes to what a rollback retired, never to what was quarantined', () => {
    expect(decideRollback(record(['retired', 'quarantined', 'verified']), {}).states?.at(-1)).toMatchObject({
      version: 1,
    })
    expect(() => decideRollback(record(['quarantined', 'verified']), {})).toThrow(/no older version/)
  })

  test.each([
    ['a single version', record(['verified']), {}, /no older version/],
    ['a version that was never verified', record(['candidate', 'verified']), { version: 1 }, /never verified/],
    ['the current version', record(['verified', 'verified']), { version: 2 }, /has version 2 as its current/],
    ['a pinned tool', record(['verified', 'verified'], { pinnedVersion: 2 }), {}, /is pinned to version 2/],
    ['a version that is not there', record(['verified']), { version: 9 }, /no version 9/],
  ])('is refused for %s', (_, of, options, message) => {
    expect(() => decideRollback(of, options)).toThrow(
      expect.objectContaining({ code: 'tool_rejected', message: expect.stringMatching(message) }),
    )
  })
})

describe('pinning', () => {
  test('takes the current version, or the one that is named', () => {
    expect(decidePin(record(['verified', 'trusted']))).toMatchObject({ pinnedVersion: 2 })
    expect(decidePin(record(['verified', 'trusted']), 1)).toMatchObject({ pinnedVersion: 1, by: 'person' })
  })

  test('is refused for a version that nobody could find then', () => {
    expect(() => decidePin(record(['verified', 'candidate']), 2)).toThrow(/candidate/)
  })
})

describe('retiring', () => {
  test('of a tool takes all versions that are not retired, of a version only that one', () => {
    const of = record(['retired', 'verified', 'candidate'])
    expect(decideRetirement(of, { reason: 'unused' }).states).toEqual([
      { version: 2, state: 'retired', reason: 'unused' },
      { version: 3, state: 'retired', reason: 'unused' },
    ])
    expect(decideRetirement(of, { version: 2 }).states).toHaveLength(1)
    expect(decideRetirement(of, { version: 1 }).states).toEqual([])
  })
})
