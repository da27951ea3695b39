import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ModelDelta, RoutedCall } from '../../src/contracts/models.ts'
import type { GatewayConfig } from '../../src/models/gateway-config.ts'
import { openGateway } from '../../src/models/open-gateway.ts'
import { failureOf, thrownBy } from './support/failure.ts'
import { FIXTURE_TEXT, fixture } from './support/fixtures.ts'
import { cutAfter, hangAfter, openProviderServer, reply, stream } from './support/provider-server.ts'
import type { ProviderServer } from './support/provider-server.ts'

const body = fixture('custom-vllm.txt')
const down = reply(503, { error: { message: 'Out of order', code: 503 } })
const CALL: RoutedCall = {
  role: 'coder',
  difficulty: 'medium',
  escalation: 0,
  instructions: 'Write Python.',
  messages: [{ role: 'user', content: 'A mean function' }],
}

let first: ProviderServer
let second: ProviderServer
beforeEach(async () => {
  first = await openProviderServer()
  second = await openProviderServer()
  first.answer(stream(body))
  second.answer(stream(body))
})
afterEach(async () => {
  await first.close()
  await second.close()
})

function configure(changes: Partial<GatewayConfig> = {}): GatewayConfig {
  return {
    tiers: {
      fast: ['one/small', 'two/small'],
      strong: ['one/large', 'two/large'],
      reasoning: ['two/deep'],
    },
    providers: { one: { baseUrl: `${first.url}/v1` }, two: { baseUrl: `${second.url}/v1` } },
    keys: {},
    prices: { 'one/large': { inputUsd: 10, outputUsd: 20, date: '2026-11-01' } },
    retries: 1,
    backoffMs: 2,
    ...changes,
  }
}

describe('routing', () => {
  test('sends work to the first model of its tier and says who answered', async () => {
    const gateway = openGateway(configure())
    const result = await gateway.generate(CALL)
    expect(result).toMatchObject({ role: 'coder', tier: 'strong', model: 'one/large', text: FIXTURE_TEXT, attempts: 1 })
    expect(result.costUsd).toBeCloseTo((120 * 10 + 45 * 20) / 1e6, 12)
    expect(first.requests[0]?.body).toMatchObject({ model: 'large', max_tokens: 16_000 })
  })

  test('raises the tier with every failure of the work', async () => {
    const gateway = openGateway(configure())
    const models: string[] = []
    for (const escalation of [0, 1, 2, 3])
      models.push((await gateway.generate({ ...CALL, difficulty: 'easy', escalation })).model)
    expect(models).toEqual(['one/small', 'one/large', 'two/deep', 'two/deep'])
    expect(second.requests[0]?.body).toMatchObject({ max_tokens: 32_000 })
  })

  test('takes the output limit from the call, else from the configuration of the tier', async () => {
    const gateway = openGateway(configure({ maxOutputTokens: { strong: 700 } }))
    await gateway.generate(CALL)
    await gateway.generate({ ...CALL, maxOutputTokens: 90 })
    expect(first.requests.map(({ body: sent }) => sent['max_tokens'])).toEqual([700, 90])
  })

  test('uses another tier where the right one has no models', async () => {
    const gateway = openGateway(configure({ tiers: { fast: ['one/small'], strong: [], reasoning: [] } }))
    expect(await gateway.generate(CALL)).toMatchObject({ tier: 'fast', model: 'one/small' })
  })

  test('accepts provider:model and prints provider/model', async () => {
    const gateway = openGateway(
      configure({ tiers: { fast: ['one:small:8b'], strong: ['one:small:8b'], reasoning: [] } }),
    )
    expect(await gateway.generate(CALL)).toMatchObject({ model: 'one/small:8b' })
    expect(gateway.describe()[0]?.model).toBe('one/small:8b')
  })

  test('without any model the error names every variable that would help', async () => {
    const gateway = openGateway(configure({ tiers: { fast: [], strong: [], reasoning: [] } }))
    const error = await failureOf(gateway.generate(CALL))
    expect(error.code).toBe('missing_key')
    for (const variable of [
      'ANTHROPIC_API_KEY',
      'OPENAI_API_KEY',
      'DEEPSEEK_API_KEY',
      'OPENROUTER_API_KEY',
      'N1N_API_KEY',
    ]) {
      expect(error.hint).toContain(variable)
    }
  })
})

