import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonValue } from '../../../src/contracts/json.ts'
import { parseJsonText, toCanonicalJson, toJsonText } from '../../../src/library/formats/json-text.ts'
import { renderLiteral } from '../../../src/library/formats/python/render-pytest.ts'

const anyJson = fc
  .jsonValue({ maxDepth: 6, noUnicodeString: false })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonValue)

describe('JSON for people', () => {
  test('says the same, and the same value gives the same text', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(JSON.parse(toJsonText(value))).toEqual(value)
        expect(toJsonText(JSON.parse(toJsonText(value)) as JsonValue)).toBe(toJsonText(value))
      }),
      { numRuns: 1000, seed: 4 },
    )
  })

  test.each([2 ** 53, -(2 ** 60), 1e20, 1.7976931348623157e308, { $number: '9007199254740993' }, 2 ** 53 - 1])(
    'gives %j back as it was: a double as a double, an exact integer as one',
    (value) => {
      expect(parseJsonText(toJsonText({ value }))).toEqual({ value: { value } })
    },
  )

  test('breaks lines where they get long, and nowhere else', () => {
    expect(toJsonText({ a: [1, 2], b: {}, c: [], d: { e: null } })).toBe(
      '{ "a": [1, 2], "b": {}, "c": [], "d": { "e": null } }\n',
    )
    const long = 'x'.repeat(60)
    expect(toJsonText([long, { long }])).toBe(`[\n  "${long}",\n  { "long": "${long}" }\n]\n`)
    expect(
      Math.max(
        ...toJsonText(Array.from({ length: 500 }, (_, index) => [index]))
          .split('\n')
          .map(({ length }) => length),
      ),
    ).toBeLessThan(100)
  })

  test('very deep values are written, and those beyond all sense are not read', () => {
    const nest = (depth: number): JsonValue => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as JsonValue
    expect(parseJsonText(toJsonText(nest(260)))).toEqual({ value: nest(260) })
    expect(parseJsonText(JSON.stringify(nest(400)))).toEqual({ problem: 'is nested deeper than 300 levels' })
  })

  test('the canonical form knows no order of keys', () => {
    expect(toCanonicalJson({ b: 1, a: [{ d: 1, c: 2 }] })).toBe('{"a":[{"c":2,"d":1}],"b":1}')
  })
})

describe('Python literals', () => {
  test.each([
    [null, 'None'],
    [true, 'True'],
    [{ a: [false, 1.5, 'x\n"é"'] }, String.raw`{"a": [False, 1.5, "x\n\"é\""]}`],
    [{ $number: 'NaN' }, 'float("NaN")'],
    [{ $number: '-9007199254740993' }, '-9007199254740993'],
    [{ $number: '1); import os; (' }, 'float("1); import os; (")'],
    [{ $number: '1', other: 1 }, '{"$number": "1", "other": 1}'],
    [{ $bytes: 'aGk=' }, '__import__("base64").b64decode("aGk=")'],
  ])('%j is %s', (value, literal) => {
    expect(renderLiteral(value as JsonValue)).toBe(literal)
  })
})
