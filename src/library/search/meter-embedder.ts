import type { EmbeddingAccount, EmbeddingReply, Embedder, EmbeddingMeter } from '../../contracts/embeddings.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import { readSpending } from '../../util/spending.ts'

/** The same model, whose calls are somebody's. Rejects with `budget_calls` where the meter allows none. */
export function meterEmbedder(embedder: Embedder, meter: EmbeddingMeter | undefined): Embedder {
  if (meter === undefined) return embedder
  const { model, key } = embedder
  return {
    model,
    key,
    async embed(request) {
      // Nothing is sent.
      if (request.texts.length === 0) return embedder.embed(request)
      const account = meter.begin()
      if (account === null) throw new HandaxeError('budget_calls', `There is no call left for ${model}`)
      const startedAt = Date.now()
      try {
        const reply = await embedder.embed({ ...request, meter: account })
        endWell(account, model, reply)
        return reply
      } catch (error) {
        account.end({
          model,
          spending: HandaxeError.isInstance(error) ? readSpending(error.details) : null,
          attempts: attemptsOf(error),
          wallMs: Date.now() - startedAt,
          problem: error instanceof Error ? error.message : String(error),
        })
        throw error
      }
    },
  }
}

function endWell(account: EmbeddingAccount, model: string, { usage, costUsd, attempts, wallMs }: EmbeddingReply): void {
  const counted = { ...usage, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0 }
  account.end({ model, spending: { usage: counted, costUsd }, attempts, wallMs, problem: null })
}

function attemptsOf(error: unknown): number {
  const attempts = HandaxeError.isInstance(error) ? error.details['attempts'] : undefined
  return Array.isArray(attempts) ? attempts.length : 1
}
