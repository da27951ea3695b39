import { describe, expect, test } from 'vitest'
import type { EmbeddingRequest } from '../../src/contracts/embeddings.ts'
import { openEmbedder } from '../../src/models/open-embedder.ts'
import { failureOf, thrownBy } from './support/failure.ts'
import { reply, silence, useProviderServer, type Answer } from './support/provider-server.ts'

const server = useProviderServer()
const KEY = 'sk-test-0123456789abcdef'

function open(id = 'openai/text-embedding-3-small', keys: Record<string, string> = { OPENAI_API_KEY: KEY }) {
  return openEmbedder(id, {
    keys: { OPENAI_BASE_URL: `${server.url}/v1`, OLLAMA_HOST: server.url, ...keys },
    providers: { office: { baseUrl: `${server.url}/v1`, keyVariable: 'OFFICE_KEY' } },
    backoffMs: 1,
  })
}

/** A server's answer with these vectors, the index of each beside it. */
function embeddings(vectors: unknown[], usage: object | null = { prompt_tokens: 7, total_tokens: 7 }): Answer {
  const data = vectors.map((embedding, index) => ({ object: 'embedding', index, embedding }))
  return reply(200, { object: 'list', data, model: 'm', ...(usage === null ? {} : { usage }) })
}

const embed = async (texts: string[], options: Partial<EmbeddingRequest> = {}) => open().embed({ texts, ...options })

