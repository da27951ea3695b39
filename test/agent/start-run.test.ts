import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { HandaxeError } from '../../src/contracts/errors.ts'
import type { RunEvent } from '../../src/contracts/events.ts'
import type { Budget } from '../../src/contracts/limits.ts'
import { eventsOf } from './open-test-agent.ts'
import { block, json, scriptPlan } from './scripted-replies.ts'
import { useTestAgent } from './use-test-agent.ts'

const setup = useTestAgent()

const one = (): string => scriptPlan({ code: 'result(1)' })
const sleepy = (): string => scriptPlan({ code: 'import time\ntime.sleep(25)\nresult(1)' })

/** What the journal holds of a run has to be what was shown of it. */
async function assertJournal(runId: string, events: RunEvent[]): Promise<void> {
  const { journal } = setup.subject.store
  expect(await journal.events(runId)).toEqual(JSON.parse(JSON.stringify(events)))
  const last = events.at(-1)
  expect(last?.type).toBe('run-finished')
  const record = await journal.findRun(runId)
  const result = last?.type === 'run-finished' ? last.result : null
  expect(record).toMatchObject({ status: result?.status, finishedAt: expect.any(String) })
  expect(record?.result).toEqual(JSON.parse(JSON.stringify(result)))
}

describe('a budget that runs out', () => {
  const plan = json({
    understanding: 'u',
    difficulty: 'easy',
    steps: [
      { id: 's1', decision: 'script', goal: 'g' },
      { id: 's2', decision: 'script', goal: 'h', needs: ['s1'] },
    ],
    answer: null,
  })
  const two = `${plan}\n${block('result(41)', 'python s1')}\n${block('result(42)', 'python s2')}`

  test.each<[string, Partial<Budget>, string, number, number]>([
    ['of calls', { modelCalls: 1 }, 'budget_calls', 1, 2],
    ['of executions', { executions: 1 }, 'budget_executions', 1, 1],
    ['of tokens', { tokens: 8000 }, 'budget_tokens', 1, 0],
    ['of money', { costUsd: 0.01 }, 'budget_cost', 1, 0],
  ])(
    '%s ends the run with what it has, and says which bound it was',
    async (_what, budget, code, calls, executions) => {
      const usage = { inputTokens: 5000, outputTokens: 4000 }
      const steps = [{ role: 'planner' as const, reply: two, usage, costUsd: 0.02 }]
      const { result, events, runId } = await setup.subject.play(steps, 'Two numbers', { budget })
      expect(result).toMatchObject({
        status: 'budget-exceeded',
        answer: null,
        error: { code, message: expect.any(String), hint: expect.stringContaining('budget.') },
        usage: { calls, executions, tokens: 9000, costUsd: 0.02 },
      })
      expect(result.steps.filter((step) => step.succeeded).map((step) => step.value)).toEqual(
        [41, 42].slice(0, executions),
      )
      expect(eventsOf(events, 'budget-warned').map((event) => event.limit)).toContain(Object.keys(budget)[0])
      await assertJournal(runId, events)
    },
  )

  test('of time ends what is under way within a second', async () => {
    const startedAt = performance.now()
    const { result, events, runId } = await setup.subject.play([{ role: 'planner', reply: sleepy() }], 'Wait', {
      budget: { wallMs: 1500 },
    })
    expect(performance.now() - startedAt).toBeLessThan(8000)
    expect(result).toMatchObject({ status: 'budget-exceeded', error: { code: 'budget_time' } })
    expect(eventsOf(events, 'budget-warned')).toMatchObject([{ limit: 'wallMs', allowed: 1500 }])
    await assertJournal(runId, events)
  })

  test('of time also ends a model call, and its deadline is told to the gateway', async () => {
    const { agent, gateway } = setup.subject.withScript([{ reply: one(), delayMs: 30_000 }])
    const before = Date.now()
    const result = await agent.run('Wait', { budget: { wallMs: 500 } }).result
    expect(Date.now() - before).toBeLessThan(8000)
    expect(result).toMatchObject({ status: 'budget-exceeded', error: { code: 'budget_time' } })
    expect(gateway.calls[0]?.deadlineAt).toBeGreaterThanOrEqual(before + 500)
    expect(gateway.calls[0]?.deadlineAt).toBeLessThan(before + 5000)
  })

  test('of time, as the gateway itself reports it, is the bound of the run and not a fault of the model', async () => {
    const late = new HandaxeError('model_timeout', 'no reply in time')
    const reply = async (): Promise<string> => {
      await delay(310)
      throw late
    }
    const { agent } = setup.subject.withScript([{ reply }])
    expect(await agent.run('x', { budget: { wallMs: 300 } }).result).toMatchObject({ error: { code: 'budget_time' } })
    const early = setup.subject.withScript([{ error: late }])
    expect(await early.agent.run('x').result).toMatchObject({ status: 'failed', error: { code: 'model_timeout' } })
  })

  test('with the last call is told beside the answer that the call brought', async () => {
    const reply = json({ understanding: 'u', difficulty: 'easy', steps: [], answer: 'Forty-two.' })
    const { result } = await setup.subject.play([{ reply, usage: { inputTokens: 9000, outputTokens: 2000 } }], 'x', {
      budget: { tokens: 10_000 },
    })
    expect(result).toMatchObject({ status: 'budget-exceeded', answer: 'Forty-two.', error: { code: 'budget_tokens' } })
  })

  test('before the first call ends the run without one', async () => {
    const { result } = await setup.subject.play([], 'x', { budget: { tokens: 100 } })
    expect(result).toMatchObject({ status: 'budget-exceeded', error: { code: 'budget_tokens' }, usage: { calls: 0 } })
  })

  test('bounds the last reply by what is left', async () => {
    const { agent, gateway } = setup.subject.withScript([{ reply: one() }])
    await agent.run('x', { budget: { tokens: 9000 } }).result
    expect(gateway.calls[0]?.maxOutputTokens).toBeGreaterThan(1000)
    expect(gateway.calls[0]?.maxOutputTokens).toBeLessThan(8192)
  })
})

