import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ToolUnderTest } from '../../../src/admission/subject.ts'
import { findTwins, type Neighbour, type TwinSearch } from '../../../src/admission/twins/find-twins.ts'
import type { ToolTest } from '../../../src/contracts/tool.ts'
import { borrowTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { loadPlanted, toVersion, type PlantedTool } from '../load-planted.ts'
import { compare, runTests } from '../run-tests.ts'

let opened: TestSandbox
let deviation: PlantedTool
let spread: PlantedTool
beforeAll(async () => {
  opened = await borrowTestSandbox()
  deviation = await loadPlanted(opened.sandbox, 'good', 'sample_standard_deviation')
  spread = await loadPlanted(opened.sandbox, 'bad', 'spread_of_sample')
})
afterAll(() => opened.close())

const neighbour = (planted: PlantedTool, over: Partial<Neighbour['version']> = {}): Neighbour => ({
  version: { ...toVersion(planted), ...over },
  tools: [],
})

function search(tool: ToolUnderTest, tests: ToolTest[], neighbours: Neighbour[]): Promise<TwinSearch> {
  return findTwins({ sandbox: opened.sandbox, tool, tests, neighbours, runTests, compare })
}

describe('a tool that the library has already', () => {
  test('is found under another name and with other parameters, by its tests and its behaviour', async () => {
    const { twin } = await search(spread.tool, spread.tests, [neighbour(deviation)])
    expect(twin).toMatchObject({
      name: 'sample_standard_deviation',
      verdict: 'twin',
      renamed: [{ from: 'data', to: 'values' }],
      behaviour: { verdict: 'same' },
    })
  })

  test('is the nearest of several, and those further on are not tried', async () => {
    const { twin, tried } = await search(spread.tool, spread.tests, [
      neighbour(deviation, { version: 4 }),
      neighbour(deviation, { version: 5 }),
    ])
    expect(twin?.version).toBe(4)
    expect(tried).toHaveLength(1)
  })

  test('is found where it has the same name and parameters', async () => {
    const { twin } = await search(deviation.tool, deviation.tests, [neighbour(deviation, { version: 7 })])
    expect(twin).toMatchObject({ version: 7, renamed: [] })
  })

  test('is found where it imports another tool', async () => {
    const mean = {
      name: 'mean_of',
      language: 'python',
      function: 'mean_of',
      code: 'def mean_of(v): return sum(v) / len(v)',
    } as const
    const code = `from tools import mean_of
def sample_standard_deviation(values):
    if len(values) < 2:
        raise ValueError("too few")
    mean = mean_of(values)
    return (sum((value - mean) ** 2 for value in values) / (len(values) - 1)) ** 0.5
`
    const composed = { ...neighbour(deviation, { code, uses: ['mean_of'] }), tools: [mean] }
    expect((await search(spread.tool, spread.tests, [composed])).twin).not.toBeNull()
  })
})

describe('a tool that the library does not have', () => {
  test('fails a test of the new one, which is named', async () => {
    const median = await loadPlanted(opened.sandbox, 'good', 'median_absolute_deviation')
    const { twin, tried } = await search(spread.tool, spread.tests, [neighbour(median)])
    expect(twin).toBeNull()
    expect(tried).toMatchObject([{ verdict: 'fails', reason: expect.stringContaining('test "') as string }])
  })

  test('passes weak tests and is told apart by generated inputs', async () => {
    const population = await loadPlanted(opened.sandbox, 'bad', 'population_spread')
    const weak: ToolTest[] = [{ name: 'of equal numbers', kind: 'example', arguments: { data: [2, 2] }, expected: 0 }]
    const { twin, tried } = await search(spread.tool, weak, [neighbour(population)])
    expect(twin).toBeNull()
    expect(tried).toMatchObject([{ verdict: 'passes', behaviour: { verdict: 'different' } }])
  })

  test('does not fit by language or by parameters', async () => {
    const script = await loadPlanted(opened.sandbox, 'good', 'running_maximum')
    const table = await loadPlanted(opened.sandbox, 'good', 'group_sums')
    const { tried } = await search(spread.tool, spread.tests, [neighbour(script), neighbour(table)])
    expect(tried.map((one) => one.verdict)).toEqual(['does-not-fit', 'does-not-fit'])
  })

  test('cannot stand in for one that it imports', async () => {
    const same = { name: 'spread_of_sample', language: 'python', function: 'g', code: 'def g(v): return 1' } as const
    const circular = { ...neighbour(deviation), tools: [same] }
    expect((await search(spread.tool, spread.tests, [circular])).tried[0]?.verdict).toBe('does-not-fit')
  })

  test('is the answer of an empty library', async () => {
    expect(await search(spread.tool, spread.tests, [])).toEqual({ twin: null, tried: [], stopped: null })
  })
})

test('a twin in JavaScript is found through its other parameters, by properties as well', async () => {
  const best = await loadPlanted(opened.sandbox, 'bad', 'best_so_far')
  const running = await loadPlanted(opened.sandbox, 'good', 'running_maximum')
  const program =
    "import { best_so_far, bestSoFar } from 'tools'\nresult(best_so_far({ series: [1, 3] })[1] === 3 && bestSoFar({ series: [2] })[0] === 2)"
  const tests: ToolTest[] = [...best.tests, { name: 'p', kind: 'property', program }]
  const { twin } = await search(best.tool, tests, [neighbour(running)])
  expect(twin).toMatchObject({ name: 'running_maximum', renamed: [{ from: 'series', to: 'values' }] })
})

describe('a twin in another language', () => {
  const code = `export default ({ values }) => {
  if (values.length < 2) throw new RangeError('too few')
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}`
  const inJavascript = (text: string) =>
    neighbour(deviation, { language: 'javascript', function: 'default', code: text })
  const searchBoth = (text: string, otherLanguages: boolean) => {
    const { tool, tests } = spread
    const neighbours = [inJavascript(text)]
    return findTwins({ sandbox: opened.sandbox, tool, tests, neighbours, runTests, compare, otherLanguages })
  }

  test('is found where no program imports the tool, and has no modules for programs', async () => {
    const { twin } = await searchBoth(code, true)
    expect(twin).toMatchObject({
      renamed: [{ from: 'data', to: 'values' }],
      behaviour: { verdict: 'same' },
      modules: [],
    })
  })

  test('is none where a program may import it', async () => {
    expect((await searchBoth(code, false)).tried).toMatchObject([{ verdict: 'does-not-fit' }])
  })

  test('is none where it does something else, which is no matter of the tests', async () => {
    const { twin, tried } = await searchBoth(
      code.replace('values.length - 1', 'values.length - (values.length > 5)'),
      true,
    )
    expect(twin).toBeNull()
    expect(tried).toMatchObject([{ verdict: 'fails' }])
  })
})

test('parameters in another order are paired by what the tests show', async () => {
  const types = {
    type: 'object',
    properties: { whole: { type: 'number' }, part: { type: 'number' } },
    required: ['whole', 'part'],
  }
  const code = 'def share(whole, part):\n    return part / whole\n'
  const kept = neighbour(deviation, { name: 'share', function: 'share', code, inputSchema: types })
  const tool: ToolUnderTest = {
    code: 'def ratio(a, b):\n    return a / b\n',
    signature: {
      ...deviation.tool.signature,
      name: 'ratio',
      function: 'ratio',
      inputSchema: {
        type: 'object',
        properties: { a: { type: 'number' }, b: { type: 'number' } },
        required: ['a', 'b'],
      },
    },
    tools: [],
  }
  const tests: ToolTest[] = [{ name: 'a half', kind: 'example', arguments: { a: 1, b: 2 }, expected: 0.5 }]
  const { twin } = await search(tool, tests, [kept])
  expect(twin?.renamed).toEqual([
    { from: 'a', to: 'part' },
    { from: 'b', to: 'whole' },
  ])
})