describe('openEmbedder', () => {
  test.each(['openai/text-embedding-3-small', 'ollama/nomic-embed-text:latest', 'office/some/model'])(
    '%s gives a vector for each text by /embeddings',
    async (id) => {
      server.answer(
        embeddings([
          [1, 0],
          [0.5, -0.5],
        ]),
      )
      const embedder = open(id, { OPENAI_API_KEY: KEY, OFFICE_KEY: KEY })
      const { vectors, usage, attempts } = await embedder.embed({ texts: ['one', 'zwei ü'] })
      expect(vectors).toEqual([Float32Array.from([1, 0]), Float32Array.from([0.5, -0.5])])
      expect(usage).toEqual({ inputTokens: 7, reported: true })
      expect(attempts).toBe(1)
      expect(server.requests[0]).toMatchObject({
        path: '/v1/embeddings',
        body: { input: ['one', 'zwei ü'], model: id.slice(id.indexOf('/') + 1) },
      })
    },
  )

  test('the price is that of the table, free on this machine, and unknown where nobody knows it', async () => {
    server.answer(embeddings([[1]], { prompt_tokens: 500_000, total_tokens: 500_000 }))
    expect((await open().embed({ texts: ['x'] })).costUsd).toBeCloseTo(0.01, 10)
    expect((await open('ollama/all-minilm').embed({ texts: ['x'] })).costUsd).toBe(0)
    expect((await open('office/model', { OFFICE_KEY: KEY }).embed({ texts: ['x'] })).costUsd).toBeNull()
  })

  test('tokens that the server did not count are estimated, and said to be', async () => {
    server.answer(embeddings([[1]], null))
    expect((await open('ollama/m').embed({ texts: ['a'.repeat(400)] })).usage).toEqual({
      inputTokens: 100,
      reported: false,
    })
  })

  test('many texts go in batches, and come back in order', async () => {
    server.answer((response, { body }) => {
      const input = body['input'] as string[]
      const data = input.map((text, index) => ({ object: 'embedding', index, embedding: [Number(text), 1] }))
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ object: 'list', data, model: 'm', usage: { prompt_tokens: 2, total_tokens: 2 } }))
    })
    const texts = Array.from({ length: 70 }, (_, index) => String(index))
    const { vectors, usage, attempts } = await embed(texts)
    expect(vectors.map(([first]) => first)).toEqual(texts.map(Number))
    expect(server.requests.map(({ body }) => (body['input'] as string[]).length)).toEqual([32, 32, 6])
    expect({ usage, attempts }).toEqual({ usage: { inputTokens: 6, reported: true }, attempts: 3 })
    expect((await embed([])).vectors).toEqual([])
  })

  test('an overloaded server is asked again, after the time that it names', async () => {
    server.answer(reply(429, { error: { message: 'slow down' } }, { 'retry-after': '1' }), embeddings([[1]]))
    const startedAt = Date.now()
    const { attempts } = await embed(['x'])
    expect(attempts).toBe(2)
    expect(Date.now() - startedAt).toBeGreaterThan(950)
  })

  test('a wait that would end after the deadline is not begun', async () => {
    server.answer(reply(429, { error: { message: 'slow down' } }, { 'retry-after': '60' }))
    const startedAt = Date.now()
    const failure = await failureOf(embed(['x'], { deadlineAt: Date.now() + 2000 }))
    expect(failure).toMatchObject({ code: 'model_unavailable' })
    expect(Date.now() - startedAt).toBeLessThan(5000)
  })

  test('a server that does not answer is given up after the time that was allowed', async () => {
    server.answer(silence)
    const startedAt = Date.now()
    const failure = await failureOf(embed(['x'], { timeoutMs: 100, deadlineAt: Date.now() + 150 }))
    expect(failure.code).toBe('model_timeout')
    expect(Date.now() - startedAt).toBeLessThan(5000)
  })

  test('an abort ends the call at once', async () => {
    server.answer(silence)
    const controller = new AbortController()
    const call = failureOf(embed(['x'], { signal: controller.signal }))
    setTimeout(() => controller.abort(), 50)
    expect((await call).code).toBe('cancelled')
  })

  test('a missing key names its variable, and nothing is called', async () => {
    server.answer(embeddings([[1]]))
    const failure = await failureOf(open('openai/x', {}).embed({ texts: ['x'] }))
    expect(failure).toMatchObject({ code: 'missing_key', hint: expect.stringContaining('OPENAI_API_KEY') })
    expect(server.requests).toHaveLength(0)
    expect(open().key).toEqual({ variable: 'OPENAI_API_KEY', present: true })
    expect(open('ollama/m').key).toBeNull()
  })

  test('a wrong key is not shown, and its variable is', async () => {
    server.answer(reply(401, { error: { message: `Incorrect API key provided: ${KEY}` } }))
    const failure = await failureOf(embed(['x']))
    expect(failure).toMatchObject({
      code: 'authentication_failed',
      hint: expect.stringContaining('OPENAI_API_KEY'),
    })
    expect(JSON.stringify([failure.message, failure.details])).not.toContain(KEY)
  })

  test('a model that is not there says so', async () => {
    server.answer(reply(404, { error: { message: 'model "nope" not found, try pulling it first' } }))
    expect((await failureOf(open('ollama/nope').embed({ texts: ['x'] }))).code).toBe('unknown_model')
  })

  test.each<[string, unknown[], RegExp]>([
    ['too few vectors', [[1, 2]], /form/],
    ['vectors of different length', [[1, 2], [1]], /not of the same length/],
    ['empty vectors', [[], []], /empty/],
    [
      'zeros',
      [
        [1, 2],
        [0, 0],
      ],
      /all zeros/,
    ],
    ['text instead of numbers', ['abc', 'def'], /form/],
    ['nothing at all', [], /form/],
  ])('%s are no reply', async (_, vectors, message) => {
    server.answer(embeddings(vectors))
    const failure = await failureOf(embed(['one', 'two'], { deadlineAt: Date.now() + 3000 }))
    expect(failure.code).toBe('model_reply_invalid')
    expect(failure.message).toMatch(message)
  })

  test('a web page instead of an interface says what to check', async () => {
    server.answer(reply(200, '<html>log in</html>', { 'content-type': 'text/html' }))
    expect(await failureOf(embed(['x']))).toMatchObject({
      code: 'model_unavailable',
      hint: expect.stringContaining('base URL'),
    })
  })

  test('an error with the status 200 is an error', async () => {
    server.answer(reply(200, { error: { message: 'no credit', code: 402 } }))
    expect((await failureOf(embed(['x']))).code).toBe('model_unavailable')
  })

  test('a provider without embeddings, or without a name, is refused when it is opened', () => {
    expect(thrownBy(() => open('anthropic/claude'))).toMatchObject({
      code: 'invalid_configuration',
      hint: expect.stringContaining('ollama'),
    })
    expect(thrownBy(() => open('nowhere/model')).code).toBe('unknown_provider')
    expect(thrownBy(() => open('model')).code).toBe('invalid_configuration')
  })
})
