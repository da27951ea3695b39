import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, expect, test } from 'vitest'
import type { ModelDelta, ModelRequest } from '../../src/contracts/models.ts'
import { openModel } from '../../src/models/open-model.ts'
import type { ModelConfig } from '../../src/models/open-model.ts'
import { failureOf } from './support/failure.ts'
import { FIXTURE_TEXT, fixture, withoutText } from './support/fixtures.ts'
import { findClosedAddress, pause, reply, stream, useProviderServer } from './support/provider-server.ts'
import type { Answer } from './support/provider-server.ts'

const KEY = 'sk-proj-abcdefghijklmnop0123'
const body = fixture('n1n.txt')
const request: ModelRequest = {
  instructions: 'Be brief.',
  messages: [{ role: 'user', content: 'Hello' }],
  maxOutputTokens: 500,
  timeoutMs: 20_000,
}

const server = useProviderServer()

function open(id = 'n1n/claude-sonnet-5-5', config: Partial<ModelConfig> = {}) {
  return openModel(id, {
    keys: { N1N_API_KEY: KEY, N1N_BASE_URL: `${server.url}/v1`, OLLAMA_HOST: server.url },
    backoffMs: 2,
    ...config,
  })
}

const tooMany = (headers: Record<string, string>): Answer =>
  reply(429, { error: { message: 'Too many requests', code: 429 } }, headers)

function event(choice: object, usage?: object): string {
  return `data: ${JSON.stringify({ id: '1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [choice], ...(usage === undefined ? {} : { usage }) })}\n\n`
}

describe('Retry-After', () => {
  test('of one second is waited out', async () => {
    server.answer(tooMany({ 'retry-after': '1' }), stream(body))
    const result = await open().generate({ ...request, deadlineAt: Date.now() + 30_000 })
    expect(result).toMatchObject({ text: FIXTURE_TEXT, attempts: 2 })
    expect(result.wallMs).toBeGreaterThanOrEqual(990)
    expect(result.wallMs).toBeLessThan(10_000)
  })

  test('as a date is waited out', async () => {
    const at = Math.ceil(Date.now() / 1000) * 1000 + 1_000
    server.answer(tooMany({ 'retry-after': new Date(at).toUTCString() }), stream(body))
    await open().generate({ ...request, deadlineAt: Date.now() + 30_000 })
    expect(server.requests[1]?.at).toBeGreaterThanOrEqual(at - 20)
  })

  test('of ninety seconds fails at once where less time is left, and says what was asked for', async () => {
    server.answer(tooMany({ 'retry-after': '90' }))
    const startedAt = Date.now()
    const error = await failureOf(open().generate({ ...request, deadlineAt: Date.now() + 20_000 }))
    expect(Date.now() - startedAt).toBeLessThan(5_000)
    expect(error.code).toBe('model_unavailable')
    expect(error.message).toMatch(/asks to try again in 90 s, and only (?:19|20) s are left/)
    expect(error.details).toMatchObject({ status: 429, retryAfterMs: 90_000, waitMs: 90_000 })
    expect(server.requests).toHaveLength(1)
  })

  test('of ninety seconds is kept where more time is left: nothing is sent before', async () => {
    server.answer(tooMany({ 'retry-after': '90' }), stream(body))
    const abort = new AbortController()
    const call = failureOf(open().generate({ ...request, deadlineAt: Date.now() + 120_000, signal: abort.signal }))
    // The SDK's own retries come after two seconds when they are asked to wait for a minute or more.
    await pause(2_600)
    expect(server.requests).toHaveLength(1)
    const abortedAt = Date.now()
    abort.abort()
    expect((await call).code).toBe('cancelled')
    expect(Date.now() - abortedAt).toBeLessThan(8_000)
  })

  test('of a month does not turn into no wait at all', async () => {
    server.answer(tooMany({ 'retry-after': '2600000' }), stream(body))
    const error = await failureOf(open().generate(request))
    expect(error.code).toBe('model_unavailable')
    expect(server.requests).toHaveLength(1)
  })
})

