import { describe, expect, test } from 'vitest'
import { checkPlan } from '../../../src/agent/plan/check-plan.ts'
import type { PlanSituation } from '../../../src/agent/plan/check-step.ts'
import type { JsonObject } from '../../../src/contracts/json.ts'
import type { Plan, Step } from '../../../src/contracts/plan.ts'
import type { ToolVersion } from '../../../src/contracts/tool.ts'
import { MOVING_MEAN } from '../scripted-replies.ts'

const schema: JsonObject = {
  type: 'object',
  properties: { text: { type: 'string' }, upper: { type: 'boolean' } },
  required: ['text'],
  additionalProperties: false,
}

const situation: PlanSituation = {
  instances: new Set<string>(),
  files: [
    {
      name: 'prices.csv',
      bytes: 10,
      kind: 'table',
      mediaType: 'text/csv',
      encoding: 'utf-8',
      table: {
        delimiter: ',',
        rows: 2,
        columns: [{ name: 'Close', type: 'number', missing: 0, examples: ['1'] }],
      },
      head: 'Close\n1\n',
      notes: [],
    },
    {
      name: 'a.txt',
      bytes: 1,
      kind: 'text',
      mediaType: 'text/plain',
      encoding: null,
      table: null,
      head: '',
      notes: [],
    },
  ],
  make: 'auto',
  findTool: async (name) =>
    name === 'word_count' || name === 'word_count_js'
      ? // Only what the check reads.
        ({ name, language: name.endsWith('js') ? 'javascript' : 'python', inputSchema: schema } as ToolVersion)
      : null,
  isNameTaken: async (name) => name === 'word_count',
  finished: new Set(['s0']),
}

const make = (over: Partial<Extract<Step, { decision: 'make' }>> = {}): Step => ({
  id: 's1',
  decision: 'make',
  goal: 'g',
  needs: [],
  specification: MOVING_MEAN,
  arguments: { values: { $column: { file: 'prices.csv', name: 'Close' } } },
  ...over,
})
const reuse = (over: Partial<Extract<Step, { decision: 'reuse' }>> = {}): Step => ({
  id: 's2',
  decision: 'reuse',
  goal: 'g',
  needs: [],
  tool: 'word_count',
  arguments: { text: 'x' },
  ...over,
})
const script = (over: Partial<Extract<Step, { decision: 'script' }>> = {}): Step => ({
  id: 's3',
  decision: 'script',
  goal: 'g',
  needs: [],
  language: 'python',
  code: null,
  uses: [],
  ...over,
})

async function check(
  steps: Step[],
  over: Partial<PlanSituation> = {},
  answer: string | null = 'a',
): Promise<string | Plan> {
  const checked = await checkPlan({ understanding: 'u', difficulty: 'easy', steps, answer }, { ...situation, ...over })
  return 'plan' in checked ? checked.plan : checked.problems.join('\n')
}

describe('a plan that can be run', () => {
  test('gets the needs that it left out: the maker of a tool, the step of a value', async () => {
    const plan = await check([
      make(),
      reuse({ tool: 'moving_mean', arguments: { values: { $step: 's1', path: '[0]' } } }),
      script({ code: 'from tools import moving_mean, word_count\nresult(1)', needs: ['s2'] }),
    ])
    expect(plan).toMatchObject({
      steps: [{ needs: [] }, { needs: ['s1'] }, { needs: ['s2', 's1'], uses: ['moving_mean', 'word_count'] }],
    })
  })

  test('may need steps of an earlier plan', async () => {
    expect(await check([reuse({ needs: ['s0'], arguments: { text: { $step: 's0' } } })])).toMatchObject({
      steps: [{ needs: ['s0'] }],
    })
  })

  test('may be an answer without steps', async () => {
    expect(await check([])).toMatchObject({ steps: [] })
  })
})

describe('a plan that cannot be run says why', () => {
  test.each<[string, Step[], RegExp]>([
    ['two steps of one id', [make(), reuse({ id: 's1' })], /Two steps have the id s1/],
    ['an unknown need', [script({ needs: ['s9'] })], /Step s3: it needs step s9, which does not exist/],
    ['a circle', [script({ id: 'a', needs: ['b'] }), script({ id: 'b', needs: ['a'] })], /a → b → a need each other/],
    ['a step that needs itself', [script({ needs: ['s3'] })], /s3 → s3/],
    ['an unknown tool', [reuse({ tool: 'magic' })], /there is no tool magic/],
    [
      'a name that is taken',
      [make({ specification: { ...MOVING_MEAN, name: 'word_count' } })],
      /has a tool word_count already/,
    ],
    ['one tool made twice', [make(), make({ id: 's4' })], /Two steps make moving_mean/],
    [
      'an unknown parameter',
      [reuse({ arguments: { text: 'x', loud: true } })],
      /no parameter loud; there are text, upper/,
    ],
    ['a missing argument', [make({ arguments: {} })], /arguments: values is missing/],
    [
      'an example with an unknown parameter',
      [make({ specification: { ...MOVING_MEAN, examples: [{ arguments: { values: [], size: 1 }, expected: [] }] } })],
      /examples\[0\]: no parameter size/,
    ],
    [
      'optional before required',
      [make({ specification: { ...MOVING_MEAN, parameters: MOVING_MEAN.parameters.toReversed() } })],
      /required parameters have to come before/,
    ],
    [
      'an unknown file',
      [make({ arguments: { values: { $json: 'data.json' } } })],
      /there is no file data\.json; the files are prices\.csv, a\.txt/,
    ],
    [
      'an unknown column',
      [make({ arguments: { values: { $column: { file: 'prices.csv', name: 'close' } } } })],
      /no column close; its columns are Close/,
    ],
    [
      'a column of a text',
      [make({ arguments: { values: { $column: { file: 'a.txt', name: 'x' } } } })],
      /a\.txt is not a table but text/,
    ],
    [
      'an unknown reference',
      [make({ arguments: { values: { $query: 'x' } } })],
      /arguments\.values: \$query is no reference/,
    ],
    [
      'a tool that is called like a built-in function',
      [make({ specification: { ...MOVING_MEAN, name: 'sum' } })],
      /the name sum belongs to the language/,
    ],
    [
      'an earlier program that nobody was shown',
      [make({ from: [{ script: 'p1', arguments: { value: 1 }, path: '' }] })],
      /from\[0\]: there is no earlier program p1[\s\S]*from\[0\]\.arguments: no parameter value/,
    ],
    ['a value of an unknown step', [make({ arguments: { values: { $step: 's7' } } })], /there is no step s7/],
    [
      'a script that imports what is not there',
      [script({ uses: ['magic'] })],
      /it uses a tool magic, which does not exist/,
    ],
    [
      'a script that imports another language',
      [script({ uses: ['word_count_js'] })],
      /cannot import word_count_js, which is javascript/,
    ],
  ])('%s', async (_what, steps, message) => {
    expect(await check(steps)).toMatch(message)
  })

  test('no steps and no answer', async () => {
    expect(await check([], {}, null)).toMatch(/needs the whole answer/)
  })

  test('the policy on making tools', async () => {
    expect(await check([make()], { make: 'never' })).toMatch(/switched off for this run: use a script/)
    expect(await check([script()], { make: 'always' })).toMatch(/make a tool \(or reuse one\) instead of a script/)
    expect(await check([reuse()], { make: 'never' })).toMatchObject({ steps: [{ id: 's2' }] })
  })
})
