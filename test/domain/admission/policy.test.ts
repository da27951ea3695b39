import { describe, expect, test } from 'vitest'
import type { AdmissionFinding } from '../../../src/domain/admission/finding.ts'
import { judgeFinding, type AdmissionPolicy, type Effect } from '../../../src/domain/admission/policy.ts'

const POLICIES: readonly AdmissionPolicy[] = ['made', 'repaired', 'imported', 'edited']

const FAULT: AdmissionFinding = { check: 'determinism', code: 'recursion' }
const BUSY: AdmissionFinding = { check: 'tests', code: 'undecided', test: 't', failure: 'busy' }
const SPENT: AdmissionFinding = { check: 'determinism', code: 'not-finished', reason: 'spent' }
const CHANGED: AdmissionFinding = { check: 'regression', code: 'test', version: 1, test: 't', failure: 'f' }
const WEAK: AdmissionFinding = { check: 'test-quality', code: 'no-error-case', tests: [] }
const UNTESTED: AdmissionFinding = { check: 'test-quality', code: 'untested', tests: [] }
const TWIN: AdmissionFinding = { check: 'twins', code: 'twin', name: 'n', version: 1, reason: 'r' }
const REPEATED: AdmissionFinding = { check: 'test-quality', code: 'duplicate', tests: ['a', 'b'] }

/** In the order of `POLICIES`. */
const EFFECTS: [string, AdmissionFinding, Effect[]][] = [
  ['a fault', FAULT, ['refuse', 'refuse', 'refuse', 'refuse']],
  ['a test that a busy machine left open', BUSY, ['doubt', 'doubt', 'refuse', 'refuse']],
  ['a budget that is spent', SPENT, ['note', 'note', 'refuse', 'refuse']],
  ['what the version before it did otherwise', CHANGED, ['doubt', 'refuse', 'note', 'doubt']],
  ['tests that see too little', WEAK, ['strengthen', 'strengthen', 'note', 'note']],
  ['tests of which none can fail', UNTESTED, ['strengthen', 'strengthen', 'doubt', 'doubt']],
  ['a twin', TWIN, ['reuse', 'note', 'note', 'note']],
  ['a test that repeats another', REPEATED, ['note', 'note', 'note', 'note']],
]

describe('what follows from', () => {
  test.each(EFFECTS)('%s', (_name, finding, effects) => {
    const found = POLICIES.map((policy) => judgeFinding(finding, policy, { mayStrengthen: true }).effect)
    expect(found).toEqual(effects)
  })

  test.each(['made', 'repaired'] as const)(
    'tests that were strengthened once and stay weak is a doubt: %s',
    (policy) => {
      for (const finding of [WEAK, UNTESTED]) {
        expect(judgeFinding(finding, policy, { mayStrengthen: false }).effect).toBe('doubt')
      }
      expect(judgeFinding(FAULT, policy, { mayStrengthen: false }).effect).toBe('refuse')
    },
  )

  test.each<[AdmissionFinding]>([
    [{ check: 'static', code: 'problem', problem: 'p' }],
    [{ check: 'hidden-characters', code: 'hidden', line: 1, character: 'U+202E' }],
    [{ check: 'hard-coded', code: 'looked-up' }],
    [{ check: 'mutation', code: 'unsteady', problem: 'p' }],
    [{ check: 'determinism', code: 'network', names: ['example.com'] }],
    [{ check: 'review', code: 'wrong', line: null, text: 't' }],
  ])('%j is a refusal for everybody', (finding) => {
    for (const policy of POLICIES) {
      expect(judgeFinding(finding, policy, { mayStrengthen: true })).toMatchObject({ kind: 'fault', effect: 'refuse' })
    }
  })
})
