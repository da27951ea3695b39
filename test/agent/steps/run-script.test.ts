import { describe, expect, test } from 'vitest'
import type { ScriptedStep } from '../../../src/testing/index.ts'
import { eventsOf } from '../open-test-agent.ts'
import { block, json, scriptPlan } from '../scripted-replies.ts'
import { useTestAgent } from '../use-test-agent.ts'

const setup = useTestAgent()

describe('a script that fails', () => {
  test('is repaired with its error', async () => {
    const { result, events } = await setup.subject.play(
      [
        { role: 'planner', reply: scriptPlan({ code: 'data = {"a": 1}\nresult(data["b"])' }) },
        {
          role: 'coder',
          match: (prompt) => prompt.includes("KeyError: 'b'") && prompt.includes('data["b"]'),
          reply: block('data = {"a": 1}\nresult(data["a"])', 'python'),
        },
      ],
      'The value of a',
    )
    expect(result).toMatchObject({ status: 'succeeded', answer: 'It is 1.', usage: { calls: 2, executions: 2 } })
    expect(eventsOf(events, 'code-written').map((event) => event.attempt)).toEqual([1, 2])
  })

  test('twice more goes back to the planner, which sees the error', async () => {
    const failing = block('raise RuntimeError("still wrong")', 'python')
    const replan = json({
      understanding: 'Another way.',
      difficulty: 'easy',
      steps: [{ id: 's2', decision: 'script', goal: 'Another way', language: 'python' }],
      answer: 'Now {{s2}}.',
    })
    const { result, events } = await setup.subject.play(
      [
        { role: 'planner', reply: scriptPlan({ code: 'raise RuntimeError("wrong")' }) },
        { role: 'coder', reply: failing },
        { role: 'coder', reply: failing },
        { role: 'planner', match: /RuntimeError: still wrong/, reply: `${replan}\n${block('result(7)', 'python s2')}` },
      ],
      'Something',
    )
    expect(result).toMatchObject({ status: 'succeeded', answer: 'Now 7.', usage: { calls: 4, executions: 4 } })
    expect(eventsOf(events, 'replanned')).toMatchObject([
      { attempt: 1, reason: expect.stringContaining('still wrong') },
    ])
    expect(result.steps.map((step) => [step.id, step.succeeded])).toEqual([
      ['s1', false],
      ['s2', true],
    ])
  })

  test('under every plan ends the run as failed, with what it was', async () => {
    const failing = scriptPlan({ code: 'raise RuntimeError("never")' })
    const repair = (): ScriptedStep => ({ role: 'coder', reply: block('raise RuntimeError("never")', 'python') })
    const attempt = (): ScriptedStep[] => [{ role: 'planner', reply: failing }, repair(), repair()]
    const { result } = await setup.subject.play([...attempt(), ...attempt(), ...attempt()], 'Impossible')
    expect(result).toMatchObject({
      status: 'failed',
      answer: null,
      error: { code: 'run_failed', message: expect.stringContaining('RuntimeError: never') },
      usage: { calls: 9, executions: 9 },
    })
  })
})
