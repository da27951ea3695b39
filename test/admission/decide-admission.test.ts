import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decideAdmission, type Admission } from '../../src/admission/decide-admission.ts'
import { DEFAULT_THRESHOLD } from '../../src/admission/mutation/mutation-verdict.ts'
import type { Neighbour } from '../../src/admission/twins/find-twins.ts'
import type { ToolTest } from '../../src/contracts/tool.ts'
import { openTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'
import { isFullSize, sampleOf } from '../support/sizes.ts'
import { loadPlanted, plantedNames, toVersion, type PlantedTool } from './load-planted.ts'
import { compare, runTests } from './run-tests.ts'

const GOOD = (await plantedNames('good')).toSorted()
const BAD = (await plantedNames('bad')).toSorted()
/** At least one for each check and for each word of it that costs little: with the others this takes minutes. */
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
  opened = await openTestSandbox()
  library = await Promise.all(GOOD.map((name) => loadPlanted(opened.sandbox, 'good', name)))
})
afterAll(() => opened.close())

/** With all other good tools as neighbours, and a reviewer who says what the fixture says. */
function decide(planted: PlantedTool): Promise<Admission> {
  const { language } = planted.tool.signature
  const neighbours = library
    .filter((other) => other.name !== planted.name)
    .map((other): Neighbour => ({ version: toVersion(other), tools: [] }))
  return decideAdmission({
    sandbox: opened.sandbox,
    tool: planted.tool,
    specification: planted.specification,
    tests: planted.tests,
    neighbours,
    runTests,
    compare,
    review: () => Promise.resolve(planted.review ?? { verdict: 'keep', reasons: [] }),
    mutants: { limit: MUTANTS[language] },
  })
}

test('there are twenty good tools and twenty bad ones, in both languages', () => {
  expect(GOOD).toHaveLength(20)
  expect(BAD).toHaveLength(20)
  expect(new Set(library.map((one) => one.tool.signature.language))).toEqual(new Set(['python', 'javascript']))
})

describe('a good tool is admitted', () => {
  test.each(sampleOf(GOOD, 3))(
    '%s',
    async (name) => {
      const planted = await loadPlanted(opened.sandbox, 'good', name)
      expect(planted.problems).toEqual([])
      const admission = await decide(planted)
      expect(admission.findings).toEqual([])
      expect(admission.decision).toBe('admit')
      expect(admission.twins?.tried.map((one) => one.verdict)).not.toContain('passes')
      expect(admission.mutation?.share).toBeGreaterThanOrEqual(DEFAULT_THRESHOLD)
      expect(admission.determinism?.compared).toBeGreaterThan(3)
    },
    PATIENCE_MS,
  )
})

/** What follows from a finding of each check. */
const DECISIONS: Record<string, Admission['decision']> = {
  tests: 'refuse',
  determinism: 'refuse',
  review: 'refuse',
  twins: 'reuse',
  mutation: 'strengthen-tests',
  'test-quality': 'strengthen-tests',
}

describe('a bad tool is not admitted, for the right reason', () => {
  test.each(isFullSize ? BAD : BAD_OF_EACH_KIND)(
    '%s',
    async (name) => {
      const planted = await loadPlanted(opened.sandbox, 'bad', name)
      const { expected } = planted
      if (expected === null) throw new Error(`${name} does not say why it is bad`)
      const admission = await decide(planted)
      expect(admission.findings.map((finding) => `${finding.check}: ${finding.code}`)).toContain(
        `${expected.check}: ${expected.code}`,
      )
      const also = expected.also ?? []
      expect(admission.decision).toBe(also.includes('review') ? 'refuse' : DECISIONS[expected.check])
      // Nothing else is held against it: the checks before did not stumble over something beside the point.
      expect(new Set(admission.findings.map((finding) => finding.check))).toEqual(new Set([expected.check, ...also]))
      if (expected.source !== undefined) expect(admission.determinism?.sources).toContain(expected.source)
      if (expected.twin !== undefined) expect(admission.twins?.twin?.name).toBe(expected.twin)
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

  test('ends with the first check that decides: the dear ones are not made any more', async () => {
    const planted = take('median_absolute_deviation')
    const wrong = { ...planted.tool, code: planted.tool.code.replace('len(ordered) // 2', '0') }
    const admission = await decide({ ...planted, tool: wrong })
    expect(admission.decision).toBe('refuse')
    expect(Object.keys(admission.wallMs)).toEqual(['test-quality', 'tests'])
    expect(admission).toMatchObject({ determinism: null, twins: null, mutation: null, review: null })
  })

  test('follows from nothing where the reviewer has no verdict', async () => {
    const planted = take('group_sums')
    const options = { sandbox: opened.sandbox, ...planted, neighbours: [], runTests, compare }
    const admission = await decideAdmission({
      ...options,
      review: () => Promise.resolve({ verdict: 'none', problem: 'no JSON' }),
      mutants: { limit: 5 },
    })
    expect(admission).toMatchObject({ decision: 'admit', review: { verdict: 'none' } })
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
    const admission = await decideAdmission({
      sandbox: opened.sandbox,
      ...planted,
      specification: { ...planted.specification, description: 'Spread.' },
      // All zero, to twelve digits.
      tests: [of([1, 1], 0), of([4, 4, 4], 0), of([3, 3], 1e-300)],
      neighbours: [{ version: toVersion(population), tools: [] }],
      runTests,
      compare,
      review: null,
    })
    expect(admission).toMatchObject({
      decision: 'strengthen-tests',
      findings: [{ check: 'twins', code: 'not-told-apart' }],
    })
  })

  test('ends with the reason of its signal', async () => {
    const options = { sandbox: opened.sandbox, ...take('group_sums'), neighbours: [], runTests, compare, review: null }
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(decideAdmission({ ...options, signal })).rejects.toThrow('enough')
  })
})
