import { describe, expect, test } from 'vitest'
import { diffTools, renderDifferences } from '../../../src/library/formats/diff-tools.ts'
import { CLAMP, makeTool, MEAN, RETURN_RATE } from './support/tools.ts'

describe('what changed', () => {
  test('nothing', () => {
    expect(diffTools([MEAN, CLAMP], [CLAMP, MEAN])).toEqual([
      { name: 'clamp_numbers', change: 'same', lines: [], codeDiff: null },
      { name: 'weighted_mean', change: 'same', lines: [], codeDiff: null },
    ])
    expect(diffTools([], [])).toEqual([])
    expect(renderDifferences(diffTools([MEAN], [MEAN]))).toBe('1 tool is the same.')
  })

  test('a tool that is new, gone, or has no name', () => {
    const { name: _name, ...unnamed } = CLAMP
    const differences = diffTools([MEAN], [RETURN_RATE, unnamed])
    expect(differences.map(({ name, change, lines }) => [name, change, lines])).toEqual([
      ['portfolio_return', 'added', ['python, 18 lines, 1 test']],
      ['weighted_mean', 'removed', ['python, 22 lines']],
      ['(no name)', 'added', ['javascript, 20 lines, 1 test']],
    ])
    expect(differences[0]?.codeDiff?.split('\n').slice(0, 4)).toEqual([
      '--- portfolio_return (before)',
      '+++ portfolio_return (after)',
      '@@ -0,0 +1,18 @@',
      '+from tools import (',
    ])
  })

  test('code as a unified diff, everything else in a line each', () => {
    const after = makeTool({
      ...MEAN,
      code: MEAN.code.replace('total == 0', 'abs(total) < 1e-300'),
      whenToUse: 'Averages.',
      exampleRequests: ['average price weighted by quantity', 'mean by turnover'],
      inputSchema: {
        type: 'object',
        properties: { values: { type: 'array' }, counts: { type: 'array' } },
        required: ['values'],
      },
      outputSchema: { type: ['number', 'null'] },
      tests: [
        { name: 'weighs the items', kind: 'example', arguments: { values: [], weights: [] }, expected: 0 },
        ...MEAN.tests.slice(1, 5),
        { name: 'new one', kind: 'error', arguments: {} },
      ],
    })
    const text = renderDifferences(diffTools([MEAN, CLAMP], [after, CLAMP]))
    expect(text).toBe(`weighted_mean: changed
  when to use: "Averages in which the items count differently." → "Averages."
  request removed: "weighted average of the grades"
  request added: "mean by turnover"
  parameter changed: "values"
  parameter removed: "weights"
  parameter added: "counts"
  result changed
  test changed: "weighs the items": "{\\"arguments\\":{\\"values\\":[10,20,30],\\"weights\\":[1,1,2]},\\"expected\\":22.5,\\"kind\\":\\"example\\"}" → "{\\"arguments\\":{\\"values\\":[],\\"weights\\":[]},\\"expected\\":0,\\"kind\\":\\"example\\"}"
  test removed: "does not depend on the scale of the weights"
  test added: "new one"
--- weighted_mean (before)
+++ weighted_mean (after)
@@ -17,6 +17,6 @@
     if len(values) != len(weights):
         raise ValueError(f"values and weights differ in length: {len(values)} and {len(weights)}")
     total = math.fsum(weights)
-    if total == 0:
+    if abs(total) < 1e-300:
         raise ValueError("weights add up to 0")
     return math.fsum(value * weight for value, weight in zip(values, weights)) / total

1 tool is the same.`)
  })

  test('the order of keys in a schema or a test is no change', () => {
    const turned = JSON.parse(JSON.stringify(MEAN), (_key, value: unknown) =>
      value !== null && typeof value === 'object' && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).toReversed())
        : value,
    ) as typeof MEAN
    expect(diffTools([MEAN], [turned])).toEqual([{ name: 'weighted_mean', change: 'same', lines: [], codeDiff: null }])
  })

  test('tests of one name are told apart', () => {
    const [first, second] = [MEAN.tests[0], MEAN.tests[1]]
    if (first === undefined || second === undefined) throw new Error('MEAN has tests')
    const twins = [first, { ...second, name: first.name }]
    const [difference] = diffTools([{ ...MEAN, tests: twins }], [{ ...MEAN, tests: twins.slice(0, 1) }])
    expect(difference?.lines).toEqual([expect.stringMatching(/^test changed/)])
  })

  test('what a source does not say is no change', () => {
    const { language, code, name } = MEAN
    expect(diffTools([MEAN], [{ name, language, code }])[0]?.change).toBe('same')
  })
})

describe('what is printed', () => {
  test('shows characters that a terminal would act on', () => {
    const after = {
      ...MEAN,
      code: `${MEAN.code}# \u001B[2J\u202E\u200B\n`,
      whenToUse: '\u001B[31mred\nsecond line\u202E',
    }
    const text = renderDifferences(diffTools([MEAN], [after]))
    // oxlint-disable-next-line no-control-regex -- these must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u200B\u202E]/)
    expect(text).toContain(String.raw`+# \u{1b}[2J\u{202e}\u{200b}`)
    expect(text).toContain('→ "[31mred second line"')
  })

  test('codes without a line in common are compared in bounded time', () => {
    const lines = (seed: number): string =>
      Array.from({ length: 40_000 }, (_, index) => `x${(index * seed) % 99_991}`).join('\n')
    const start = performance.now()
    const [difference] = diffTools([{ ...MEAN, code: lines(7) }], [{ ...MEAN, code: lines(13) }])
    expect(performance.now() - start).toBeLessThan(15_000)
    expect(difference?.codeDiff).toMatch(/too different to be compared|^---/)
  })

  test('a code without a line feed at its end', () => {
    const [difference] = diffTools([{ ...MEAN, code: 'a = 1' }], [{ ...MEAN, code: 'a = 1\n' }])
    expect(difference?.codeDiff).toContain('\\ No newline at end of file')
  })
})
