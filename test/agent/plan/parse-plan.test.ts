import { describe, expect, test } from 'vitest'
import { parsePlan } from '../../../src/agent/plan/parse-plan.ts'
import type { JsonObject } from '../../../src/contracts/json.ts'
import type { Plan } from '../../../src/contracts/plan.ts'

const json = (value: unknown): string => `\`\`\`json\n${JSON.stringify(value)}\n\`\`\``
const base = { understanding: 'u', difficulty: 'easy', answer: '{{s1}}' }
const script = { id: 's1', decision: 'script', goal: 'g' }

function read(reply: string): Plan {
  const parsed = parsePlan(reply)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return parsed.value
}

function problem(plan: JsonObject): string {
  const parsed = parsePlan(json(plan))
  return 'problem' in parsed ? parsed.problem : ''
}

describe('a plan', () => {
  test('gets its defaults, and the code from the block of its step', () => {
    const plan = read(`${json({ ...base, steps: [script] })}\n\n\`\`\`python s1\nresult(1)\n\`\`\``)
    expect(plan.steps).toEqual([{ ...script, needs: [], uses: [], language: 'python', code: 'result(1)\n' }])
  })

  test('says the language of its answer, where that is one', () => {
    const plan = (language: unknown): Plan => read(json({ ...base, language, steps: [] }))
    expect(plan('DE-ch').language).toBe('de-CH')
    for (const none of ['German', '', null, undefined]) expect(plan(none)).not.toHaveProperty('language')
  })

  test('takes the only block for its only script, and none of several that nothing names', () => {
    const only = read(`${json({ ...base, steps: [script] })}\n\`\`\`js\nresult(1)\n\`\`\``)
    expect(only.steps[0]).toMatchObject({ language: 'javascript', code: 'result(1)\n' })
    const two = [script, { ...script, id: 's2' }]
    const several = read(`${json({ ...base, steps: two })}\n\`\`\`python\na\n\`\`\`\n\`\`\`python s2\nb\n\`\`\``)
    expect(several.steps).toMatchObject([{ code: null }, { code: 'b\n' }])
  })

  test('gives a step its own program, whatever the text around the other one says', () => {
    const two = [script, { ...script, id: 's2' }]
    const mean = '```python s1\nresult(mean)\n```'
    const maximum = '```python s2\n# the maximum, to be shown beside s1\nresult(maximum)\n```'
    for (const blocks of [`${mean}\n\nNow what goes with s1:\n${maximum}`, `${maximum}\n\nAnd beside s2:\n${mean}`]) {
      expect(read(`${json({ ...base, steps: two })}\n${blocks}`).steps).toMatchObject([
        { code: 'result(mean)\n' },
        { code: '# the maximum, to be shown beside s1\nresult(maximum)\n' },
      ])
    }
    const made = { ...script, id: 's2', decision: 'reuse', tool: 'a_tool', arguments: {} }
    const other = read(`${json({ ...base, steps: [script, made] })}\n\`\`\`python s2\nresult(1)\n\`\`\``)
    expect(other.steps[0]).toMatchObject({ code: null })
  })

  test('takes code that stands in the JSON all the same', () => {
    expect(read(json({ ...base, steps: [{ ...script, code: 'result(2)' }] })).steps[0]).toMatchObject({
      code: 'result(2)',
    })
  })

  test('may be wrapped, may have further keys, and an empty answer is none', () => {
    expect(read(json({ plan: { ...base, steps: [script], answer: '  ' }, confidence: 1 }))).toMatchObject({
      answer: null,
      steps: [{ id: 's1', code: null }],
    })
  })

  test('says which parameters of a tool are required by their defaults', () => {
    const specification = {
      name: 'moving_mean',
      description: 'd',
      parameters: [
        { name: 'values', type: 'list[float]', description: '' },
        { name: 'window', type: 'int', description: '', default: 3 },
        { name: 'centre', type: 'bool', description: '', required: false },
      ],
      returns: { type: 'list[float]', description: '' },
    }
    const plan = read(json({ ...base, steps: [{ ...script, decision: 'make', specification, arguments: {} }] }))
    expect(plan.steps[0]).toMatchObject({
      specification: {
        language: 'python',
        examples: [],
        parameters: [
          { name: 'values', required: true },
          { name: 'window', required: false, default: 3 },
          { name: 'centre', required: false },
        ],
      },
    })
  })

  test('that is wrong is answered with the place of every fault', () => {
    expect(problem({ steps: [] })).toMatch(/- understanding: .*\n- difficulty: /s)
    expect(problem({ ...base, steps: [{ ...script, decision: 'wait' }] })).toMatch(
      /steps\[0\]\.decision: decision has to be 'reuse', 'make' or 'script'/,
    )
    expect(problem({ ...base, steps: [{ ...script, id: '1 s' }] })).toMatch(/steps\[0\]\.id: a step id is a short word/)
    expect(problem({ ...base, steps: [{ ...script, decision: 'reuse', tool: 'MyTool', arguments: [] }] })).toMatch(
      /steps\[0\]\.tool: a tool name is snake_case.*steps\[0\]\.arguments: /s,
    )
    expect(problem({ ...base, steps: Array.from({ length: 21 }, () => script) })).toMatch(/steps: at most 20 steps/)
  })

  test('is not there in prose or in another object', () => {
    expect(parsePlan('I think we should load the file.')).toMatchObject({
      problem: expect.stringMatching(/no JSON object/),
    })
    expect(parsePlan('')).toMatchObject({ problem: expect.stringMatching(/no JSON object/) })
    expect(parsePlan('{"a": 1}')).toMatchObject({ problem: expect.stringMatching(/steps: /) })
  })
})
