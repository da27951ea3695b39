import { HandaxeError } from '../contracts/errors.ts'
import type { EmbedOptions, EmbedReport } from '../library/search/open-vector-index.ts'
import type { App } from './open-app.ts'

export interface EmbedOutcome extends EmbedReport {
  model: string
}

/** Gives every tool of the library its vector. Rejects with `invalid_configuration` where no embedding model is named. */
export async function embedTools(app: App, options: EmbedOptions = {}): Promise<EmbedOutcome> {
  const model = app.config.embedding
  const vectors = await app.vectors()
  if (model === null || vectors === null) {
    throw new HandaxeError('invalid_configuration', 'No embedding model is configured', {
      hint: 'Set HANDAXE_EMBEDDING, or "embedding" in the configuration, to provider/model, such as openai/text-embedding-3-small.',
    })
  }
  return { model, ...(await vectors.embedAll(options)) }
}