describe('a run that is cancelled', () => {
  test('ends its sandbox within a second and leaves the journal consistent', async () => {
    const { agent } = setup.subject.withScript([{ reply: sleepy() }])
    const run = agent.run('Wait')
    const events: RunEvent[] = []
    let cancelledAt = 0
    for await (const event of run) {
      events.push(event)
      if (event.type === 'execution-started') {
        cancelledAt = performance.now()
        run.cancel()
      }
    }
    const result = await run.result
    expect(performance.now() - cancelledAt).toBeLessThan(5000)
    expect(result).toMatchObject({
      status: 'cancelled',
      answer: null,
      error: { code: 'cancelled' },
      usage: { calls: 1 },
    })
    await assertJournal(run.runId, events)
  })

  test('ends a model call that does not listen', async () => {
    const { agent } = setup.subject.withScript([{ reply: () => new Promise<string>(() => undefined) }])
    const run = agent.run('Wait')
    await delay(100)
    const startedAt = performance.now()
    run.cancel()
    run.cancel()
    expect(await run.result).toMatchObject({ status: 'cancelled' })
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })

  test('ends all steps that run at the same time', async () => {
    const steps = ['a', 'b', 'c'].map((id) => ({ id, decision: 'script', goal: 'g' }))
    const plan = json({ understanding: 'u', difficulty: 'easy', steps, answer: 'x' })
    const code = (id: string): string => block('import time\ntime.sleep(25)', `python ${id}`)
    const { agent } = setup.subject.withScript([{ reply: [plan, code('a'), code('b'), code('c')].join('\n') }])
    const run = agent.run('Wait')
    setTimeout(() => run.cancel(), 500)
    const startedAt = performance.now()
    expect(await run.result).toMatchObject({ status: 'cancelled' })
    expect(performance.now() - startedAt).toBeLessThan(8000)
  })

  test('by the signal of its caller ends too, also before it began', async () => {
    const controller = new AbortController()
    const { agent } = setup.subject.withScript([{ reply: sleepy() }])
    const run = agent.run('Wait', { signal: controller.signal })
    setTimeout(() => controller.abort(), 200)
    expect(await run.result).toMatchObject({ status: 'cancelled' })
    const early = agent.run('Wait', { signal: AbortSignal.abort() })
    expect(await early.result).toMatchObject({ status: 'cancelled', usage: { calls: 0 } })
  })

  test('after its end stays what it was', async () => {
    const { agent } = setup.subject.withScript([{ reply: one() }])
    const run = agent.run('x')
    expect(await run.result).toMatchObject({ status: 'succeeded' })
    run.cancel()
    expect((await setup.subject.store.journal.findRun(run.runId))?.status).toBe('succeeded')
  })
})
