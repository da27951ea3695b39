import { describe, expect, test } from 'vitest'
import type { AttemptEstimate, AttemptMeter, ModelRequest, RoutedCall, Spending } from '../../src/contracts/models.ts'
import { HandaxeError } from '../../src/contracts/errors.ts'
import type { GatewayConfig } from '../../src/models/gateway-config.ts'
import { openEmbedder } from '../../src/models/open-embedder.ts'
import { openGateway } from '../../src/models/open-gateway.ts'
import { openModel } from '../../src/models/open-model.ts'
import { failureOf } from './support/failure.ts'
import { FIXTURE_TEXT, fixture, withoutText } from './support/fixtures.ts'
import {
  cutAfter,
  findClosedAddress,
  hangAfter,
  pause,
  reply,
  silence,
  stream,
  useProviderServer,
  type Answer,
} from './support/provider-server.ts'

const server = useProviderServer()
const whole = fixture('n1n.txt')
const request: ModelRequest = {
  instructions: 'x'.repeat(400),
  messages: [{ role: 'user', content: 'y'.repeat(400) }],
  maxOutputTokens: 500,
  timeoutMs: 20_000,
}
/** By its length. */
const PROMPT_TOKENS = 200
const PRICE = { inputUsd: 1_000, outputUsd: 10_000, date: '2026-11-01' }

/** Admits every attempt, and notes what it is told. */
function openBook(most = Infinity) {
  const begun: AttemptEstimate[] = []
  const ended: (Spending | null)[] = []
  const meter: AttemptMeter = {
    async begin(estimate) {
      begun.push(estimate)
      const maxOutputTokens = Math.min(most, estimate.maxOutputTokens)
      return { maxOutputTokens, end: (spending) => void ended.push(spending) }
    },
  }
  return { meter, begun, ended }
}

function open(provider: 'office' | 'anthropic' | 'openrouter' = 'office', retries = 1) {
  return openModel(`${provider}/some-model`, {
    keys: { ANTHROPIC_API_KEY: 'sk-ant-x', OPENROUTER_API_KEY: 'sk-or-x', OPENROUTER_BASE_URL: `${server.url}/v1` },
    providers: {
      office: { baseUrl: `${server.url}/v1` },
      anthropic: { baseUrl: `${server.url}/v1` },
    },
    prices: { 'office/some-model': PRICE, 'anthropic/some-model': PRICE },
    retries,
    backoffMs: 1,
    stallMs: 150,
  })
}

function chunk(delta: object, rest: object = {}): string {
  const choices = [{ index: 0, delta, finish_reason: null }]
  return `data: ${JSON.stringify({ id: '1', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...rest })}\n\n`
}

const said = chunk({ content: 'z'.repeat(80) })
const counted = (input: number, output: number, more: object = {}): object => ({
  usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output, ...more },
})
const closed = (usage: object): string => `data: ${JSON.stringify({ id: '1', choices: [], ...usage })}\n\n`

