import { describe, expect, test } from 'vitest'
import type { ParameterSpecification, ToolSpecification } from '../../../src/contracts/run.ts'
import { demandsOf, renderDemands, renderFileRules } from '../../../src/domain/tests/test-demands.ts'

const parameter = (name: string, type: string, description = ''): ParameterSpecification => ({
  name,
  type,
  description,
  required: true,
})

function specification(
  parameters: ParameterSpecification[],
  description = 'Sum of the values.',
): Pick<ToolSpecification, 'description' | 'parameters' | 'returns'> {
  return { description, parameters, returns: { type: 'float', description: '' } }
}

describe('what is asked of tests', () => {
  test.each([
    ['list[float]', true],
    ['str', true],
    ['dict[str, list[int]]', true],
    ['float | None', true],
    ['bool', false],
    ['Literal["mean", "median"]', false],
    ['Literal["a"] | None', false],
    ['boolean', false],
    ["'up' | 'down'", false],
  ])('is an edge where a parameter has one: %s', (type, edge) => {
    expect(demandsOf(specification([parameter('x', type)])).edge).toBe(edge)
  })

  test('is no edge of a tool without parameters, and no refusal that nobody speaks of', () => {
    expect(demandsOf(specification([]))).toEqual({ results: 3, edge: false, error: false, paths: [] })
  })

  test('is a refusal where the specification speaks of one', () => {
    expect(demandsOf(specification([], 'The sum. ValueError: an empty list.')).error).toBe(true)
    expect(demandsOf(specification([parameter('n', 'int', 'must not be negative')])).error).toBe(true)
    expect(demandsOf(specification([], 'Never raises.')).error).toBe(false)
  })

  test.each([
    [parameter('path', 'str'), ['path']],
    [parameter('csv_file', 'str'), ['csv_file']],
    [parameter('source', 'str', 'The path of a CSV file'), ['source']],
    [parameter('inputFile', 'string'), ['inputFile']],
    [parameter('profile', 'str', 'Name of the profile'), []],
    [parameter('files', 'int', 'How many'), []],
    [parameter('path', 'list[float]', 'Points along the way'), []],
  ])('are files where a parameter takes the path of one: %j', (one, paths) => {
    expect(demandsOf(specification([one])).paths).toEqual(paths)
  })

  test('is told to the author of the tests as it is checked', () => {
    const all = demandsOf(specification([parameter('path', 'str'), parameter('n', 'int')], 'ValueError for none.'))
    expect(renderDemands(all)).toMatch(/at least 3 tests of a result[^]*property[^]*an empty file[^]*kind `error`/)
    expect(renderFileRules(all)).toContain('{"$file": "days.csv"}')
    const few = demandsOf(specification([parameter('on', 'bool')]))
    expect(renderDemands(few)).not.toMatch(/edge|error/)
    expect(renderFileRules(few)).toBe('')
  })
})
