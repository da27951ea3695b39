import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BudgetMeter } from '../../../src/agent/run/budget-meter.ts'
import { callModel, type ModelCall } from '../../../src/agent/run/call-model.ts'
import { EventLog } from '../../../src/agent/run/event-log.ts'
import { emptyProgress, type RunContext } from '../../../src/agent/run/run-context.ts'
import { HandaxeError } from '../../../src/contracts/errors.ts'
import { DEFAULT_BUDGET, type Budget } from '../../../src/contracts/limits.ts'
import type { Gateway } from '../../../src/contracts/models.ts'
import { openGateway } from '../../../src/models/open-gateway.ts'
import { scriptedGateway } from '../../../src/testing/index.ts'
import { failureOf } from '../../models/support/failure.ts'
import { pause, reply, stream, useProviderServer } from '../../models/support/provider-server.ts'
import { eventsOf, noSandbox, openTestAgent, type TestAgent } from '../open-test-agent.ts'

const server = useProviderServer()
/** 10 US dollars a million tokens in, 12 out. */
const PRICE = { inputUsd: 10, outputUsd: 12, date: '2026-11-01' }

function gateway(): Gateway {
  const models = ['office/m']
  return openGateway({
    tiers: { fast: models, strong: models, reasoning: models },
    providers: { office: { baseUrl: `${server.url}/v1` } },
    keys: {},
    prices: { 'office/m': PRICE },
    backoffMs: 1,
  })
}

function answer(content: string, input: number, output: number, finish = 'stop') {
  const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
  const choices = [{ index: 0, delta: { content }, finish_reason: finish }]
  return stream(`data: ${JSON.stringify({ id: '1', choices, usage })}\n\ndata: [DONE]\n\n`)
}

const CALL: ModelCall = {
  role: 'coder',
  difficulty: 'medium',
  escalation: 0,
  instructions: '',
  messages: [{ role: 'user', content: 'w'.repeat(4_000) }],
  purpose: 'code',
}
const PROMPT_TOKENS = 1_000

function openContext(gateway: Gateway, budget: Partial<Budget>, signal = new AbortController().signal) {
  const meter = new BudgetMeter({ ...DEFAULT_BUDGET, ...budget }, { clock: Date.now, onWarning: () => undefined })
  const journal = { appendEvents: async () => undefined }
  const events = new EventLog({ runId: 'r', journal, clock: Date.now, onFailure: () => undefined })
  const context = {
    events,
    budget: meter,
    signal,
    clock: Date.now,
    dependencies: { gateway },
    progress: emptyProgress(),
  }
  return context as unknown as RunContext
}

describe('what failed calls cost', () => {
  let subject: TestAgent
  beforeAll(async () => {
    subject = await openTestAgent(noSandbox(), { gateway: gateway() })
  })
  afterAll(() => subject.close())

  test('is in the usage of the run, and ends it at its budget after the first attempt', async () => {
    server.answer(answer('  ', 210_000, 33_334))
    const run = subject.agent.run('x', { budget: { costUsd: 1, tokens: 150_000 } })
    const events = []
    for await (const event of run) events.push(event)
    const result = await run.result
    expect(server.requests).toHaveLength(1)
    expect(result).toMatchObject({ status: 'budget-exceeded', usage: { calls: 1, tokens: 243_334, costKnown: true } })
    expect(result.usage.costUsd).toBeCloseTo(2.500008, 9)
    expect(eventsOf(events, 'model-failed')).toMatchObject([
      { purpose: 'plan', usage: { inputTokens: 210_000, outputTokens: 33_334, reported: true } },
    ])
  })

  test('is counted for replies that the parser rejects, each time', async () => {
    server.answer(answer('no plan', 300, 20))
    const result = await subject.agent.run('x').result
    expect(result).toMatchObject({ error: { code: 'model_reply_invalid' }, usage: { calls: 3, tokens: 960 } })
  })

  test('is said to be an estimate where the provider did not count', async () => {
    server.answer(stream(`data: ${JSON.stringify({ id: '1', choices: [{ index: 0, delta: { content: 'Ha' } }] })}\n\n`))
    const run = subject.agent.run('x')
    const events = []
    for await (const event of run) events.push(event)
    const { usage, status } = await run.result
    expect(status).toBe('failed')
    expect(usage).toMatchObject({ calls: 1, estimated: true })
    expect(usage.inputTokens).toBeGreaterThan(100)
    expect(eventsOf(events, 'warning')).toMatchObject([{ code: 'usage_estimated' }])
  })

  test('is nothing where nobody was reached', async () => {
    server.answer(reply(401, { error: { message: 'no', code: 401 } }))
    const { usage, error } = await subject.agent.run('x').result
    expect(error?.code).toBe('authentication_failed')
    expect(usage).toMatchObject({ calls: 1, tokens: 0, costUsd: 0 })
  })

  test('of a gateway that does not ask is what its error says', async () => {
    const usage = { inputTokens: 400, outputTokens: 60, cachedInputTokens: 0, reasoningTokens: 0, reported: true }
    const error = new HandaxeError('model_unavailable', 'gone', { details: { usage, costUsd: 0.25 } })
    const context = openContext(scriptedGateway([{ error }]), {})
    expect(await failureOf(callModel(context, CALL))).toBe(error)
    expect(context.budget.usage).toMatchObject({ calls: 1, inputTokens: 400, outputTokens: 60, costUsd: 0.25 })
  })
})