describe('a model that is down', () => {
  test('is passed over to the next of its tier, after its own retries', async () => {
    first.answer(down)
    const gateway = openGateway(configure())
    expect(await gateway.generate(CALL)).toMatchObject({ model: 'two/large', tier: 'strong' })
    expect(first.requests).toHaveLength(2)
  })

  test('is asked last for a while, so that the next call does not wait for it again', async () => {
    first.answer(down)
    const gateway = openGateway(configure())
    await gateway.generate(CALL)
    await gateway.generate(CALL)
    expect(first.requests).toHaveLength(2)
    expect(second.requests).toHaveLength(2)
  })

  test('is still asked when the others are down too, and is used again once it answers', async () => {
    first.answer(down, down, stream(body))
    const gateway = openGateway(configure())
    await gateway.generate(CALL)
    second.answer(down)
    expect(await gateway.generate(CALL)).toMatchObject({ model: 'one/large' })
    expect(await gateway.generate(CALL)).toMatchObject({ model: 'one/large' })
  })

  test.each([
    ['its key is refused', reply(401, { error: { message: 'no' } })],
    ['its account is empty', reply(402, { error: { message: 'pay' } })],
    ['it asks to wait longer than there is time', reply(429, { error: { message: 'slow' } }, { 'retry-after': '90' })],
  ])('counts as down when %s', async (_why, answer) => {
    first.answer(answer)
    const gateway = openGateway(configure())
    expect(await gateway.generate({ ...CALL, deadlineAt: Date.now() + 20_000 })).toMatchObject({ model: 'two/large' })
    expect(first.requests).toHaveLength(1)
  })

  test('counts as down when its key is missing, without a request', async () => {
    const gateway = openGateway(
      configure({
        providers: {
          one: { baseUrl: `${first.url}/v1`, keyVariable: 'ONE_KEY' },
          two: { baseUrl: `${second.url}/v1` },
        },
      }),
    )
    expect(await gateway.generate(CALL)).toMatchObject({ model: 'two/large' })
    expect(first.requests).toHaveLength(0)
  })

  test('counts as down when it does not answer in time', async () => {
    first.answer(() => undefined)
    const gateway = openGateway(configure({ timeoutMs: 150, retries: 0 }))
    expect(await gateway.generate(CALL)).toMatchObject({ model: 'two/large' })
  })

  test('has its half-shown reply declared void before the next model begins', async () => {
    first.answer(cutAfter(body, 7))
    const deltas: ModelDelta[] = []
    const gateway = openGateway(configure({ retries: 0 }))
    await gateway.generate({ ...CALL, onDelta: (delta) => deltas.push(delta) })
    const restart = deltas.findIndex(({ kind }) => kind === 'restart')
    expect(restart).toBeGreaterThan(0)
    const after = deltas.slice(restart + 1).filter(({ kind }) => kind === 'text')
    expect(after.map(({ text }) => text).join('')).toBe(FIXTURE_TEXT)
  })

  test.each([
    [
      'a model that does not exist',
      reply(404, { error: { message: 'no such model', code: 'model_not_found' } }),
      'unknown_model',
    ],
    ['a request that is refused', reply(400, { error: { message: 'too long' } }), 'invalid_request'],
    ['replies without content', stream('data: {nope\n\n'), 'model_reply_invalid'],
  ])('%s is not: the next model is not asked', async (_what, answer, code) => {
    first.answer(answer)
    const error = await failureOf(openGateway(configure()).generate(CALL))
    expect(error.code).toBe(code)
    expect(second.requests).toHaveLength(0)
  })

  test('when all are down the error is that of the first, with the attempts of all', async () => {
    first.answer(reply(401, { error: { message: 'bad key' } }))
    second.answer(down)
    const error = await failureOf(openGateway(configure()).generate(CALL))
    expect(error.code).toBe('authentication_failed')
    expect(error.message).toContain('one/large')
    expect(error.message).toContain('two/large (model_unavailable)')
    expect(error.details['models']).toMatchObject([
      { model: 'one/large', code: 'authentication_failed', attempts: [{ status: 401 }] },
      { model: 'two/large', code: 'model_unavailable', attempts: [{ status: 503 }, { status: 503 }] },
    ])
  })
})