describe('what a provider says in its errors', () => {
  test('an account without credit is not asked again', async () => {
    server.answer(
      reply(429, {
        error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' },
      }),
    )
    const error = await failureOf(open().generate(request))
    expect(error.code).toBe('model_unavailable')
    expect(error.hint).toContain('credit')
    expect(server.requests).toHaveLength(1)
  })

  test('a request that is refused for what it is becomes invalid_request with the reason', async () => {
    const message = "This model's maximum context length is 8192 tokens"
    server.answer(reply(400, { error: { message, type: 'invalid_request_error', code: 'context_length_exceeded' } }))
    const error = await failureOf(open().generate(request))
    expect(error.code).toBe('invalid_request')
    expect(error.message).toContain(message)
    expect(server.requests).toHaveLength(1)
  })

  test('an error that comes with the status 200 is an error all the same', async () => {
    server.answer(reply(200, { error: { message: 'upstream is down', code: 502 } }), stream(body))
    expect(await open().generate(request)).toMatchObject({ text: FIXTURE_TEXT, attempts: 2 })
    server.answer(reply(200, { error: 'bad key', code: 'x' }))
    expect((await failureOf(open(undefined, { retries: 0 }).generate(request))).code).toBe('model_unavailable')
  })

  test('an error in the middle of the stream is tried again', async () => {
    const broken = `${event({ index: 0, delta: { content: 'Half' }, finish_reason: null })}data: ${JSON.stringify({ error: { message: 'overloaded', code: 529 } })}\n\n`
    server.answer(stream(broken), stream(body))
    const deltas: ModelDelta[] = []
    expect(await open().generate({ ...request, onDelta: (delta) => deltas.push(delta) })).toMatchObject({
      text: FIXTURE_TEXT,
      attempts: 2,
    })
    expect(deltas.slice(0, 2)).toMatchObject([{ kind: 'text', text: 'Half' }, { kind: 'restart' }])
  })

  test('keys and configured headers do not reach the error, however the provider echoes them', async () => {
    const team = 'team-credential-77'
    server.answer(
      reply(403, {
        error: { message: `Bearer ${KEY} of ${team} may not; nor may sk-proj-abcdefg*****0123`, code: 403 },
      }),
    )
    const config = { providers: { n1n: { headers: { 'x-team': team } } } }
    const error = await failureOf(open(undefined, config).generate(request))
    expect(server.requests[0]?.headers['x-team']).toBe(team)
    expect(error.code).toBe('authentication_failed')
    const shown = JSON.stringify([error.message, error.hint, error.details, String(error.stack), String(error.cause)])
    for (const secret of [KEY, team, 'abcdefg']) expect(shown).not.toContain(secret)
  })
})

describe('where there is nothing to read', () => {
  test('a reply that the output limit ended before its first word is not asked for again', async () => {
    const thinking =
      event({ index: 0, delta: { reasoning_content: 'Hm, '.repeat(50) }, finish_reason: null }) +
      event({ index: 0, delta: {}, finish_reason: 'length' })
    server.answer(stream(thinking))
    const error = await failureOf(open().generate(request))
    expect(error.code).toBe('model_reply_invalid')
    expect(error.message).toContain('reasoning')
    expect(error.hint).toContain('maxOutputTokens')
    expect(error.details['usage']).toMatchObject({ reported: false })
    expect(server.requests).toHaveLength(1)
  })

  test("a reply that the provider's filter held back is not asked for again", async () => {
    server.answer(stream(event({ index: 0, delta: { content: '' }, finish_reason: 'content_filter' })))
    const error = await failureOf(open().generate(request))
    expect(error.code).toBe('model_reply_invalid')
    expect(error.message).toContain('filter')
    expect(server.requests).toHaveLength(1)
  })

  test('white space is an empty reply', async () => {
    server.answer(stream(event({ index: 0, delta: { content: ' \n\t ' }, finish_reason: 'stop' })), stream(body))
    expect(await open().generate(request)).toMatchObject({ text: FIXTURE_TEXT, attempts: 2 })
  })

  test('a whole reply without a choice in it is unreadable', async () => {
    server.answer(reply(200, { id: '1', object: 'chat.completion', created: 1, model: 'm', choices: [] }))
    expect((await failureOf(open(undefined, { retries: 0 }).generate(request))).code).toBe('model_reply_invalid')
  })

  test('an empty body is tried again', async () => {
    server.answer(stream(''), stream('data: [DONE]\n\n'), stream(body))
    expect(await open().generate(request)).toMatchObject({ text: FIXTURE_TEXT, attempts: 3 })
  })

  test('usage of zeros counts as none', async () => {
    const zeros = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }
    server.answer(stream(event({ index: 0, delta: { content: 'Hello there' }, finish_reason: 'stop' }, zeros)))
    const { usage } = await open().generate(request)
    expect(usage).toMatchObject({ reported: false })
    expect(usage.outputTokens).toBeGreaterThan(0)
  })
})