describe('calls at the same time', () => {
  test.each<[string, Partial<Budget>]>([
    ['tokens', { tokens: 40_000 }],
    ['money', { costUsd: 0.4 }],
    ['both', { tokens: 50_000, costUsd: 0.5 }],
  ])('each write as much as they may, and pass no bound of %s together', async (_, budget) => {
    let asked: number[] = []
    server.answer(async (response, { body }) => {
      const most = Number(body['max_tokens'])
      asked.push(most)
      await pause(20)
      await answer('x', PROMPT_TOKENS, most)(response, { body } as never)
    })
    asked = []
    const context = openContext(gateway(), budget)
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => callModel(context, CALL)))
    const { usage, allowed } = context.budget
    expect(usage.tokens).toBeLessThanOrEqual(allowed.tokens)
    expect(usage.costUsd).toBeLessThanOrEqual(allowed.costUsd + 1e-9)
    // Nearly all of it is used: the last call has what the others left, and says so by its limit.
    expect(Math.max(usage.tokens / allowed.tokens, usage.costUsd / allowed.costUsd)).toBeGreaterThan(0.95)
    expect(asked[0]).toBe(16_000)
    expect(asked.every((most) => most >= 1)).toBe(true)
    expect(asked.at(-1)).toBeLessThan(16_000)
    const codes = outcomes.flatMap((one) => (one.status === 'rejected' ? [(one.reason as HandaxeError).code] : []))
    expect(codes.length).toBeGreaterThan(0)
    expect(codes.every((code) => code.startsWith('budget_'))).toBe(true)
  })

  test('by a gateway that does not ask, each have a limit, and pass a bound of money one at a time', async () => {
    const most: number[] = []
    const inner = scriptedGateway(Array.from({ length: 4 }, () => ({ reply: 'x', costUsd: 0.4, delayMs: 10 })))
    const spy: Gateway = {
      ...inner,
      generate: (call) => {
        most.push(call.maxOutputTokens ?? Infinity)
        return inner.generate(call)
      },
    }
    const context = openContext(spy, { costUsd: 1, tokens: 90_000 })
    await Promise.allSettled(Array.from({ length: 4 }, () => callModel(context, CALL)))
    expect(context.budget.usage).toMatchObject({ calls: 3 })
    expect(context.budget.usage.costUsd).toBeCloseTo(1.2, 10)
    expect(Math.max(...most)).toBeLessThanOrEqual(32_000)
  })

  test('with room for all run side by side', async () => {
    let underWay = 0
    let most = 0
    server.answer(async (response, request) => {
      underWay += 1
      most = Math.max(most, underWay)
      await pause(150)
      underWay -= 1
      await answer('x', 1_000, 10)(response, request)
    })
    const context = openContext(gateway(), {})
    await Promise.all(Array.from({ length: 5 }, () => callModel(context, CALL)))
    expect(most).toBe(5)
  })
})

test('a reply that the budget cut off ends the run at the budget, instead of asking again', async () => {
  server.answer(answer('half of', PROMPT_TOKENS, 500, 'length'))
  const context = openContext(gateway(), { tokens: 1_500 })
  expect((await failureOf(callModel(context, CALL))).code).toBe('budget_tokens')
  server.answer(answer('', PROMPT_TOKENS, 500, 'length'))
  const empty = openContext(gateway(), { tokens: 1_500 })
  expect((await failureOf(callModel(empty, CALL))).code).toBe('budget_tokens')
  expect(server.requests.map(({ body }) => body['max_tokens'])).toEqual([500, 500])
  expect(empty.budget.usage).toMatchObject({ calls: 1, tokens: 1_500 })
})

test('a call that is stopped is on the account', async () => {
  server.answer(() => undefined)
  const stop = new AbortController()
  const context = openContext(gateway(), {}, stop.signal)
  const call = callModel(context, CALL).catch((error: unknown) => error)
  await expect.poll(() => server.requests.length).toBe(1)
  stop.abort(new HandaxeError('cancelled', 'enough'))
  expect(await call).toMatchObject({ code: 'cancelled' })
  expect(context.budget.usage).toMatchObject({ calls: 1, inputTokens: PROMPT_TOKENS, estimated: true })
})
