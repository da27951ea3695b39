import { describe, expect, test } from 'vitest'
import { findOllama } from '../../src/models/find-ollama.ts'
import { ollamaAddress } from '../../src/models/providers/ollama.ts'
import { findClosedAddress, reply, silence, useProviderServer } from './support/provider-server.ts'

const server = useProviderServer()

describe('looking for Ollama', () => {
  test('lists its models', async () => {
    server.answer(
      reply(200, {
        models: [
          {
            name: 'qwen3:8b',
            model: 'qwen3:8b',
            size: 5_225_388_164,
            digest: 'x',
            details: { family: 'qwen3', parameter_size: '8.2B' },
          },
          { name: 'strange', size: 'big', details: null },
        ],
      }),
    )
    expect(await findOllama(server.url, { timeoutMs: 2_000 })).toEqual([
      { name: 'qwen3:8b', bytes: 5_225_388_164, parameterSize: '8.2B' },
      { name: 'strange', bytes: 0, parameterSize: '' },
    ])
    expect(server.requests.at(-1)?.path).toBe('/api/tags')
  })

  test.each([
    ['another server', reply(200, { hello: 'world' })],
    ['a web page', reply(200, '<html>')],
    ['an error', reply(500, { error: 'no' })],
    ['a model without a name', reply(200, { models: [{ name: '' }] })],
  ])('finds nothing at %s', async (_what, answer) => {
    server.answer(answer)
    expect(await findOllama(server.url, { timeoutMs: 2_000 })).toBeNull()
  })

  test('does not wait longer than it may', async () => {
    server.answer(silence)
    const startedAt = Date.now()
    expect(await findOllama(server.url, { timeoutMs: 150 })).toBeNull()
    expect(Date.now() - startedAt).toBeLessThan(3_000)
  })

  test('finds nothing where nothing listens, at no address at all, and when told to stop', async () => {
    const gone = await findClosedAddress()
    expect(await findOllama(gone, { timeoutMs: 2_000 })).toBeNull()
    expect(await findOllama('http://[', { timeoutMs: 2_000 })).toBeNull()
    expect(await findOllama(server.url, { timeoutMs: 2_000, signal: AbortSignal.abort() })).toBeNull()
  })
})

describe('OLLAMA_HOST', () => {
  test.each([
    ['localhost', 'http://localhost:11434'],
    ['127.0.0.1', 'http://127.0.0.1:11434'],
    ['0.0.0.0', 'http://localhost:11434'],
    ['0.0.0.0:8080', 'http://localhost:8080'],
    [':8080', 'http://localhost:8080'],
    ['gpu-box:11435', 'http://gpu-box:11435'],
    ['http://gpu-box', 'http://gpu-box'],
    ['https://ollama.example.org/', 'https://ollama.example.org'],
    ['https://example.org/ollama/', 'https://example.org/ollama'],
    ['http://localhost:11434/v1', 'http://localhost:11434'],
    ['[::1]:11434', 'http://[::1]:11434'],
    [' localhost:11434 ', 'http://localhost:11434'],
  ])('%j is %s', (text, address) => {
    expect(ollamaAddress(text)).toBe(address)
  })
})
