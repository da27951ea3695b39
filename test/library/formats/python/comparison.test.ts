import { readFile } from 'node:fs/promises'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compareValues } from '../../../../src/domain/compare/compare-values.ts'
import type { JsonValue } from '../../../../src/contracts/json.ts'
import { assetPath } from '../../../../src/util/asset-path.ts'
import { borrowTestSandbox, type TestSandbox } from '../../../support/open-test-sandbox.ts'

let opened: TestSandbox
beforeAll(async () => {
  opened = await borrowTestSandbox()
})
afterAll(() => opened.close())

type Pair = { expected: JsonValue; actual: JsonValue; tolerance: number | null }

const atom: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom(
    0,
    1,
    -1,
    1e-13,
    1.000_000_1,
    0.999_999,
    1_000_001,
    1_000_000,
    1e13,
    1e13 + 1,
    1e13 + 0.5,
    4_006_381_333_931,
    4_006_381_333_930,
    2 ** 53 - 1,
    0.1,
    0.3,
  ),
  fc.constantFrom(
    '',
    'a',
    'NaN',
    'inf',
    '-Infinity',
    '2024-01-02',
    '2024-01-02T00:00:00Z',
    '2024-01-02 00:00',
    '2024-01-01T23:00:00-01:00',
    '2024-01-02T02:00+02',
    '2024-01-01T24:00',
    '2024-01-01T23:60',
    '2024-02-30',
    '2024-03-01',
    '0024-01-02',
    '1924-01-02',
    'P1DT2H',
    'PT26H',
    '-PT0.5S',
    '-PT0.500000000S',
    'é',
    'e\u0301',
  ),
  fc.constantFrom(null, true, false),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const value = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atom,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c d'), tie('value'), { maxKeys: 2 }),
  ),
})).value

/** Two values that have something in common more often than not. */
const pair: fc.Arbitrary<Pair> = fc
  .tuple(value, value, fc.constantFrom(null, 0, 1e-6, 0.001, 0.1), fc.boolean())
  .map(([expected, other, tolerance, isSame]) => ({ expected, actual: isSame ? expected : other, tolerance }))

async function compareInPython(pairs: Pair[]): Promise<boolean[]> {
  const comparison = await readFile(assetPath('library/formats/python/comparison.py'), 'utf8')
  const result = await opened.sandbox.execute({
    language: 'python',
    code: `${comparison}

def compare(pairs):
    return [find_difference(to_plain(p["actual"]), p["expected"], p["tolerance"], "value") is None for p in pairs]
`,
    call: { function: 'compare', arguments: { pairs: pairs as unknown as JsonValue } },
  })
  expect(result.error).toBeUndefined()
  return result.value as boolean[]
}

test('pytest accepts and refuses the same values as handaxe', async () => {
  const pairs = fc.sample(pair, { numRuns: 3000, seed: 20_261_122 })
  const ours = pairs.map(
    ({ expected, actual, tolerance }) =>
      compareValues(expected, actual, tolerance === null ? {} : { tolerance }) === null,
  )
  const theirs = await compareInPython(pairs)
  const different = pairs.filter((_, index) => ours[index] !== theirs[index])
  expect(different).toEqual([])
  // The pairs tell something: both answers are there often.
  expect(ours.filter(Boolean).length).toBeGreaterThan(500)
  expect(ours.filter((agrees) => !agrees).length).toBeGreaterThan(500)
})

test('what Python gives besides JSON is compared as its JSON form', async () => {
  const comparison = await readFile(assetPath('library/formats/python/comparison.py'), 'utf8')
  const result = await opened.sandbox.execute({
    language: 'python',
    code: `${comparison}
import collections, decimal, datetime
Point = collections.namedtuple("Point", "x y")
result([
    to_plain((1, 2)), to_plain({3, 1}), to_plain(Point(1, 2)), to_plain({1: {"a": decimal.Decimal("1.5")}}),
    to_plain(datetime.date(2024, 1, 2)), to_plain(range(3)), to_plain(item for item in "ab"),
    to_plain(-datetime.timedelta(days=1, hours=1, milliseconds=500)),
])
`,
  })
  expect(result.value).toEqual([
    [1, 2],
    [1, 3],
    { x: 1, y: 2 },
    { '1': { a: 1.5 } },
    '2024-01-02',
    [0, 1, 2],
    ['a', 'b'],
    '-P1DT3600.500000S',
  ])
})
