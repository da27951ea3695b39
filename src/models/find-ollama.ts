import { z } from 'zod'
import { ollamaAddress } from './providers/ollama.ts'

export interface OllamaModel {
  /** As it is called: `qwen3:8b`. */
  name: string
  bytes: number
  /** Such as `8.2B`; empty where Ollama does not say. */
  parameterSize: string
}

const tagsSchema = z.object({
  models: z.array(
    z.object({
      name: z.string().min(1),
      size: z.number().catch(0),
      details: z.object({ parameter_size: z.string().catch('') }).catch({ parameter_size: '' }),
    }),
  ),
})

/**
 * The models of a running Ollama, the one that was changed last first; null where nothing answers within `timeoutMs` or
 * what answers is not Ollama. `baseUrl` is written as `OLLAMA_HOST` is. Never rejects.
 */
export async function findOllama(
  baseUrl: string | undefined,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
): Promise<OllamaModel[] | null> {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(`${ollamaAddress(baseUrl?.trim() || 'localhost')}/api/tags`, {
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    })
    const parsed = tagsSchema.safeParse(response.ok ? await response.json() : null)
    if (!parsed.success) return null
    return parsed.data.models.map(({ name, size, details }) => ({
      name,
      bytes: size,
      parameterSize: details.parameter_size,
    }))
  } catch {
    // Nothing listens there, or it does not speak JSON, or it is too slow: each means that there is no Ollama to use.
    return null
  }
}