describe('silence', () => {
  const words =
    event({ index: 0, delta: { content: 'Hello' }, finish_reason: null }) +
    event({ index: 0, delta: {}, finish_reason: 'stop' })

  test('after an empty first piece is thinking, and as long as the attempt may take', async () => {
    server.answer(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(event({ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }))
      await pause(400)
      response.end(words)
    })
    const config = { keys: { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${server.url}/v1` }, stallMs: 100 }
    expect(await open('openai/gpt-4o', config).generate(request)).toMatchObject({ text: 'Hello', attempts: 1 })
  })

  test('after the first word is broken by comments that only keep the connection open', async () => {
    server.answer(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(event({ index: 0, delta: { content: 'Hello ' }, finish_reason: null }))
      for (let comment = 0; comment < 25; comment++) {
        await pause(100)
        response.write(': PROCESSING\n\n')
      }
      response.end(words)
    })
    expect(await open(undefined, { stallMs: 2_000 }).generate(request)).toMatchObject({
      text: 'Hello Hello',
      attempts: 1,
    })
  })
})

describe('the size of a reply', () => {
  test('two megabytes are read whole', async () => {
    const piece = 'é'.repeat(1000)
    const events = Array.from({ length: 1000 }, () =>
      event({ index: 0, delta: { content: piece }, finish_reason: null }),
    )
    server.answer(stream([...events, event({ index: 0, delta: {}, finish_reason: 'stop' })].join('')))
    expect((await open().generate(request)).text).toHaveLength(1_000_000)
  })

  test('a reply without end is broken off, and not asked for again', async () => {
    const piece = event({ index: 0, delta: { content: 'x'.repeat(1_000_000) }, finish_reason: null })
    server.answer(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      // Ends with an error when the client hangs up, which is what is asked for here.
      await pipeline(Readable.from(Array.from({ length: 100 }, () => piece)), response).catch(() => undefined)
    })
    const error = await failureOf(open().generate(request))
    expect(error.code).toBe('model_reply_invalid')
    expect(error.message).toContain('longer than')
    expect(server.requests).toHaveLength(1)
    await expect.poll(() => server.abortedAt.length).toBe(1)
  })
})

describe('a connection that is refused', () => {
  test('is tried again at a distant provider', async () => {
    const gone = await findClosedAddress()
    const error = await failureOf(
      open(undefined, { keys: { N1N_API_KEY: KEY, N1N_BASE_URL: `${gone}/v1` }, retries: 2 }).generate(request),
    )
    expect(error.code).toBe('model_unavailable')
    expect(error.message).toContain('ECONNREFUSED')
    expect(error.details['attempts']).toHaveLength(3)
  })

  test('means on the own machine that the server is not started, and says how to start it', async () => {
    const gone = await findClosedAddress()
    const error = await failureOf(open('ollama/qwen3:8b', { keys: { OLLAMA_HOST: gone } }).generate(request))
    expect(error.code).toBe('model_unavailable')
    expect(error.hint).toContain('ollama serve')
    expect(error.details['attempts']).toHaveLength(1)
  })
})

describe('an Ollama with a short context', () => {
  const answered = (finish: string, usage: object): Answer =>
    stream(
      event({ index: 0, delta: { role: 'assistant', content: 'Yes.' }, finish_reason: finish }) +
        `data: ${JSON.stringify({ id: '1', choices: [], usage })}\n\n`,
    )

  test('that cut the prompt is an error that says what to set', async () => {
    server.answer(answered('stop', { prompt_tokens: 4_096, completion_tokens: 2, total_tokens: 4_098 }))
    const error = await failureOf(
      open('ollama/qwen3:8b').generate({ ...request, instructions: 'A rule to keep. '.repeat(3_000) }),
    )
    expect(error.code).toBe('invalid_configuration')
    expect(error.message).toContain('cut the prompt')
    expect(error.hint).toContain('OLLAMA_CONTEXT_LENGTH')
    expect(server.requests).toHaveLength(1)
  })

  test('that had no room left for the reply is the same error', async () => {
    server.answer(answered('length', { prompt_tokens: 4_000, completion_tokens: 96, total_tokens: 4_096 }))
    const error = await failureOf(open('ollama/qwen3:8b').generate({ ...request, instructions: 'word '.repeat(3_200) }))
    expect(error.code).toBe('invalid_configuration')
    expect(error.message).toContain('context was full')
  })

  test('is not suspected of a long prompt that it read', async () => {
    server.answer(answered('stop', { prompt_tokens: 12_000, completion_tokens: 2, total_tokens: 12_002 }))
    const result = await open('ollama/qwen3:8b').generate({
      ...request,
      instructions: 'A rule to keep. '.repeat(3_000),
    })
    expect(result.text).toBe('Yes.')
  })
})

describe('what is sent', () => {
  test('a temperature, where one is given', async () => {
    server.answer(stream(body))
    await open().generate({ ...request, temperature: 0 })
    expect(server.requests[0]?.body).toMatchObject({ temperature: 0 })
  })

  test('no setting of the Responses interface to a server that has only chat completions', async () => {
    server.answer(stream(fixture('openai-chat.txt')))
    await open('openai/gpt-4o', { keys: { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${server.url}/v1` } }).generate(
      request,
    )
    expect(server.requests[0]?.body).not.toHaveProperty('store')
    server.answer(stream(fixture('openai-responses.txt')))
    await open('openai/gpt-6-luna', {
      keys: { OPENAI_API_KEY: KEY },
      providers: { openai: { baseUrl: `${server.url}/v1`, api: 'responses' } },
    }).generate(request)
    expect(server.requests[1]?.body).toMatchObject({ store: false })
  })

  test('no system message where there are no instructions', async () => {
    server.answer(stream(body))
    await open().generate({ ...request, instructions: '' })
    expect(server.requests[0]?.body['messages']).toEqual([{ role: 'user', content: 'Hello' }])
  })

  test('the output limit by the name that the model behind a gateway wants', async () => {
    server.answer(stream(body))
    await open('n1n/gpt-6-luna').generate(request)
    await open('local/m', {
      keys: {},
      providers: { local: { baseUrl: `${server.url}/v1`, outputLimitParameter: 'max_completion_tokens' } },
    }).generate(request)
    for (const { body: sent } of server.requests) {
      expect(sent).toMatchObject({ max_completion_tokens: 500 })
      expect(sent).not.toHaveProperty('max_tokens')
    }
  })

  test('nothing without a key that is needed: the error names its variable, whatever the process has in its environment', async () => {
    process.env['DEEPSEEK_API_KEY'] = 'sk-from-the-process'
    try {
      const error = await failureOf(
        open('deepseek/deepseek-flash', { keys: { DEEPSEEK_API_KEY: '  ' } }).generate(request),
      )
      expect(error.code).toBe('missing_key')
      expect(error.message).toContain('DEEPSEEK_API_KEY')
    } finally {
      delete process.env['DEEPSEEK_API_KEY']
    }
    expect(server.requests).toHaveLength(0)
  })

  test('settings that a model does not take are no noise on standard error', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', onWarning)
    try {
      server.answer(stream(fixture('anthropic.txt')))
      await open('anthropic/claude-sonnet-5-5', {
        keys: { ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: server.url },
      }).generate({ ...request, temperature: 0.5 })
      await pause(20)
      expect(server.requests[0]?.path).toBe('/v1/messages')
      expect(warnings).toEqual([])
    } finally {
      process.off('warning', onWarning)
    }
  })
})

test("an error of the caller's own onDelta is thrown on as it is, and the connection is closed", async () => {
  server.answer(stream(body))
  const bug = new TypeError('a bug in the caller')
  const call = open().generate({
    ...request,
    onDelta: () => {
      throw bug
    },
  })
  await expect(call).rejects.toBe(bug)
  expect(server.requests).toHaveLength(1)
})

test('the reply of an attempt that was empty is paid for even where the next one fails', async () => {
  server.answer(stream(withoutText(body)), reply(401, { error: { message: 'no' } }))
  const error = await failureOf(
    open(undefined, {
      prices: { 'n1n/claude-sonnet-5-5': { inputUsd: 1, outputUsd: 2, date: '2026-11-01' } },
    }).generate(request),
  )
  expect(error.code).toBe('authentication_failed')
  expect(error.details).toMatchObject({ usage: { inputTokens: 120, outputTokens: 45 }, costUsd: (120 + 90) / 1e6 })
})
