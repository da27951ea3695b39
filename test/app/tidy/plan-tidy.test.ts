import { expect, test } from 'vitest'
import { compareTwins } from '../../../src/admission/twins/compare-twins.ts'
import type { TestedTool } from '../../../src/admission/twins/fingerprint-tools.ts'
import { planTidy } from '../../../src/app/tidy/plan-tidy.ts'
import { runTests } from '../../../src/app/run-tests.ts'
import { compare } from '../../admission/run-tests.ts'
import { newTool } from '../../library/support/library.ts'
import { isFullSize, sampleOf } from '../../support/sizes.ts'
import { useTestApp } from '../exchange/support.ts'
import { loadPairs, type PlantedPair } from './load-twins.ts'

const opened = useTestApp()

async function keep({ code, signature, tests }: TestedTool): Promise<void> {
  const { name, summary: _summary, description: _description, ...rest } = signature
  await opened.library.save(newTool(name, { ...rest, code, tests: [...tests], state: 'verified' }))
}

/** As planted: the name of a tool's twin. */
function twinsOf(pairs: readonly PlantedPair[]): Map<string, string> {
  const twins = pairs.filter(({ isTwin }) => isTwin)
  return new Map(
    twins.flatMap(({ tools: [{ signature: a }, { signature: b }] }) => [
      [a.name, b.name],
      [b.name, a.name],
    ]),
  )
}

test(
  'of all planted tools in one library only twins are merged, and all twins are found',
  { timeout: 600_000 },
  async () => {
    const all = await loadPairs(await opened.app.sandbox())
    const pairs = [true, false].flatMap((isTwin) =>
      sampleOf(
        all.filter((pair) => pair.isTwin === isTwin),
        5,
      ),
    )
    for (const { tools } of pairs) for (const tool of tools) await keep(tool)
    const twins = twinsOf(pairs)
    const near = pairs.filter(({ isTwin }) => !isTwin).length
    expect([near >= (isFullSize ? 20 : 5), twins.size / 2 >= (isFullSize ? 10 : 5)]).toEqual([true, true])
    const plan = await planTidy(opened.app)
    const merged = plan.clusters.flatMap(({ keep: { name }, others }) => others.map((other) => [name, other.name]))
    const wrong = merged.filter(([name = '', other = '']) => twins.get(name) !== other)
    expect(wrong, 'false merges').toEqual([])
    const recall = merged.length / (twins.size / 2)
    expect(recall, `merged ${merged.length} of ${twins.size / 2}`).toBeGreaterThanOrEqual(0.9)
    expect(plan).toMatchObject({ tools: 2 * pairs.length, notCompared: 0 })
    // One execution each sorts them: of 2,701 pairs few are left.
    expect(plan.compared).toBeLessThan(2 * pairs.length)
  },
)

test('each planted pair that differs at an edge is told apart when it is compared', { timeout: 600_000 }, async () => {
  const sandbox = await opened.app.sandbox()
  const pairs = sampleOf(
    (await loadPairs(sandbox)).filter(({ isTwin }) => !isTwin),
    1,
  )
  const verdicts: string[] = []
  for (const { title, tools } of pairs) {
    const { verdict } = await compareTwins(...tools, { sandbox, runTests, compare })
    verdicts.push(`${title}: ${verdict}`)
  }
  expect(verdicts).toEqual(pairs.map(({ title }) => `${title}: different`))
})

test('an empty library and one with a single tool have nothing to tidy', async () => {
  expect(await planTidy(opened.app)).toMatchObject({ tools: 0, clusters: [], compared: 0 })
  await opened.library.save(newTool('one', { state: 'verified' }))
  expect(await planTidy(opened.app)).toMatchObject({ tools: 1, clusters: [], compared: 0 })
})

test('an interruption ends it', async () => {
  await opened.library.save(newTool('one', { state: 'verified' }))
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(planTidy(opened.app, { signal })).rejects.toThrow('enough')
})
