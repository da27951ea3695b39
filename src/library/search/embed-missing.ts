import type { Embedder, EmbeddingRequest } from '../../contracts/embeddings.ts'
import type { ToolVersion } from '../../contracts/tool.ts'
import type { StoreWithVectors, ToolVector, UnembeddedTool } from '../../contracts/vectors.ts'
import { hashText, toEmbeddingText } from './embedding-text.ts'

/** Tools whose vectors are asked for and stored together: what an interruption loses. */
const BATCH_TOOLS = 64

export interface EmbeddedTools {
  /** Tools that got a vector. */
  embedded: number
  /** Tools whose new version says the same as the one before: nothing was asked for them. */
  unchanged: number
  inputTokens: number
  /** US dollars; null where the price is not known. */
  costUsd: number | null
}

export interface EmbedMissingOptions extends Omit<EmbeddingRequest, 'texts'> {
  /** At most so many tools. */
  limit: number
  onProgress?: (progress: { embedded: number; missing: number }) => void
}

interface ToolText extends UnembeddedTool {
  text: string
}

/** Gives tools without a vector theirs, batch by batch. Rejects with what the embedding model and the store reject with. */
export async function embedMissing(
  { tools, vectors }: Pick<StoreWithVectors, 'tools' | 'vectors'>,
  embedder: Embedder,
  { limit, onProgress, ...bounds }: EmbedMissingOptions,
): Promise<EmbeddedTools> {
  const { model } = embedder
  const sum: EmbeddedTools = { embedded: 0, unchanged: 0, inputTokens: 0, costUsd: 0 }
  let missing = (await vectors.status(model)).missing
  while (sum.embedded + sum.unchanged < limit) {
    const batch = await vectors.missing(model, Math.min(BATCH_TOOLS, limit - sum.embedded - sum.unchanged))
    if (batch.length === 0) break
    const found = await Promise.all(batch.map(async (tool) => readText(tool, tools)))
    const texts = found.filter((tool): tool is ToolText => tool !== null)
    const changed = texts.filter(({ text, textHash }) => hashText(text) !== textHash)
    const reply = await embedder.embed({ texts: changed.map(({ text }) => text), ...bounds })
    const made = new Map(changed.map(({ name }, index) => [name, reply.vectors[index] ?? null]))
    await vectors.put(
      model,
      texts.map((tool): ToolVector => {
        const { name, version, text } = tool
        return { name, version, textHash: hashText(text), vector: made.get(name) ?? null }
      }),
    )
    sum.embedded += changed.length
    sum.unchanged += texts.length - changed.length
    sum.inputTokens += reply.usage.inputTokens
    sum.costUsd = sum.costUsd === null || reply.costUsd === null ? null : sum.costUsd + reply.costUsd
    const left = (await vectors.status(model)).missing
    onProgress?.({ embedded: sum.embedded + sum.unchanged, missing: left })
    // Tools that others change or remove all the time could keep this going for ever.
    if (left >= missing) break
    missing = left
  }
  return sum
}

async function readText(
  tool: UnembeddedTool,
  tools: { findVersion(name: string, version?: number): Promise<ToolVersion | null> },
): Promise<ToolText | null> {
  const version = await tools.findVersion(tool.name, tool.version)
  return version === null ? null : { ...tool, text: toEmbeddingText(version) }
}
