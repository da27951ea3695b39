import { describe, expect, test } from 'vitest'
import { eventsOf } from '../open-test-agent.ts'
import { block, json, scriptPlan } from '../scripted-replies.ts'
import { useTestAgent } from '../use-test-agent.ts'

const setup = useTestAgent()

describe('steps', () => {
  const steps = [
    { id: 'a', decision: 'script', goal: 'slow one' },
    { id: 'b', decision: 'script', goal: 'slow two' },
    { id: 'c', decision: 'script', goal: 'both', needs: ['a', 'b'] },
  ]
  const plan = json({ understanding: 'u', difficulty: 'easy', steps, answer: '{{c}}' })
  const slow = (value: string): string =>
    `import time\ntime.sleep(0.4)\nopen("/box/output/part.txt", "w").write("${value}")\nresult("${value}")`
  const both =
    'import json\nresult("".join(json.load(open(f"/box/input/{i}.value.json")) + open(f"/box/input/{i}.part.txt").read() for i in "ab"))'

  test('that do not need each other run at the same time, and hand on values and files', async () => {
    const { result, events } = await setup.subject.play(
      [
        {
          role: 'planner',
          reply: [plan, block(slow('x'), 'python a'), block(slow('y'), 'python b'), block(both, 'python c')].join('\n'),
        },
      ],
      'Join',
    )
    expect(result).toMatchObject({ status: 'succeeded', answer: 'xxyy' })
    const order = events.filter((event) => event.type === 'step-started' || event.type === 'step-finished')
    expect(order.slice(0, 2)).toMatchObject([
      { type: 'step-started', stepId: 'a' },
      { type: 'step-started', stepId: 'b' },
    ])
    expect(order.slice(4)).toMatchObject([
      { type: 'step-started', stepId: 'c' },
      { type: 'step-finished', stepId: 'c' },
    ])
  })

  test('whose needs failed are not run', async () => {
    const failing = block('raise ValueError("no")', 'python')
    const mended = json({ understanding: 'u', difficulty: 'easy', steps: [], answer: 'It cannot be done.' })
    const { result, events } = await setup.subject.play(
      [
        {
          role: 'planner',
          reply: [
            plan,
            block('raise ValueError("no")', 'python a'),
            block('result(1)', 'python b'),
            block(both, 'python c'),
          ].join('\n'),
        },
        { role: 'coder', reply: failing },
        { role: 'coder', reply: failing },
        { role: 'planner', match: /Step c \(both\): was not run because/, reply: mended },
      ],
      'Join',
    )
    expect(result.answer).toBe('It cannot be done.')
    expect(eventsOf(events, 'step-started').map((event) => event.stepId)).toEqual(['a', 'b'])
  })

  test('that need each other in a circle are sent back to the planner', async () => {
    const circle = json({
      understanding: 'u',
      difficulty: 'easy',
      steps: [
        { id: 'a', decision: 'script', goal: 'g', needs: ['b'] },
        { id: 'b', decision: 'script', goal: 'g', needs: ['a'] },
      ],
      answer: 'x',
    })
    const { result, events } = await setup.subject.play(
      [
        { role: 'planner', reply: circle },
        { role: 'planner', match: /a → b → a need each other in a circle/, reply: scriptPlan({ code: 'result(1)' }) },
      ],
      'One',
    )
    expect(result).toMatchObject({ answer: 'It is 1.', usage: { calls: 2 } })
    expect(eventsOf(events, 'model-reply-rejected')).toMatchObject([{ role: 'planner', attempt: 1 }])
  })
})
