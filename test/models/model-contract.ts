import { describe, expect, test } from 'vitest'
import type { HandaxeError } from '../../src/contracts/errors.ts'
import type { ModelDelta, ModelRequest, TokenUsage } from '../../src/contracts/models.ts'
import type { ProviderConfig } from '../../src/models/gateway-config.ts'
import { openModel } from '../../src/models/open-model.ts'
import { failureOf } from './support/failure.ts'
import { FIXTURE_REASONING, FIXTURE_TEXT, fixture, withoutText, withoutUsage } from './support/fixtures.ts'
import {
  cutAfter,
  firstEvents,
  hangAfter,
  pause,
  reply,
  silence,
  stream,
  streamInPieces,
  useProviderServer,
} from './support/provider-server.ts'

export const SECRET = 'sk-test-4f3c2b1a-very-secret'

/** One provider's way of talking, and what its fixture holds. */
export interface Adapter {
  title: string
  /** `provider/model`. */
  id: string
  /** Appended to the server's address to give the base URL. */
  basePath: string
  config?: ProviderConfig
  /** How the address is given: in the configuration or by a variable. */
  baseUrlVariable?: string
  keyVariable: string | null
  fixture: string
  /** The fixture of a reply that comes whole. */
  wholeFixture?: string
  requestPath: string
  /** Which header carries the key, and how. */
  keyHeader?: { name: string; value: string } | undefined
  limitField: 'max_tokens' | 'max_completion_tokens' | 'max_output_tokens'
  /** Where the instructions stand in the request. */
  readInstructions: (body: Record<string, unknown>) => unknown
  reasoning: string
  usage: TokenUsage
  costUsd: number | null
  /** Events of the fixture up to the middle of its text. */
  eventsToMiddle: number
  /** Whether a reply without usage is allowed by the format. */
  usageMayBeMissing: boolean
  /** What marks the end for the output limit. */
  lengthReply: (body: string) => string
  /** How the provider says that a key is wrong, that a model is not there, that it is too busy. */
  errors: { unauthorized: object; unknownModel: { status: number; body: object }; overloaded: object }
}

const REQUEST: ModelRequest = {
  instructions: 'Be brief.',
  messages: [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Hello. What do you need?' },
    { role: 'user', content: 'A mean function, пожалуйста.' },
  ],
  maxOutputTokens: 500,
  timeoutMs: 20_000,
}

