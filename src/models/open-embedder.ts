import type { Embedder, EmbeddingReply, EmbeddingRequest } from '../contracts/embeddings.ts'
import { HandaxeError } from '../contracts/errors.ts'
import type { ModelId, Spending } from '../contracts/models.ts'
import { addSpending } from '../util/spending.ts'
import { estimateTokens } from '../util/estimate-tokens.ts'
import { DEFAULT_BACKOFF_MS, DEFAULT_RETRIES } from './gateway-config.ts'
import { missingKey } from './generate-with-retries.ts'
import { secretsOf, type ModelConfig } from './open-model.ts'
import { parseModelId, toModelId } from './parse-model-id.ts'
import { costOf, priceOf, type ListedPrice } from './prices.ts'
import { KNOWN_PROVIDERS, findDefinition, providerNames, resolveProvider } from './providers/resolve-provider.ts'
import { retryAttempts } from './retry-attempts.ts'
import type { EmbeddingAttempt, EmbeddingTarget } from './run-embedding-attempt.ts'

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
      const vectors: EmbeddingAttempt['vectors'] = []
      let spent: Spending | null = null
      let attempts = 0
      for (const texts of toBatches(request.texts)) {
        const batch = await retryAttempts<EmbeddingAttempt>(
          {
            ...boundsOf(request),
            model,
            keyVariable: provider.key?.variable ?? null,
            spent: () => spent,
            attempt: () =>
              attemptBatch(target, { ...request, texts }, price, (used) => {
                spent = addSpending(spent, used)
              }),
          },
          policy,
        )
        vectors.push(...batch.reply.vectors)
        attempts += batch.attempts
      }
      const { usage, costUsd } = spent ?? toSpending({ inputTokens: 0, reported: true }, price)
      const { inputTokens, reported } = usage
      return { vectors, usage: { inputTokens, reported }, costUsd, attempts, wallMs: Date.now() - startedAt }
    },
  }
}

/** One attempt within the meter's bounds. What it used is told, however it ends. */
async function attemptBatch(
  target: EmbeddingTarget,
  request: EmbeddingRequest,
  price: ListedPrice | null,
  onSpent: (spent: Spending) => void,
): Promise<EmbeddingAttempt> {
  const { provider, modelName } = target
  const admitted = await request.meter?.begin({
    model: toModelId({ provider: provider.name, model: modelName }),
    inputTokens: request.texts.reduce((sum, text) => sum + estimateTokens(text), 0),
    maxOutputTokens: 0,
    costOf: ({ inputTokens }) => toSpending({ inputTokens, reported: false }, price).costUsd,
  })
  let spent: Spending | null = null
  try {
    // The AI SDK takes a good part of a second to load: only a real call pays for it.
    const { runEmbeddingAttempt } = await import('./run-embedding-attempt.ts')
    const timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS
    const reply = await runEmbeddingAttempt(target, { ...request, timeoutMs }, (usage) => {
      spent = toSpending(usage, price)
    })
    spent = toSpending(reply.usage, price)
    return reply
  } finally {
    if (spent !== null) onSpent(spent)
    admitted?.end(spent)
  }
}

function toSpending(counted: EmbeddingReply['usage'], price: ListedPrice | null): Spending {
  const usage = { ...counted, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0 }
  return { usage, costUsd: costOf(usage, price) }
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

function noEmbeddings(provider: string, model: ModelId): HandaxeError {
  const others = KNOWN_PROVIDERS.map(({ name }) => name).filter(
    (name) => findDefinition(name)?.createEmbeddingModel !== undefined,
  )
  return new HandaxeError('invalid_configuration', `The provider ${provider} offers no embeddings (in "${model}")`, {
    hint: `Name a model of ${others.join(', ')}, or of an OpenAI-compatible provider of your own, as "embedding" in the configuration.`,
    details: { provider, model },
  })
}
