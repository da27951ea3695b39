import type { Embedder, EmbeddingMeter } from '../../contracts/embeddings.ts'
import { HandaxeError } from '../../contracts/errors.ts'

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
      if (!meter.begin()) throw new HandaxeError('budget_calls', `There is no call left for ${model}`)
      const { vectors, ...reply } = await embedder.embed(request)
      meter.end({ model, ...reply })
      return { vectors, ...reply }
    },
  }
}
