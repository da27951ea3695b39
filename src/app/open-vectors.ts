import type { VectorIndex, VectorWarning } from '../library/search/open-vector-index.ts'
import type { StoreWithVectors } from '../contracts/vectors.ts'
import type { Config } from './resolve-config.ts'

/**
 * The vectors of the configured embedding model; null where none is configured. Rejects with `unknown_provider` and
 * `invalid_configuration`; a missing key is the warning of the first search.
 */
export async function openVectors(
  config: Config,
  store: () => Promise<StoreWithVectors>,
  onWarning: (warning: VectorWarning) => void = emitWarning,
): Promise<VectorIndex | null> {
  if (config.embedding === null) return null
  const [{ openEmbedder }, { openVectorIndex }, opened] = await Promise.all([
    import('../models/open-embedder.ts'),
    import('../library/search/open-vector-index.ts'),
    store(),
  ])
  const embedder = openEmbedder(config.embedding, {
    providers: config.providers,
    keys: config.environment,
    prices: config.prices,
  })
  return openVectorIndex({ store: opened, embedder, onWarning })
}

/** For programs that do not say where warnings should go: Node shows them on stderr, or to who listens for them. */
function emitWarning({ message, hint }: VectorWarning): void {
  process.emitWarning(`${message}. ${hint}`.trim(), 'HandaxeWarning')
}
