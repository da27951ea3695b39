import { describe, expect, test } from 'vitest'
import { parseTests } from '../../../src/agent/make/parse-tests.ts'
import type { ToolTest } from '../../../src/contracts/tool.ts'
import { MOVING_MEAN } from '../scripted-replies.ts'

const example = (over: object = {}): object => ({
  name: 'plain',
  kind: 'example',
  arguments: { values: [1, 2, 3] },
  expected: [2],
  ...over,
})
const error = { name: 'refuses', kind: 'error', arguments: { values: [], window: 0 }, raises: 'ValueError' }
const property = { name: 'shifts with its input', kind: 'property', id: 'p1' }
const program = '```python p1\nfrom tools import moving_mean\nresult(moving_mean([1,2,3]) == [2])\n```'

const json = (...tests: object[]): string => `\`\`\`json\n${JSON.stringify({ tests })}\n\`\`\``
function read(reply: string): ToolTest[] | string {
  const parsed = parseTests(reply, MOVING_MEAN)
  return 'value' in parsed ? parsed.value : parsed.problem
}

describe('tests of a reply', () => {
  test('are examples, errors and properties with their programs', () => {
    expect(read(`${json(example({ tolerance: 0.001 }), error, property)}\n${program}`)).toEqual([
      { name: 'plain', kind: 'example', arguments: { values: [1, 2, 3] }, expected: [2], tolerance: 0.001 },
      { name: 'refuses', kind: 'error', arguments: { values: [], window: 0 }, raises: 'ValueError' },
      {
        name: 'shifts with its input',
        kind: 'property',
        program: 'from tools import moving_mean\nresult(moving_mean([1,2,3]) == [2])\n',
      },
    ])
  })

  test('get names that tell them apart', () => {
    const tests = read(json(example(), example({ expected: [3] }), error))
    expect(Array.isArray(tests) && tests.map((one) => one.name)).toEqual(['plain', 'plain (2)', 'refuses'])
  })

  test.each<[string, string, RegExp]>([
    ['too few', json(example(), error), /There are 2 tests; at least 3 are needed/],
    ['no test of a result', json(error, error, error), /No test checks a result/],
    [
      'an unknown parameter',
      json(example({ arguments: { valeus: [1] } }), error, error),
      /no parameter valeus; there are values, window/,
    ],
    ['a missing argument', json(example({ arguments: { window: 1 } }), error, error), /argument values is missing/],
    [
      'a reference',
      json(example({ arguments: { values: { $column: 'x' } } }), error, error),
      /written out, without \$ references/,
    ],
    [
      'no expectation',
      json({ name: 'x', kind: 'example', arguments: { values: [] } }, error, error),
      /tests\[0\]\.expected/,
    ],
    ['a loose tolerance', json(example({ tolerance: 0.5 }), error, error), /relative and at most 0\.05/],
    [
      'an unknown kind',
      json({ name: 'x', kind: 'fuzz' }, error, error),
      /kind has to be 'example', 'error' or 'property'/,
    ],
    [
      'a property without its program',
      json(example(), error, property),
      /program is missing: a fenced block with the info string "python p1"/,
    ],
    [
      'a property that shows nothing',
      `${json(example(), error, property)}\n\`\`\`python p1\nprint(1)\n\`\`\``,
      /never calls result.*does not import moving_mean/s,
    ],
    ['prose', 'I would test the empty list.', /no JSON object/],
  ])('with %s are sent back with the reason', (_what, reply, message) => {
    expect(read(reply)).toMatch(message)
  })

  test('may have NaN among arguments, tagged', () => {
    const tagged = example({ arguments: { values: [1, { $number: 'NaN' }] }, expected: 'NaN' })
    expect(read(json(tagged, error, error))).toHaveLength(3)
  })
})
