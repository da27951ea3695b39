import type { Embedder, EmbeddingReply, EmbeddingRequest } from '../contracts/embeddings.ts'
import { HandaxeError } from '../contracts/errors.ts'
import type { ModelId } from '../contracts/models.ts'
import { DEFAULT_BACKOFF_MS, DEFAULT_RETRIES } from './gateway-config.ts'
import { missingKey } from './generate-with-retries.ts'
import { secretsOf, type ModelConfig } from './open-model.ts'
import { parseModelId, toModelId } from './parse-model-id.ts'
import { costOf, priceOf } from './prices.ts'
import { KNOWN_PROVIDERS, findDefinition, providerNames, resolveProvider } from './providers/resolve-provider.ts'
import { retryAttempts } from './retry-attempts.ts'
import type { EmbeddingAttempt } from './run-embedding-attempt.ts'

/**
 * Texts of one request: servers accept from 32 (some self-hosted ones) to 2048, and more in one brings little. What is
 * lost with a failed attempt stays small.
 */
const BATCH_TEXTS = 32
const BATCH_CHARACTERS = 100_000

const DEFAULT_TIMEOUT_MS = 60_000

/**
 * An embedding model behind `/embeddings`. Nothing is loaded or called before the first `embed`. Throws
 * `unknown_provider`, and `invalid_configuration` for a provider that offers no embeddings.
 */
export function openEmbedder(id: ModelId, config: ModelConfig): Embedder {
  const name = parseModelId(id, providerNames(config.providers))
  const provider = resolveProvider(name.provider, config)
  const model = toModelId(name)
  if (provider.createEmbeddingModel === undefined) throw noEmbeddings(name.provider, model)
  const price = priceOf(model, config.prices)
  const target = { provider, modelName: name.model, secrets: secretsOf(provider, config.keys) }
  const policy = { retries: config.retries ?? DEFAULT_RETRIES, backoffMs: config.backoffMs ?? DEFAULT_BACKOFF_MS }
  return {
    model,
    key: provider.key === null ? null : { variable: provider.key.variable, present: provider.key.value !== '' },
    async embed(request) {
      if (provider.key?.required && provider.key.value === '') throw missingKey(model, provider.key.variable)
      const startedAt = Date.now()
      const replies: (EmbeddingAttempt & { attempts: number })[] = []
      for (const texts of toBatches(request.texts)) {
        // The AI SDK takes a good part of a second to load: only a real call pays for it.
        const { runEmbeddingAttempt } = await import('./run-embedding-attempt.ts')
        const { reply, attempts } = await retryAttempts(
          {
            ...boundsOf(request),
            model,
            keyVariable: provider.key?.variable ?? null,
            spent: () => ({ usage: null, costUsd: null }),
            attempt: () =>
              runEmbeddingAttempt(target, { ...request, texts, timeoutMs: request.timeoutMs ?? DEFAULT_TIMEOUT_MS }),
          },
          policy,
        )
        replies.push({ ...reply, attempts })
      }
      return { ...combine(replies, (usage) => costOf(usage, price)), wallMs: Date.now() - startedAt }
    },
  }
}

function boundsOf({ deadlineAt, signal }: EmbeddingRequest): Pick<EmbeddingRequest, 'deadlineAt' | 'signal'> {
  return { ...(deadlineAt === undefined ? {} : { deadlineAt }), ...(signal === undefined ? {} : { signal }) }
}

function toBatches(texts: readonly string[]): string[][] {
  const batches: string[][] = []
  let characters = Infinity
  for (const text of texts) {
    const last = batches.at(-1)
    if (last === undefined || last.length >= BATCH_TEXTS || characters + text.length > BATCH_CHARACTERS) {
      batches.push([text])
      characters = text.length
    } else {
      last.push(text)
      characters += text.length
    }
  }
  return batches
}

function combine(
  replies: readonly (EmbeddingAttempt & { attempts: number })[],
  price: (usage: Parameters<typeof costOf>[0]) => number | null,
): Omit<EmbeddingReply, 'wallMs'> {
  const inputTokens = replies.reduce((sum, { usage }) => sum + usage.inputTokens, 0)
  return {
    vectors: replies.flatMap(({ vectors }) => vectors),
    usage: { inputTokens, reported: replies.every(({ usage }) => usage.reported) },
    costUsd: price({ inputTokens, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0, reported: true }),
    attempts: replies.reduce((sum, { attempts }) => sum + attempts, 0),
  }
}

function noEmbeddings(provider: string, model: ModelId): HandaxeError {
  const others = KNOWN_PROVIDERS.map(({ name }) => name).filter(
    (name) => findDefinition(name)?.createEmbeddingModel !== undefined,
  )
  return new HandaxeError('invalid_configuration', `The provider ${provider} offers no embeddings (in "${model}")`, {
    hint: `Name a model of ${others.join(', ')}, or of an OpenAI-compatible provider of your own, as "embedding" in the configuration.`,
    details: { provider, model },
  })
}