describe('a reply that breaks off', () => {
  test('is counted by its prompt and by what came, and said to be estimated', async () => {
    server.answer(cutAfter(said + said, 1), stream(whole))
    const { ended, meter } = openBook()
    const result = await open().generate({ ...request, meter })
    expect(ended).toEqual([
      {
        usage: expect.objectContaining({ inputTokens: PROMPT_TOKENS, outputTokens: 20, reported: false }),
        costUsd: 0.4,
      },
      { usage: expect.objectContaining({ inputTokens: 120, outputTokens: 45, reported: true }), costUsd: 0.57 },
    ])
    expect(result).toMatchObject({ text: FIXTURE_TEXT, attempts: 2 })
    expect(result.usage).toMatchObject({ inputTokens: PROMPT_TOKENS + 120, outputTokens: 65, reported: false })
    expect(result.costUsd).toBeCloseTo(0.97, 10)
  })

  test('is counted as the provider did where it sent its count before', async () => {
    server.answer(stream(chunk({ content: 'Half' }, counted(777, 33))))
    const error = await failureOf(open('office', 0).generate(request))
    expect(error.code).toBe('model_unavailable')
    expect(error.details['usage']).toMatchObject({ inputTokens: 777, outputTokens: 33, reported: true })
    expect(error.details['costUsd']).toBeCloseTo(0.777 + 0.33, 10)
  })

  test('of a provider that counts the prompt first has the prompt counted and the reply estimated', async () => {
    // The first events: the message with its usage, a thinking block, a ping, and "Mean " of the thought.
    server.answer(cutAfter(fixture('anthropic.txt'), 4))
    const error = await failureOf(open('anthropic', 0).generate(request))
    expect(error.details['usage']).toMatchObject({ inputTokens: 120, cachedInputTokens: 20, outputTokens: 2 })
    expect(error.details['usage']).toMatchObject({ reported: false })
  })

  test('or falls silent in its middle is counted, too', async () => {
    server.answer(hangAfter(said + said, 2))
    const error = await failureOf(open('office', 0).generate(request))
    expect(error.code).toBe('model_timeout')
    expect(error.details['usage']).toMatchObject({ inputTokens: PROMPT_TOKENS, outputTokens: 40, reported: false })
  })

  test('by an error in its middle is counted; one before its first word is not', async () => {
    const overloaded = `data: ${JSON.stringify({ error: { message: 'overloaded', code: 529 } })}\n\n`
    server.answer(stream(said + overloaded))
    const later = await failureOf(open('office', 0).generate(request))
    expect(later.details['usage']).toMatchObject({ inputTokens: PROMPT_TOKENS, outputTokens: 20 })
    server.answer(stream(overloaded))
    expect((await failureOf(open('office', 0).generate(request))).details['usage']).toBeUndefined()
  })
})

describe('a reply that cannot be used', () => {
  test.each<[string, Answer, string]>([
    ['is empty', stream(chunk({ content: '' }) + closed(counted(210_000, 90))), 'model_unavailable'],
    ['is empty and whole', stream(withoutText(whole)), 'model_reply_invalid'],
    [
      'was held back',
      stream(
        `data: ${JSON.stringify({ id: '1', choices: [{ index: 0, delta: {}, finish_reason: 'content_filter' }], ...counted(9, 1) })}\n\n`,
      ),
      'model_reply_invalid',
    ],
    [
      'cannot be read',
      reply(200, { id: '1', object: 'chat.completion', choices: [], ...counted(400, 7) }),
      'model_reply_invalid',
    ],
    [
      'is an error with a count',
      reply(200, { error: { message: 'no', code: 500 }, ...counted(400, 7) }),
      'model_unavailable',
    ],
  ])('because it %s is counted by what the provider reported', async (_, answer, code) => {
    server.answer(answer)
    const { ended, meter } = openBook()
    const error = await failureOf(open('office', 0).generate({ ...request, meter }))
    expect(error.code).toBe(code)
    expect(ended).toHaveLength(1)
    expect(ended[0]?.usage.reported).toBe(true)
    expect(error.details).toMatchObject({ usage: ended[0]?.usage, costUsd: ended[0]?.costUsd })
    expect(ended[0]?.costUsd).toBeGreaterThan(0)
  })

  test('is counted in every attempt', async () => {
    server.answer(
      stream(
        chunk({ content: ' ' }) +
          chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }) +
          closed(counted(50_000, 10)),
      ),
    )
    const error = await failureOf(open('office', 3).generate(request))
    expect(error.details).toMatchObject({ usage: { inputTokens: 100_000, outputTokens: 20 }, costUsd: 100.2 })
  })

  test('is counted by the bill where the provider writes one', async () => {
    server.answer(stream(chunk({ content: 'Half' }, counted(70, 3, { cost: 0.0123 }))))
    const error = await failureOf(open('openrouter', 0).generate(request))
    expect(error.details).toMatchObject({ usage: { inputTokens: 70, outputTokens: 3 }, costUsd: 0.0123 })
  })
})

