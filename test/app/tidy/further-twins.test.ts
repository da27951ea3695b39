import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compareTwins } from '../../../src/admission/twins/compare-twins.ts'
import type { TestedTool } from '../../../src/admission/twins/fingerprint-tools.ts'
import { runTests } from '../../../src/app/run-tests.ts'
import { planTidy } from '../../../src/app/tidy/plan-tidy.ts'
import type { Library } from '../../../src/contracts/library.ts'
import { compare } from '../../admission/run-tests.ts'
import { ACROSS_PAIRS, FURTHER_PAIRS, type FurtherPair } from '../../fixtures/library/twins/further-pairs.ts'
import { newTool, openTestLibrary } from '../../library/support/library.ts'
import { borrowTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { sampleOf } from '../../support/sizes.ts'
import { loadFurtherPairs } from './load-further-twins.ts'

const SLOW = { timeout: 600_000 }

let opened: TestSandbox
beforeAll(async () => {
  opened = await borrowTestSandbox()
})
afterAll(() => opened.close())

async function keep(library: Library, { code, signature, tests }: TestedTool): Promise<void> {
  const { name, summary: _summary, description: _description, ...rest } = signature
  await library.save(newTool(name, { ...rest, code, tests: [...tests], state: 'verified' }))
}

/** Some twins and some that only look so. */
function bothKinds(pairs: readonly FurtherPair[]): FurtherPair[] {
  return [true, false].flatMap((isTwin) =>
    sampleOf(
      pairs.filter((pair) => pair.isTwin === isTwin),
      3,
    ),
  )
}

test('of all of them in one library only twins are found to do the same, and nearly all twins are', SLOW, async () => {
  const { library } = await openTestLibrary()
  const pairs = await loadFurtherPairs(opened.sandbox, [ACROSS_PAIRS, FURTHER_PAIRS].flatMap(bothKinds))
  for (const { tools } of pairs) for (const tool of tools) await keep(library, tool)
  const plan = await planTidy({
    library: () => Promise.resolve(library),
    sandbox: () => Promise.resolve(opened.sandbox),
  })
  const merged = plan.clusters.flatMap(({ keep: { name }, others }) => others.map((other) => [name, other.name]))
  const found = [...merged, ...plan.acrossLanguages.map(({ names }) => names)].map((names) =>
    names.toSorted().join(' '),
  )
  const twins = pairs
    .filter(({ isTwin }) => isTwin)
    .map(({ title, tools }) => ({ title, pair: tools.map(({ signature }) => signature.name).join(' ') }))
  const right = new Set(twins.map(({ pair }) => pair))
  expect(
    found.filter((pair) => !right.has(pair)),
    'false merges',
  ).toEqual([])
  const missed = twins.filter(({ pair }) => !found.includes(pair)).map(({ title }) => title)
  expect(missed.length / twins.length, `missed: ${missed.join('; ')}`).toBeLessThanOrEqual(0.1)
  expect(plan.notCompared).toBe(0)
})

/** Most near-twins are told apart by the sorting of the test above. */
const COMPARED = 1

describe.each([
  ['in two languages', ACROSS_PAIRS],
  ['with files, missing values and parameters in another order', FURTHER_PAIRS],
] as const)('tools %s', (_title, pairs) => {
  test.each(sampleOf(pairs, COMPARED))('$title', SLOW, async (pair) => {
    const [planted] = await loadFurtherPairs(opened.sandbox, [pair])
    if (planted === undefined) throw new TypeError('there is no pair')
    const { verdict, reason } = await compareTwins(...planted.tools, { sandbox: opened.sandbox, runTests, compare })
    expect(`${verdict}: ${reason}`).toMatch(pair.isTwin ? /^same: / : /^different: /)
  })
})
