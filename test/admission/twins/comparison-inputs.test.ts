import { describe, expect, test } from 'vitest'
import { comparisonInputs } from '../../../src/admission/twins/comparison-inputs.ts'
import { generateFiles } from '../../../src/admission/twins/generate-files.ts'
import { pathParameters } from '../../../src/admission/twins/path-parameters.ts'
import { strictDifference } from '../../../src/admission/twins/strict-difference.ts'
import type { JsonSchema } from '../../../src/contracts/json.ts'
import type { ToolTest } from '../../../src/contracts/tool.ts'

const TEXT = { type: 'string' }
const schemaOf = (properties: JsonSchema): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
})
const property = (program: string): ToolTest => ({ name: 'p', kind: 'property', program })
const common = { seed: 1, count: 200, examples: [], tests: [], codes: [] }

describe('a parameter takes the path of a file', () => {
  test.each<[JsonSchema, string[]]>([
    [
      { path: TEXT, csvFile: TEXT, file_name: TEXT, source_path: { anyOf: [TEXT, { type: 'null' }] } },
      ['path', 'csvFile', 'file_name', 'source_path'],
    ],
    [{ source: { ...TEXT, description: 'Path of the CSV file.' } }, ['source']],
    [
      { text: TEXT, profile: TEXT, path: { type: 'number' }, files: { type: 'array', items: TEXT }, pathology: TEXT },
      [],
    ],
    [{ column: { ...TEXT, description: 'Name of a column of the file.' } }, []],
  ])('by its name or description: %j', (properties, expected) => {
    expect(pathParameters(schemaOf(properties))).toEqual(expected)
  })
})

describe('generated tables', () => {
  test('are those that properties write, and others with their columns', () => {
    const { files, columns } = generateFiles([
      property(String.raw`open("/tmp/a.csv", "w").write("day,price\n2024-01-01,1\n")`),
      property("writeFileSync('/tmp/b.csv', 'city;inhabitants\\nOslo;3\\n')"),
    ])
    expect(columns).toEqual(['day', 'price', 'city', 'inhabitants'])
    expect(files[0]?.content).toBe('day,price\n2024-01-01,1\n')
    const contents = files.map(({ content }) => content)
    expect(contents).toEqual(
      expect.arrayContaining(['', 'day,price,city,inhabitants\n', expect.stringMatching(/^\uFEFF/)]),
    )
    expect(contents.some((content) => content.includes('\r\n'))).toBe(true)
    expect(contents.some((content) => content.includes('"c, d"'))).toBe(true)
    expect(new Set(contents).size).toBe(contents.length)
  })

  test('are few and small, whatever stands in the tests', () => {
    const hostile = [
      property(`x = "${'a,b\\n'.repeat(5000)}"`),
      property('"""'.repeat(3000)),
      property("'\\".repeat(20_000)),
    ]
    const startedAt = performance.now()
    const { files } = generateFiles([
      ...hostile,
      ...Array.from({ length: 50 }, (_, n) => property(`"a${n},b\\n1,2\\n"`)),
    ])
    expect(files.length).toBeLessThanOrEqual(18)
    expect(Math.max(...files.map(({ content }) => content.length))).toBeLessThan(5000)
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })
})

describe('inputs for a comparison', () => {
  test('name generated files and their columns where a parameter takes a path', () => {
    const tests = [property(String.raw`open("/tmp/a.csv", "w").write("day,price\n2024-01-01,1\n")`)]
    const { inputs, files } = comparisonInputs(schemaOf({ path: TEXT, column: TEXT }), {
      ...common,
      tests,
      languages: [],
    })
    const known = new Set(files.map(({ name }) => `/box/input/${name}`))
    expect(inputs.filter(({ path }) => known.has(String(path))).length).toBeGreaterThan(100)
    expect(inputs.filter(({ path, column }) => known.has(String(path)) && column === 'price').length).toBeGreaterThan(
      10,
    )
    expect(inputs).toContainEqual(expect.objectContaining({ path: '/box/input/none.csv' }))
  })

  test('have missing numbers in lists, and none where a single number is asked for', () => {
    const { inputs, files } = comparisonInputs(
      schemaOf({ x: { type: 'array', items: { type: 'number' } }, n: { type: 'number' } }),
      { ...common, languages: ['python'] },
    )
    expect(files).toEqual([])
    expect(inputs.filter(({ x }) => JSON.stringify(x).includes('NaN')).length).toBeGreaterThan(5)
    expect(inputs.filter(({ n }) => typeof n !== 'number')).toEqual([])
  })

  test('have what sets languages apart where there are two', () => {
    const list = schemaOf({ x: { type: 'array', items: TEXT }, n: { type: 'integer' } })
    const across = JSON.stringify(comparisonInputs(list, { ...common, languages: ['python', 'javascript'] }).inputs)
    const alone = JSON.stringify(comparisonInputs(list, { ...common, languages: ['python'] }).inputs)
    for (const one of ['"constructor"', '4294967301', '"\uFB01"'])
      expect([across.includes(one), alone.includes(one)]).toEqual([true, false])
  })
})

test('texts are the same to the letter only, wherever they stand', () => {
  expect(strictDifference({ a: ['x', 1] }, { a: ['x', 1] })).toBeNull()
  expect(strictDifference('2024-01-01', '2024-01-01T00:00:00')).toContain('2024-01-01T00:00:00')
  expect(strictDifference({ a: ['\u00e9'] }, { a: ['e\u0301'] })).not.toBeNull()
  expect(strictDifference({ $number: 'NaN' }, { $number: 'NaN' })).toBeNull()
  expect(strictDifference('1', 1)).not.toBeNull()
})