describe('what was not taken costs nothing', () => {
  test.each<[string, Answer]>([
    ['a refusal', reply(429, { error: { message: 'Too many', code: 429 } })],
    ['an error of the server', reply(503, { error: { message: 'Down', code: 503 } })],
    ['a web page', reply(200, '<html></html>', { 'content-type': 'text/html' })],
    ['a connection that is closed at once', (response) => void response.destroy()],
  ])('%s', async (_, answer) => {
    server.answer(answer)
    const { ended, meter } = openBook()
    const error = await failureOf(open('office', 0).generate({ ...request, meter }))
    expect(error.details['usage']).toBeUndefined()
    expect(ended).toEqual([null])
  })

  test('an address where nobody is', async () => {
    const gone = await findClosedAddress()
    const model = openModel('office/m', { keys: {}, providers: { office: { baseUrl: `${gone}/v1` } }, retries: 0 })
    expect((await failureOf(model.generate(request))).details['usage']).toBeUndefined()
  })
})

describe('a call that is stopped', () => {
  test.each<[string, Answer, number]>([
    ['before the first word', silence, 0],
    ['in the middle of the reply', hangAfter(said, 1), 20],
  ])('%s leaves its prompt and what came on the account', async (_, answer, outputTokens) => {
    server.answer(answer)
    const { ended, meter } = openBook()
    const stop = new AbortController()
    const call = failureOf(open().generate({ ...request, meter, signal: stop.signal }))
    await expect.poll(() => server.requests.length).toBe(1)
    await pause(60)
    stop.abort()
    const error = await call
    expect(error.code).toBe('cancelled')
    expect(error.details['usage']).toMatchObject({ inputTokens: PROMPT_TOKENS, outputTokens, reported: false })
    expect(ended).toHaveLength(1)
  })

  test('or ran out of time in silence does so as well', async () => {
    server.answer(silence)
    const error = await failureOf(open('office', 0).generate({ ...request, timeoutMs: 80 }))
    expect(error.code).toBe('model_timeout')
    expect(error.details['usage']).toMatchObject({ inputTokens: PROMPT_TOKENS, outputTokens: 0, reported: false })
  })
})

describe('the meter', () => {
  test('is asked before each attempt, with the estimate of the prompt and the price', async () => {
    server.answer(reply(503, {}), stream(whole))
    const { begun, meter } = openBook(123)
    await open().generate({ ...request, meter })
    expect(begun.map(({ model, inputTokens, maxOutputTokens }) => ({ model, inputTokens, maxOutputTokens }))).toEqual([
      { model: 'office/some-model', inputTokens: PROMPT_TOKENS, maxOutputTokens: 500 },
      { model: 'office/some-model', inputTokens: PROMPT_TOKENS, maxOutputTokens: 500 },
    ])
    expect(begun[0]?.costOf({ inputTokens: 1_000, outputTokens: 100 })).toBeCloseTo(2, 10)
    expect(server.requests.map(({ body }) => body['max_tokens'])).toEqual([123, 123])
  })

  test('that refuses the second attempt ends the call with its own error', async () => {
    server.answer(reply(503, {}))
    let asked = 0
    const meter: AttemptMeter = {
      async begin({ maxOutputTokens }) {
        asked += 1
        if (asked > 1) throw new HandaxeError('budget_tokens', 'Nothing is left')
        return { maxOutputTokens, end: () => undefined }
      },
    }
    expect((await failureOf(open().generate({ ...request, meter }))).code).toBe('budget_tokens')
    expect(server.requests).toHaveLength(1)
  })
})