describe('the account of the models', () => {
  test('counts calls, failures and dollars for each tier and model', async () => {
    first.answer(stream(body), down)
    const gateway = openGateway(configure({ retries: 0 }))
    await gateway.generate(CALL)
    await gateway.generate(CALL)
    const rows = gateway.describe().map(({ tier, model, calls, failures }) => [tier, model, calls, failures])
    expect(rows).toEqual([
      ['fast', 'one/small', 0, 0],
      ['fast', 'two/small', 0, 0],
      ['strong', 'one/large', 2, 1],
      ['strong', 'two/large', 1, 0],
      ['reasoning', 'two/deep', 0, 0],
    ])
    const large = gateway.describe().find(({ model }) => model === 'one/large')
    expect(large?.costUsd).toBeCloseTo((120 * 10 + 45 * 20) / 1e6, 12)
    expect(large?.price).toMatchObject({ inputUsd: 10, outputUsd: 20 })
  })

  test('goes on from earlier counts', async () => {
    const statistics = [{ tier: 'strong', model: 'one/large', calls: 10, failures: 2, costUsd: 1.5 } as const]
    const gateway = openGateway(configure({ statistics: [...statistics] }))
    await gateway.generate(CALL)
    expect(gateway.describe()[2]).toMatchObject({ calls: 11, failures: 2 })
    expect(statistics[0]).toMatchObject({ calls: 10 })
  })

  test('says which variable holds each key and whether it is set, but never the key', () => {
    const gateway = openGateway({
      tiers: {
        fast: ['anthropic/claude-haiku-5-5', 'ollama/qwen3:8b'],
        strong: ['openai/gpt-6.1-sol'],
        reasoning: ['deepseek/some-future-model'],
      },
      keys: { ANTHROPIC_API_KEY: 'sk-ant-secret-value', OPENAI_API_KEY: '' },
    })
    const rows = gateway.describe()
    expect(rows.map(({ key }) => key)).toEqual([
      { variable: 'ANTHROPIC_API_KEY', present: true },
      null,
      { variable: 'OPENAI_API_KEY', present: false },
      { variable: 'DEEPSEEK_API_KEY', present: false },
    ])
    expect(rows.map(({ price }) => price?.inputUsd ?? null)).toEqual([0.1, 0, 2, null])
    expect(JSON.stringify(rows)).not.toContain('secret-value')
  })

  test('a call that was cancelled is no failure of the model', async () => {
    const gateway = openGateway(configure())
    await failureOf(gateway.generate({ ...CALL, signal: AbortSignal.abort() }))
    expect(gateway.describe()[2]).toMatchObject({ calls: 0, failures: 0 })
  })
})

describe('opening and closing', () => {
  test('an unknown provider is refused when the gateway is opened', () => {
    const error = thrownBy(() => openGateway(configure({ tiers: { fast: ['onne/x'], strong: [], reasoning: [] } })))
    expect(error.code).toBe('unknown_provider')
    expect(error.hint).toContain('Did you mean one?')
  })

  test.each(['', 'localhost:8000', 'ftp://host/v1', 'not a url', 'https://user:secret-pass@host/v1'])(
    'the address %j is refused when the gateway is opened, without its secret',
    (baseUrl) => {
      const error = thrownBy(() =>
        openGateway(configure({ providers: { one: { baseUrl }, two: { baseUrl: second.url } } })),
      )
      expect(error.code).toBe('invalid_configuration')
      expect(error.hint).toContain('providers.one.baseUrl')
      expect(`${error.message}${error.hint}${JSON.stringify(error.details)}`).not.toContain('secret-pass')
    },
  )

  test('closing ends the calls under way at once, and there are no further ones', async () => {
    first.answer(hangAfter(body, 7))
    const gateway = openGateway(configure())
    const call = failureOf(gateway.generate(CALL))
    await expect.poll(() => first.requests.length).toBe(1)
    await gateway.close()
    expect((await call).code).toBe('cancelled')
    await expect.poll(() => first.abortedAt.length).toBe(1)
    expect((await failureOf(gateway.generate(CALL))).code).toBe('cancelled')
    expect(second.requests).toHaveLength(0)
  })
})