/** What every adapter has to keep, whatever its provider sends. */
export function describeModelContract(adapter: Adapter): void {
  describe(adapter.title, () => {
    const body = fixture(adapter.fixture)
    const server = useProviderServer()

    function open(options: { retries?: number; stallMs?: number } = {}) {
      const url = `${server.url}${adapter.basePath}`
      const name = adapter.id.slice(0, adapter.id.indexOf('/'))
      const byVariable = adapter.baseUrlVariable !== undefined
      return openModel(adapter.id, {
        keys: {
          ...(adapter.keyVariable === null ? {} : { [adapter.keyVariable]: SECRET }),
          ...(byVariable ? { [adapter.baseUrlVariable ?? '']: url } : {}),
        },
        providers: { [name]: { ...adapter.config, ...(byVariable ? {} : { baseUrl: url }) } },
        retries: options.retries ?? 3,
        backoffMs: 2,
        ...(options.stallMs === undefined ? {} : { stallMs: options.stallMs }),
      })
    }

    async function failure(promise: Promise<unknown>): Promise<HandaxeError> {
      const error = await failureOf(promise)
      expect(everythingIn(error)).not.toContain(SECRET)
      return error
    }

    test('reads text, reasoning, usage, cost and the end of a streamed reply', async () => {
      server.answer(stream(body))
      const result = await open().generate(REQUEST)
      expect(result).toMatchObject({
        text: FIXTURE_TEXT,
        reasoning: adapter.reasoning,
        finishReason: 'stop',
        usage: adapter.usage,
        model: adapter.id,
        attempts: 1,
      })
      if (adapter.costUsd === null) expect(result.costUsd).toBeNull()
      else expect(result.costUsd).toBeCloseTo(adapter.costUsd, 12)
    })

    test('hands on the reply piece by piece, reasoning apart from text', async () => {
      server.answer(stream(body))
      const deltas: ModelDelta[] = []
      await open().generate({ ...REQUEST, onDelta: (delta) => deltas.push(delta) })
      expect(joined(deltas, 'text')).toBe(FIXTURE_TEXT)
      expect(joined(deltas, 'reasoning')).toBe(adapter.reasoning)
      expect(deltas.filter(({ kind }) => kind === 'text').length).toBeGreaterThan(1)
      expect(deltas.filter(({ kind }) => kind === 'restart')).toEqual([])
    })

    test('reads the same from bytes that are cut anywhere, also inside a character', async () => {
      server.answer(streamInPieces(body, { size: 11 }))
      const result = await open().generate(REQUEST)
      expect(result.text).toBe(FIXTURE_TEXT)
      expect(result.usage).toEqual(adapter.usage)
    })

    test('sends the instructions, the conversation, the output limit and the key, and no temperature of its own', async () => {
      server.answer(stream(body))
      await open().generate(REQUEST)
      const request = server.requests[0]
      expect(request).toMatchObject({ method: 'POST', path: adapter.requestPath })
      expect(request?.body).toMatchObject({ model: adapter.id.slice(adapter.id.indexOf('/') + 1), stream: true })
      expect(request?.body[adapter.limitField]).toBe(500)
      expect(request?.body).not.toHaveProperty('temperature')
      expect(JSON.stringify(adapter.readInstructions(request?.body ?? {}))).toContain('Be brief.')
      const sent = JSON.stringify(request?.body)
      for (const { content } of REQUEST.messages) expect(sent).toContain(content)
      expect(sent).not.toContain(SECRET)
      if (adapter.keyHeader !== undefined) {
        expect(request?.headers[adapter.keyHeader.name]).toBe(adapter.keyHeader.value)
      } else {
        expect(request?.headers['authorization']).toBeUndefined()
      }
    })

    test('understands a reply that comes whole although a stream was asked for, without asking again', async () => {
      const whole = fixture(adapter.wholeFixture ?? 'whole-openai-chat.txt')
      server.answer(reply(200, whole))
      const deltas: ModelDelta[] = []
      const result = await open().generate({ ...REQUEST, onDelta: (delta) => deltas.push(delta) })
      expect(result).toMatchObject({ text: FIXTURE_TEXT, finishReason: 'stop', attempts: 1 })
      expect(result.usage).toMatchObject({ inputTokens: 120, outputTokens: 45, reported: true })
      expect(joined(deltas, 'text')).toBe(FIXTURE_TEXT)
      expect(server.requests).toHaveLength(1)
    })

    test('tells that the reply stopped at the output limit', async () => {
      server.answer(stream(adapter.lengthReply(body)))
      // Ollama ends in the same way when its context is full: only a reply as long as the limit is one that met it.
      expect(await open().generate({ ...REQUEST, maxOutputTokens: 45 })).toMatchObject({
        text: FIXTURE_TEXT,
        finishReason: 'length',
      })
    })

    test('tries again after a 500, and after a 429 as late as it was told to', async () => {
      server.answer(
        reply(500, adapter.errors.overloaded),
        reply(429, adapter.errors.overloaded, { 'retry-after-ms': '150' }),
        stream(body),
      )
      const result = await open().generate(REQUEST)
      expect(result).toMatchObject({ text: FIXTURE_TEXT, attempts: 3 })
      const [, second, third] = server.requests.map(({ at }) => at)
      expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(145)
    })

    test('asks again for a reply that breaks off, and says that what was shown is void', async () => {
      server.answer(cutAfter(body, adapter.eventsToMiddle), stream(body))
      const deltas: ModelDelta[] = []
      const result = await open().generate({ ...REQUEST, onDelta: (delta) => deltas.push(delta) })
      expect(result).toMatchObject({ text: FIXTURE_TEXT, attempts: 2 })
      const restart = deltas.findIndex(({ kind }) => kind === 'restart')
      expect(restart).toBeGreaterThan(0)
      expect(joined(deltas.slice(restart), 'text')).toBe(FIXTURE_TEXT)
    })

    test('takes a stream that ends without the word that it is complete for one that broke off', async () => {
      server.answer(stream(firstEvents(body.replaceAll('\r\n', '\n'), adapter.eventsToMiddle)), stream(body))
      expect(await open().generate(REQUEST)).toMatchObject({ text: FIXTURE_TEXT, attempts: 2 })
    })

    test('gives up with model_unavailable when the provider stays down, and tells of every attempt', async () => {
      server.answer(reply(503, adapter.errors.overloaded))
      const error = await failure(open({ retries: 2 }).generate(REQUEST))
      expect(error.code).toBe('model_unavailable')
      expect(error.message).toContain(adapter.id)
      expect(error.details['attempts']).toHaveLength(3)
      expect(server.requests).toHaveLength(3)
    })

    test('a refused key is never tried again, and the error names the variable', async () => {
      server.answer(reply(401, adapter.errors.unauthorized))
      const error = await failure(open().generate(REQUEST))
      expect(error.code).toBe('authentication_failed')
      expect(error.hint).toContain(adapter.keyVariable ?? 'keyVariable')
      expect(server.requests).toHaveLength(1)
    })

    test('a model that is not there is unknown_model, at the first attempt', async () => {
      server.answer(reply(adapter.errors.unknownModel.status, adapter.errors.unknownModel.body))
      const error = await failure(open().generate(REQUEST))
      expect(error.code).toBe('unknown_model')
      expect(error.message).toContain(adapter.id)
      expect(server.requests).toHaveLength(1)
    })

    test('an empty reply is asked for once more, then it is model_reply_invalid with what it used', async () => {
      server.answer(stream(withoutText(body)))
      const error = await failure(open().generate(REQUEST))
      expect(error.code).toBe('model_reply_invalid')
      expect(server.requests).toHaveLength(2)
      expect(error.details['usage']).toMatchObject({ inputTokens: 240, outputTokens: 90 })
    })

    test('an empty reply followed by a good one costs both', async () => {
      server.answer(stream(withoutText(body)), stream(body))
      const result = await open().generate(REQUEST)
      expect(result).toMatchObject({ text: FIXTURE_TEXT, attempts: 2 })
      expect(result.usage).toMatchObject({ inputTokens: 240, outputTokens: 90, reported: true })
    })

    test.skipIf(!adapter.usageMayBeMissing)(
      'estimates the usage where it is missing (not every format allows that)',
      async () => {
        server.answer(stream(withoutUsage(body)))
        const { usage } = await open().generate(REQUEST)
        expect(usage.reported).toBe(false)
        expect(usage.inputTokens).toBeGreaterThan(10)
        expect(usage.outputTokens).toBeGreaterThan(20)
      },
    )

    test('garbage in the stream is model_reply_invalid after its retries', async () => {
      server.answer(stream(`${firstEvents(body, adapter.eventsToMiddle)}data: {"choices": [nope\n\n`))
      const error = await failure(open({ retries: 1 }).generate(REQUEST))
      expect(error.code).toBe('model_reply_invalid')
      expect(server.requests).toHaveLength(2)
    })

    test('garbage instead of JSON is model_reply_invalid after its retries', async () => {
      server.answer(reply(200, '{"choices": [nope'))
      const error = await failure(open({ retries: 1 }).generate(REQUEST))
      expect(error.code).toBe('model_reply_invalid')
      expect(server.requests).toHaveLength(2)
    })

    test('a web page as the reply names the base URL as the likely cause and is not asked for again', async () => {
      server.answer(reply(200, '<!doctype html><title>Log in</title>', { 'content-type': 'text/html; charset=utf-8' }))
      const error = await failure(open().generate(REQUEST))
      expect(error.code).toBe('model_unavailable')
      expect(error.hint).toContain('base URL')
      expect(server.requests).toHaveLength(1)
    })

    test("a proxy's error page is an outage like any other", async () => {
      server.answer(reply(502, '<html><h1>502 Bad Gateway</h1></html>', { 'content-type': 'text/html' }), stream(body))
      expect(await open().generate(REQUEST)).toMatchObject({ text: FIXTURE_TEXT, attempts: 2 })
    })

    test('an attempt that gets no answer ends at its time limit, is made once more, and is then model_timeout', async () => {
      server.answer(silence)
      const startedAt = Date.now()
      const error = await failure(open().generate({ ...REQUEST, timeoutMs: 200 }))
      expect(error.code).toBe('model_timeout')
      expect(server.requests).toHaveLength(2)
      expect(Date.now() - startedAt).toBeGreaterThanOrEqual(400)
      expect(Date.now() - startedAt).toBeLessThan(5_000)
      await expect.poll(() => server.abortedAt.length).toBe(2)
    })

    test('a reply that stalls half-way is given up long before the time limit', async () => {
      server.answer(hangAfter(body, adapter.eventsToMiddle), stream(body))
      const startedAt = Date.now()
      expect(await open({ stallMs: 150 }).generate(REQUEST)).toMatchObject({ text: FIXTURE_TEXT, attempts: 2 })
      expect(Date.now() - startedAt).toBeLessThan(5_000)
    })

    test('slow bytes are waited for as long as something comes', async () => {
      server.answer(streamInPieces(body, { size: Math.ceil(body.length / 12), everyMs: 60 }))
      const result = await open({ stallMs: 2_000 }).generate(REQUEST)
      expect(result).toMatchObject({ text: FIXTURE_TEXT, attempts: 1 })
      expect(result.wallMs).toBeGreaterThanOrEqual(500)
    })

    test('an abort in the middle of the reply closes the connection at once', async () => {
      server.answer(hangAfter(body, adapter.eventsToMiddle))
      const abort = new AbortController()
      let abortedAt = 0
      const onDelta = ({ kind }: ModelDelta): void => {
        if (kind !== 'text' || abortedAt > 0) return
        abortedAt = Date.now()
        abort.abort()
      }
      const error = await failure(open().generate({ ...REQUEST, signal: abort.signal, onDelta }))
      expect(error.code).toBe('cancelled')
      expect(Date.now() - abortedAt).toBeLessThan(8_000)
      await expect.poll(() => server.abortedAt.length).toBe(1)
      expect((server.abortedAt[0] ?? Infinity) - abortedAt).toBeLessThan(8_000)
      expect(server.requests).toHaveLength(1)
    })

    test('an abort before the first byte, and one before the call, are cancelled too', async () => {
      server.answer(silence)
      const abort = new AbortController()
      const call = failure(open().generate({ ...REQUEST, signal: abort.signal }))
      await expect.poll(() => server.requests.length).toBe(1)
      abort.abort()
      expect((await call).code).toBe('cancelled')
      await expect.poll(() => server.abortedAt.length).toBe(1)
      expect((await failure(open().generate({ ...REQUEST, signal: AbortSignal.abort() }))).code).toBe('cancelled')
      await pause(20)
      expect(server.requests).toHaveLength(1)
    })
  })
}

function joined(deltas: ModelDelta[], kind: ModelDelta['kind']): string {
  return deltas
    .filter((delta) => delta.kind === kind)
    .map(({ text }) => text)
    .join('')
}

/** Everything of an error that somebody could print, with its causes. */
function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? ''
  const own = Object.getOwnPropertyNames(error).map((name) => {
    const value: unknown = Reflect.get(error, name)
    return value instanceof Error ? everythingIn(value) : (JSON.stringify(value) ?? '')
  })
  return own.join('\n')
}

export const REASONING = FIXTURE_REASONING