describe('models that are asked one after the other', () => {
  const call: RoutedCall = {
    role: 'coder',
    difficulty: 'medium',
    escalation: 0,
    instructions: '',
    messages: request.messages,
  }
  const config: GatewayConfig = {
    tiers: { fast: [], strong: ['office/one', 'office/two'], reasoning: [] },
    keys: {},
    prices: { 'office/one': PRICE, 'office/two': PRICE },
    retries: 0,
    backoffMs: 1,
  }
  const gateway = () => openGateway({ ...config, providers: { office: { baseUrl: `${server.url}/v1` } } })

  test('are counted together in the reply', async () => {
    server.answer(stream(chunk({ content: 'Half' }, counted(300, 40))), stream(whole))
    const result = await gateway().generate(call)
    expect(result).toMatchObject({ model: 'office/two', usage: { inputTokens: 420, outputTokens: 85, reported: true } })
    expect(result.costUsd).toBeCloseTo((420 * 1_000 + 85 * 10_000) / 1e6, 10)
  })

  test('are counted together in the error, whatever the last one failed of', async () => {
    const broken = stream(chunk({ content: 'Half' }, counted(300, 40)))
    server.answer(broken)
    const both = await failureOf(gateway().generate(call))
    expect(both.details).toMatchObject({ usage: { inputTokens: 600, outputTokens: 80 }, costUsd: 1.4 })
    server.answer(broken, stream(withoutText(whole)))
    const other = await failureOf(gateway().generate(call))
    expect(other).toMatchObject({ code: 'model_reply_invalid', details: { usage: { inputTokens: 420 } } })
  })

  test('a budget that is used up is no failure of the model', async () => {
    server.answer(stream(whole))
    const meter: AttemptMeter = { begin: () => Promise.reject(new HandaxeError('budget_cost', 'Nothing is left')) }
    const opened = gateway()
    expect((await failureOf(opened.generate({ ...call, meter }))).code).toBe('budget_cost')
    expect(opened.describe()).toMatchObject([{ calls: 0, failures: 0 }, { calls: 0 }])
    expect(server.requests).toHaveLength(0)
  })
})

describe('embeddings', () => {
  const embedder = () =>
    openEmbedder('office/vectors', {
      keys: {},
      providers: { office: { baseUrl: `${server.url}/v1` } },
      prices: { 'office/vectors': { inputUsd: 1_000, outputUsd: 0, date: '2026-11-01' } },
      retries: 0,
      backoffMs: 1,
    })
  const data = [{ object: 'embedding', index: 0, embedding: [1, 0] }]

  test('that are unusable are billed all the same', async () => {
    server.answer(reply(200, { object: 'list', model: 'm', data: [], usage: { prompt_tokens: 80, total_tokens: 80 } }))
    const { ended, meter } = openBook()
    const error = await failureOf(embedder().embed({ texts: ['a'], meter }))
    expect(error.details).toMatchObject({ usage: { inputTokens: 80, reported: true }, costUsd: 0.08 })
    expect(ended).toMatchObject([{ usage: { inputTokens: 80 }, costUsd: 0.08 }])
  })

  test('of earlier batches stay counted when a later one fails', async () => {
    const usage = { prompt_tokens: 50, total_tokens: 50 }
    const vectors = Array.from({ length: 32 }, (_, index) => ({ ...data[0], index }))
    server.answer(reply(200, { object: 'list', model: 'm', data: vectors, usage }), reply(503, {}))
    const { begun, meter } = openBook()
    const error = await failureOf(embedder().embed({ texts: Array.from({ length: 40 }, () => 'abcd'), meter }))
    expect(error.details).toMatchObject({ usage: { inputTokens: 50, reported: true }, costUsd: 0.05 })
    expect(begun.map(({ inputTokens, maxOutputTokens }) => [inputTokens, maxOutputTokens])).toEqual([
      [32, 0],
      [8, 0],
    ])
  })

  test('that never come are estimated by their texts', async () => {
    server.answer(silence)
    const error = await failureOf(embedder().embed({ texts: ['a'.repeat(4_000)], timeoutMs: 60 }))
    expect(error.details).toMatchObject({ usage: { inputTokens: 1_000, reported: false }, costUsd: 1 })
  })
})
