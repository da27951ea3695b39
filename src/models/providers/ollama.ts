import { FREE_PRICE } from '../free-price.ts'
import { createCompatibleEmbeddingModel, createCompatibleModel } from './openai-compatible.ts'
import type { ProviderDefinition } from './provider.ts'

const DEFAULT_PORT = '11434'

/**
 * Ollama by its OpenAI-compatible interface. That interface has no way to set the context length (`num_ctx`): the
 * server's own setting holds, 4096 tokens on a machine with little video memory, and a longer prompt is cut without a
 * word. `findCutPrompt` notices it by the token count of the reply.
 */
export const ollama: ProviderDefinition = {
  name: 'ollama',
  baseUrl: `http://localhost:${DEFAULT_PORT}/v1`,
  baseUrlVariable: 'OLLAMA_HOST',
  normalizeBaseUrl: (text) => `${ollamaAddress(text)}/v1`,
  keyVariable: null,
  local: true,
  startHint: 'Start it with `ollama serve`, or set OLLAMA_HOST to where it runs.',
  createModel: (modelName, connection) => createCompatibleModel('ollama', modelName, connection),
  createEmbeddingModel: (modelName, connection) => createCompatibleEmbeddingModel('ollama', modelName, connection),
  findCutPrompt({ promptCharacters, usage, finishReason, maxOutputTokens }) {
    const hint =
      'Give it a longer context: start Ollama with OLLAMA_CONTEXT_LENGTH=32768, or use a model whose Modelfile says PARAMETER num_ctx 32768.'
    if (promptCharacters > MIN_CHARACTERS && promptCharacters > usage.inputTokens * MAX_CHARACTERS_PER_TOKEN) {
      const message = `Ollama cut the prompt: of ${promptCharacters} characters it read only ${usage.inputTokens} tokens`
      return { message, hint }
    }
    if (finishReason === 'length' && usage.outputTokens < maxOutputTokens * 0.9) {
      const message = `Ollama's context was full after ${usage.inputTokens + usage.outputTokens} tokens, so the reply breaks off`
      return { message, hint }
    }
    return null
  },
  // Names that end in "cloud" run on Ollama's servers, which are paid for.
  priceOf: (modelName) => (/[-:]cloud$/.test(modelName) ? null : FREE_PRICE),
}

/** English has four characters a token, deeply indented code under six; a whole prompt above seven was not read whole. */
const MAX_CHARACTERS_PER_TOKEN = 7

/** A prompt below this fits into the smallest context that Ollama has ever had as its default (2048 tokens). */
const MIN_CHARACTERS = 8_000

/**
 * `OLLAMA_HOST` as Ollama itself reads it (`0.0.0.0`, `host`, `:port`, `host:port`, a URL), as a URL without a path.
 * The address that a server listens on everywhere (`0.0.0.0`) is turned into one that a client can call.
 */
export function ollamaAddress(text: string): string {
  const trimmed = text.trim().replace(/\/+$/, '').replace(/\/v1$/, '')
  const withHost = trimmed.startsWith(':') ? `localhost${trimmed}` : trimmed
  const withScheme = /^https?:\/\//i.test(withHost) ? withHost : `http://${withHost}`
  if (!URL.canParse(withScheme)) return withScheme
  const url = new URL(withScheme)
  if (withScheme !== withHost && url.port === '') url.port = DEFAULT_PORT
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = 'localhost'
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}
