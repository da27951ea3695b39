import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Reviewer } from '../../src/admission/check.ts'
import type { Neighbour } from '../../src/admission/twins/find-twins.ts'
import { findJson } from '../../src/agent/parse-reply/find-json.ts'
import { ADMISSION_CHECKS, type ToolTest } from '../../src/contracts/tool.ts'
import { verdictOf } from '../../src/domain/admission/mutation-verdict.ts'
import type { AdmissionDecision, AdmissionReport } from '../../src/domain/admission/report.ts'
import { borrowTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'
import { isFullSize, sampleOf } from '../support/sizes.ts'
import { loadPlanted, plantedNames, toVersion, type PlantedTool } from './load-planted.ts'
import { admit } from './run-admission.ts'

const GOOD = (await plantedNames('good')).toSorted()
const BAD = (await plantedNames('bad')).toSorted()
/** At least one for each check and for each word of it that costs little; `npm test` takes three of them. */
const BAD_OF_EACH_KIND = [
  'age_in_years',
  'best_so_far',
  'clamp_values',
  'convert_currency',
  'is_leap_year',
  'is_prime',
  'latest_rate',
  'normalise_weights',
  'population_spread',
  'price_gap',
  'top_scores',
  'without_outliers',
]

/** Enough for the verdict on the planted ones; a start of Node costs a tenth of a second and more. */
const MUTANTS = { python: 20, javascript: 6 }

/** Some fifty executions for each tool: on a machine that does other things as well, a start of Node takes a second or two. */
const PATIENCE_MS = 180_000

let opened: TestSandbox
let library: PlantedTool[]
beforeAll(async () => {
  opened = await borrowTestSandbox()
  library = await Promise.all(GOOD.map((name) => loadPlanted(opened.sandbox, 'good', name)))
})
afterAll(() => opened.close())

/** A reviewer who says what the fixture says, else that it can be kept. */
function reviewerOf({ review }: Pick<PlantedTool, 'review'>): Reviewer {
  const reply = JSON.stringify(review ?? { verdict: 'keep', reasons: [] })
  return { specification: '', ask: () => Promise.resolve(reply), findJson }
}

/** With all other good tools as neighbours. */
function decide(planted: PlantedTool, options: Parameters<typeof admit>[2] = {}): Promise<AdmissionReport> {
  const { language } = planted.tool.signature
  const neighbours = library
    .filter((other) => other.name !== planted.name)
    .map((other): Neighbour => ({ version: toVersion(other), tools: [] }))
  const { tool, specification, tests } = planted
  return admit(
    opened.sandbox,
    { tool, specification, tests, neighbours },
    { mutants: { limit: MUTANTS[language], wallMs: 60_000 }, means: { reviewer: reviewerOf(planted) }, ...options },
  )
}

const wordsOf = ({ findings }: AdmissionReport): string[] =>
  findings.flatMap(({ finding, effect }) => (effect === 'note' ? [] : [`${finding.check}: ${finding.code}`]))

/** The checks that were made. */
const ranOf = ({ record }: AdmissionReport): string[] =>
  (record.checks ?? []).flatMap(({ check, ran }) => (ran > 0 ? [check] : []))

test('there are twenty good tools and twenty bad ones, in both languages', () => {
  expect(GOOD).toHaveLength(20)
  expect(BAD).toHaveLength(20)
  expect(new Set(library.map((one) => one.tool.signature.language))).toEqual(new Set(['python', 'javascript']))
})

describe('a good tool is admitted', () => {
  test.each(sampleOf(GOOD, 1))(
    '%s',
    async (name) => {
      const planted = await loadPlanted(opened.sandbox, 'good', name)
      expect(planted.problems).toEqual([])
      const admission = await decide(planted)
      expect(wordsOf(admission)).toEqual([])
      expect(admission.decision).toBe('admit')
      const { neighbours, mutants, repeatedCalls, checks = [] } = admission.record
      expect(neighbours.map((one) => one.verdict)).not.toContain('passes')
      expect(verdictOf(mutants ?? { tried: 0, survived: 0 }).verdict).not.toBe('weak')
      expect(repeatedCalls).toBeGreaterThan(3)
      // Each check has its yield, in the order in which it was made.
      expect(checks.map(({ check }) => check)).toEqual(ADMISSION_CHECKS)
      expect(checks.map(({ refused }) => refused)).toEqual(checks.map(() => 0))
      expect(checks.find(({ check }) => check === 'static')?.skipped).toEqual({ 'not-asked': 1 })
      for (const { check, ran, executions } of checks) {
        if (['tests', 'determinism', 'mutation'].includes(check))
          expect({ check, ran, isMany: executions > 1 }).toEqual({ check, ran: 1, isMany: true })
        if (['hidden-characters', 'hard-coded', 'review'].includes(check))
          expect({ check, ran, executions }).toEqual({ check, ran: 1, executions: 0 })
      }
    },
    PATIENCE_MS,
  )
})

/** What follows from a finding of each check. */
const DECISIONS: Record<string, AdmissionDecision> = {
  tests: 'refuse',
  determinism: 'refuse',
  review: 'refuse',
  twins: 'reuse',
  mutation: 'strengthen-tests',
  'test-quality': 'strengthen-tests',
}

describe('a bad tool is not admitted, for the right reason', () => {
  test.each(isFullSize ? BAD : sampleOf(BAD_OF_EACH_KIND, 3))(
    '%s',
    async (name) => {
      const planted = await loadPlanted(opened.sandbox, 'bad', name)
      const { expected } = planted
      if (expected === null) throw new Error(`${name} does not say why it is bad`)
      const admission = await decide(planted)
      expect(wordsOf(admission)).toContain(`${expected.check}: ${expected.code}`)
      expect(admission.decision).toBe(DECISIONS[expected.check])
      // Nothing else is held against it: the checks before did not stumble over something beside the point.
      expect(new Set(wordsOf(admission).map((word) => word.split(':')[0]))).toEqual(new Set([expected.check]))
      const unsteady = admission.findings.flatMap(({ finding }) =>
        finding.code === 'unsteady' && 'sources' in finding ? finding.sources : [],
      )
      if (expected.source !== undefined) expect(unsteady).toContain(expected.source)
      if (expected.twin !== undefined) expect(admission.twin?.name).toBe(expected.twin)
      const { checks = [] } = admission.record
      expect(checks.filter(({ refused }) => refused > 0)).toHaveLength(1)
      expect(checks.findLast(({ ran }) => ran > 0)?.refused).toBe(1)
      if (expected.static !== undefined) expect(planted.problems.join(' ')).toContain(expected.static)
    },
    PATIENCE_MS,
  )
})

describe('the decision', () => {
  const take = (name: string): PlantedTool => {
    const found = library.find((one) => one.name === name)
    if (found === undefined) throw new Error(`there is no ${name}`)
    return found
  }

  test('ends with the first check that refuses: the dear ones are not made any more', async () => {
    const planted = take('median_absolute_deviation')
    const wrong = { ...planted.tool, code: planted.tool.code.replace('len(ordered) // 2', '0') }
    const admission = await decide({ ...planted, tool: wrong })
    expect(admission.decision).toBe('refuse')
    expect(ranOf(admission)).toEqual(['hidden-characters', 'tests'])
    expect(admission.record).toMatchObject({ repeatedCalls: null, neighbours: [], mutants: null, review: null })
    const later = admission.record.checks?.slice(-3).map(({ skipped }) => skipped)
    expect(later).toEqual(Array.from({ length: 3 }, () => ({ 'refused-before': 1 })))
  })

  test('follows from nothing where the reviewer has no verdict', async () => {
    const { tool, specification, tests } = take('group_sums')
    const reviewer: Reviewer = { specification: '', ask: () => Promise.resolve('no JSON'), findJson }
    const admission = await admit(opened.sandbox, { tool, specification, tests }, { means: { reviewer } })
    expect(admission).toMatchObject({ decision: 'admit', record: { review: { verdict: 'none' } } })
  })

  test('asks for a test where a neighbour passes all of them and does something else', async () => {
    const planted = take('sample_standard_deviation')
    const population = await loadPlanted(opened.sandbox, 'bad', 'population_spread')
    const of = (values: number[], expected: number): ToolTest => ({
      name: `of ${values.join(' ')}`,
      kind: 'example',
      arguments: { values },
      expected,
    })
    const subject = {
      tool: planted.tool,
      specification: { ...planted.specification, description: 'Spread.' },
      // All zero, to twelve digits.
      tests: [of([1, 1], 0), of([4, 4, 4], 0), of([3, 3], 1e-300)],
      neighbours: [{ version: toVersion(population), tools: [] }],
    }
    const admission = await admit(opened.sandbox, subject, { mutants: null })
    expect(admission).toMatchObject({
      decision: 'strengthen-tests',
      findings: [{ finding: { check: 'twins', code: 'not-told-apart' }, effect: 'strengthen' }],
    })
    expect(admission.unseen).toHaveLength(1)
    expect(admission.record.checks?.find(({ check }) => check === 'mutation')?.skipped).toEqual({ 'not-asked': 1 })
  })

  test('is made on tests that stay weak as well, once nobody strengthens them: the review still refuses the code', async () => {
    const planted = await loadPlanted(opened.sandbox, 'bad', 'price_gap')
    const admission = await decide(planted, { mayStrengthen: false })
    expect(admission.decision).toBe('refuse')
    expect(admission.findings.map(({ finding, effect }) => [finding.check, effect])).toEqual([
      ['mutation', 'doubt'],
      ['review', 'refuse'],
    ])
  })

  test('ends with the reason of its signal', async () => {
    const { tool, specification, tests } = take('group_sums')
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(admit(opened.sandbox, { tool, specification, tests }, { signal })).rejects.toThrow('enough')
  })
})
