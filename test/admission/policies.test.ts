import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Reviewer } from '../../src/admission/check.ts'
import { findJson } from '../../src/agent/parse-reply/find-json.ts'
import type { AdmissionCheck, CheckYield, KeptCall, ToolTest } from '../../src/contracts/tool.ts'
import { describeFinding } from '../../src/domain/admission/describe-finding.ts'
import type { Predecessor } from '../../src/domain/admission/predecessor.ts'
import type { AdmissionPolicy } from '../../src/domain/admission/policy.ts'
import type { AdmissionReport } from '../../src/domain/admission/report.ts'
import { SpendingLimit } from '../../src/domain/failures/spending-limit.ts'
import { borrowTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'
import { loadPlanted, toVersion, type PlantedTool } from './load-planted.ts'
import { admit } from './run-admission.ts'

const POLICIES = ['made', 'repaired', 'imported', 'edited'] as const satisfies AdmissionPolicy[]
const SLOW = { timeout: 180_000 }

let opened: TestSandbox
let good: PlantedTool
beforeAll(async () => {
  opened = await borrowTestSandbox()
  good = await loadPlanted(opened.sandbox, 'good', 'sample_standard_deviation')
})
afterAll(() => opened.close())

const subjectOf = ({ tool, specification, tests }: PlantedTool) => ({ tool, specification, tests })
const yieldOf = ({ record }: AdmissionReport, check: AdmissionCheck): CheckYield | undefined =>
  record.checks?.find((one) => one.check === check)
const effectsOf = ({ findings }: AdmissionReport): string[] =>
  findings.map(({ finding, effect }) => `${finding.check}: ${finding.code}: ${effect}`)

const rejecting: Reviewer = {
  specification: '',
  ask: () => Promise.resolve('{"verdict": "reject", "reasons": [{"kind": "wrong", "line": 1, "text": "it is wrong"}]}'),
  findJson,
}

describe.each(POLICIES)('a tool that is %s', (policy) => {
  test('is admitted where nothing is found', SLOW, async () => {
    const found = await admit(opened.sandbox, subjectOf(good), { policy, mutants: { limit: 6, wallMs: 60_000 } })
    expect(found).toMatchObject({ policy, decision: 'admit', findings: [], twin: null })
    expect(found.tests).toEqual({ total: good.tests.length, passed: good.tests.length })
    expect(yieldOf(found, 'review')?.skipped).toEqual({ 'not-asked': 1 })
    expect(yieldOf(found, 'twins')?.skipped).toEqual({ 'nothing-to-check': 1 })
  })

  test('is refused by its code as text, before anything is executed', SLOW, async () => {
    const found = await admit(opened.sandbox, subjectOf(good), { policy, means: { readCode: () => ['It prints.'] } })
    expect(found.decision).toBe('refuse')
    expect(effectsOf(found)).toEqual(['static: problem: refuse'])
    expect(found.record.checks?.reduce((sum, { executions }) => sum + executions, 0)).toBe(0)
    expect(found.record.checks?.filter(({ skipped }) => skipped['refused-before'] === 1)).toHaveLength(9)
  })

  test('is refused where it fails a test', SLOW, async () => {
    const wrong: ToolTest = { name: 'wrong', kind: 'example', arguments: { values: [1, 3] }, expected: 7 }
    const found = await admit(opened.sandbox, { ...subjectOf(good), tests: [...good.tests, wrong] }, { policy })
    expect(found.decision).toBe('refuse')
    expect(effectsOf(found)).toEqual(['tests: failed: refuse'])
    expect(found.tests).toEqual({ total: good.tests.length + 1, passed: good.tests.length })
    expect(yieldOf(found, 'tests')).toMatchObject({ ran: 1, refused: 1, executions: good.tests.length + 1 })
  })

  test('is not tested again where the evidence says that it passed', SLOW, async () => {
    const evidence = { passed: ['tests'] as const }
    const found = await admit(opened.sandbox, subjectOf(good), { policy, evidence, mutants: null })
    expect(yieldOf(found, 'tests')).toMatchObject({ ran: 0, executions: 0, skipped: { evidence: 1 } })
    expect(found).toMatchObject({ decision: 'admit', tests: { passed: good.tests.length } })
  })

  test('is refused by a reviewer, if there is one', SLOW, async () => {
    const means = { reviewer: rejecting }
    const found = await admit(opened.sandbox, subjectOf(good), { policy, means, mutants: null })
    expect(found).toMatchObject({ decision: 'refuse', record: { review: { verdict: 'reject' } } })
    expect(effectsOf(found)).toEqual(['review: wrong: refuse'])
  })

  test('meets its bound', SLOW, async () => {
    const spending = new SpendingLimit({ executions: good.tests.length, wallMs: 600_000 })
    const means = { reviewer: { ...rejecting, ask: () => Promise.resolve('{"verdict": "keep"}') } }
    const found = await admit(opened.sandbox, subjectOf(good), { policy, spending, means })
    const isForPerson = policy === 'imported' || policy === 'edited'
    expect(spending.executions).toBe(good.tests.length)
    expect(found.decision).toBe(isForPerson ? 'refuse' : 'admit')
    expect(found.record.stopped).toMatch(/not compared further: its \d+ executions are used up/)
    const cut = found.record.checks?.filter(({ cutShort }) => cutShort > 0).map(({ check }) => check)
    expect(cut).toHaveLength(1)
    // A review is no execution.
    expect(yieldOf(found, 'review')).toMatchObject(isForPerson ? { skipped: { 'refused-before': 1 } } : { ran: 1 })
    if (!isForPerson) expect(yieldOf(found, 'mutation')?.skipped).toEqual({ spent: 1 })
  })
})

describe('tests that see too little', () => {
  const few = (): ToolTest[] => good.tests.filter(({ kind }) => kind === 'example').slice(0, 2)

  test('are strengthened where somebody writes tests, once, and else are told', SLOW, async () => {
    const given = { ...subjectOf(good), tests: few() }
    const mutants = { limit: 6, wallMs: 60_000 }
    for (const policy of POLICIES) {
      const found = await admit(opened.sandbox, given, { policy, mutants })
      const isForPerson = policy === 'imported' || policy === 'edited'
      expect(found.decision).toBe(isForPerson ? 'admit' : 'strengthen-tests')
      expect(effectsOf(found)[0]).toBe(`test-quality: few-examples: ${isForPerson ? 'note' : 'strengthen'}`)
      expect(yieldOf(found, 'determinism')).toMatchObject({ ran: isForPerson ? 1 : 0 })
    }
  })

  test('are a doubt afterwards, and what does not depend on them is not looked at again', SLOW, async () => {
    const first = await admit(opened.sandbox, subjectOf(good), { mutants: null })
    const given = { ...subjectOf(good), tests: few() }
    const evidence = { passed: ['static', 'tests'] as const, earlier: first }
    const found = await admit(opened.sandbox, given, { mayStrengthen: false, evidence, mutants: null })
    expect(found.decision).toBe('admit')
    expect(effectsOf(found)[0]).toBe('test-quality: few-examples: doubt')
    expect(yieldOf(found, 'determinism')?.skipped).toEqual({ evidence: 1 })
    expect(yieldOf(found, 'hard-coded')?.skipped).toEqual({ evidence: 1 })
    expect(found.record.repeatedCalls).toBe(first.record.repeatedCalls)
  })

  test('that are not there make a candidate of an import, on which no faults are planted', SLOW, async () => {
    for (const policy of ['imported', 'edited'] as const) {
      const found = await admit(opened.sandbox, { ...subjectOf(good), tests: [] }, { policy })
      expect(found.decision).toBe('admit')
      expect(effectsOf(found)).toEqual(['test-quality: untested: doubt'])
      expect(yieldOf(found, 'determinism')).toMatchObject({ ran: 1 })
      expect(yieldOf(found, 'mutation')?.skipped).toEqual({ 'nothing-to-check': 1 })
    }
  })
})

test('a twin stands in for a made tool, and is named where a person knows the tool by its name', SLOW, async () => {
  const given = { ...subjectOf(good), neighbours: [{ version: toVersion(good, 3), tools: [] }] }
  for (const policy of POLICIES) {
    const found = await admit(opened.sandbox, given, { policy, mutants: null })
    expect(found.decision).toBe(policy === 'made' ? 'reuse' : 'admit')
    expect(effectsOf(found)).toEqual([`twins: twin: ${policy === 'made' ? 'reuse' : 'note'}`])
    expect(found.twin).toMatchObject({ name: good.name, version: 3 })
  }
})

test(
  'a tool that passed its tests and fails one while faults are planted is refused: it is not steady',
  SLOW,
  async () => {
    // Passes when it is first run on the host's side, and never after: the tests count their runs.
    let runs = 0
    const { runTests } = await import('./run-tests.ts')
    const means = {
      runTests: (run: Parameters<typeof runTests>[0]) => {
        if (run.tests.length > 1) runs += 1
        return runs < 2
          ? runTests(run)
          : Promise.resolve(run.tests.slice(0, 1).map((one) => ({ test: one, failure: 'expected 1, got 2' })))
      },
    }
    for (const policy of POLICIES) {
      runs = 0
      const found = await admit(opened.sandbox, subjectOf(good), { policy, means })
      expect(found.decision).toBe('refuse')
      expect(effectsOf(found)).toEqual(['mutation: unsteady: refuse'])
    }
  },
)

describe('a tool that is to take the place of another version', () => {
  const example = (name: string, values: number[], expected: number): ToolTest => {
    return { name, kind: 'example', arguments: { values }, expected }
  }
  const call = (values: number[], value: number): KeptCall => {
    return { inputHash: String(values), at: '2026-02-01T00:00:00.000Z', arguments: { values }, value }
  }
  const held: Predecessor = {
    version: 4,
    tests: [example('of three', [1, 2, 3], 1)],
    calls: [call([2, 4, 6], 2), call([1, 3, 5], 2)],
  }
  const other: Predecessor = {
    ...held,
    tests: [example('of three', [1, 2, 3], 9)],
    calls: [call([2, 4, 6], 2), call([1, 3, 5], 8)],
  }
  const EFFECTS: Record<AdmissionPolicy, string> = {
    made: 'doubt',
    repaired: 'refuse',
    imported: 'note',
    edited: 'doubt',
  }

  test.each(POLICIES)('has to hold what that one held: %s', SLOW, async (policy) => {
    const given = subjectOf(good)
    const same = await admit(opened.sandbox, { ...given, predecessor: held }, { policy, mutants: null })
    expect(effectsOf(same)).toEqual([])
    expect(same.regression?.calls.map(({ value, difference }) => [value, difference])).toEqual([
      [2, null],
      [2, null],
    ])
    // One test and two calls; its own tests are not run for it again.
    expect(yieldOf(same, 'regression')).toMatchObject({ ran: 1, refused: 0, executions: 3 })
    const found = await admit(opened.sandbox, { ...given, predecessor: other }, { policy, mutants: null })
    expect(found.decision).toBe(policy === 'repaired' ? 'refuse' : 'admit')
    expect(effectsOf(found)).toEqual([`regression: test: ${EFFECTS[policy]}`, `regression: call: ${EFFECTS[policy]}`])
    expect(found.findings.map(({ finding }) => describeFinding(finding))).toEqual([
      'Test "of three" of version 4: expected 9, got 1',
      'The call {"values":[1,3,5]} of 2026-02-01: expected 8, got 2',
    ])
  })

  test('is not held against tests that are its own as well', SLOW, async () => {
    const predecessor = { version: 4, tests: good.tests, calls: [] }
    const found = await admit(opened.sandbox, { ...subjectOf(good), predecessor }, { mutants: null })
    expect(yieldOf(found, 'regression')).toMatchObject({ ran: 1, executions: 0 })
  })

  test('must not fail where that one failed, before anything else is asked', SLOW, async () => {
    const code = good.tool.code.replace('return ', 'values[7] if 5 in values else 0\n    return ')
    expect(code).not.toBe(good.tool.code)
    const tests = good.tests.filter(({ kind }) => kind === 'example')
    const predecessor = { ...other, failures: [{ values: [5, 6] }] }
    const given = { ...subjectOf(good), tests, tool: { ...good.tool, code }, predecessor }
    const found = await admit(opened.sandbox, given, { policy: 'repaired', evidence: { passed: ['tests'] } })
    expect(effectsOf(found)).toEqual(['regression: still-fails: refuse'])
    expect(found.regression).toBeNull()
    expect(found.findings.map(({ finding }) => describeFinding(finding)).join()).toMatch(
      /^It still fails for \{"values":\[5,6\]\}: it ended with 'error', IndexError/,
    )
  })

  test('is held against it whatever the budget says: others rely on it', SLOW, async () => {
    const spending = new SpendingLimit({ executions: 0, wallMs: 600_000 })
    const evidence = { passed: ['tests'] as const }
    const given = { ...subjectOf(good), predecessor: other }
    const found = await admit(opened.sandbox, given, { policy: 'repaired', spending, evidence })
    expect(found.decision).toBe('refuse')
    expect(yieldOf(found, 'regression')).toMatchObject({ ran: 1, refused: 1, cutShort: 0, executions: 3 })
  })

  test('is held against it once, also where its tests are strengthened', SLOW, async () => {
    const given = { ...subjectOf(good), predecessor: held }
    const earlier = await admit(opened.sandbox, given, { policy: 'repaired', mutants: null })
    const again = await admit(opened.sandbox, given, { policy: 'repaired', mutants: null, evidence: { earlier } })
    expect(yieldOf(again, 'regression')).toMatchObject({ ran: 0, skipped: { evidence: 1 } })
    expect(again.regression).toEqual(earlier.regression)
  })
})
