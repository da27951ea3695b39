import { embedMany } from 'ai'
import type { EmbeddingReply, EmbeddingRequest } from '../contracts/embeddings.ts'
import { estimateTokens } from '../util/estimate-tokens.ts'
import { startAttemptClock } from './attempt-clock.ts'
import { classifyError } from './classify-error.ts'
import { observeFetch, type Exchange } from './observe-fetch.ts'
import { AttemptFailure, createProblem } from './problem.ts'
import type { Provider } from './providers/provider.ts'
import { readRawUsage } from './read-raw-usage.ts'

export type EmbeddingAttempt = Pick<EmbeddingReply, 'vectors' | 'usage'>

export interface EmbeddingTarget {
  provider: Provider
  modelName: string
  secrets: readonly string[]
}

/**
 * One request for the vectors of a few texts. Rejects with `AttemptFailure`, or with the reason of `request.signal` as
 * soon as that is aborted; in both cases the connection is closed by then. A failed attempt that may have been billed is
 * told to `onFailedUsage` before.
 */
export async function runEmbeddingAttempt(
  { provider, modelName, secrets }: EmbeddingTarget,
  { texts, timeoutMs, signal }: EmbeddingRequest & { timeoutMs: number },
  onFailedUsage: (usage: EmbeddingReply['usage']) => void = () => undefined,
): Promise<EmbeddingAttempt> {
  const clock = startAttemptClock({ timeoutMs, stallMs: timeoutMs, signal })
  const exchange = observeFetch({ onBytes: clock.touch, secrets, stream: false })
  try {
    const { baseUrl, config, key } = provider
    const connection = {
      baseUrl,
      apiKey: key?.value ?? '',
      headers: config.headers ?? {},
      fetch: exchange.fetch,
      config,
    }
    const model = await provider.createEmbeddingModel?.(modelName, connection)
    if (model === undefined) throw new TypeError(`${provider.name} offers no embeddings`)
    const embedding = embedMany({
      model,
      values: [...texts],
      // Ours wait as long as the provider asks; the SDK's ignore a Retry-After of a minute or more.
      maxRetries: 0,
      abortSignal: clock.signal,
      // A registered integration would otherwise record every text.
      telemetry: { isEnabled: false },
    })
    // The race holds the bounds even if the SDK were slow to notice the abort.
    const { embeddings, usage } = await Promise.race([embedding, clock.expired])
    return { vectors: readVectors(embeddings, texts.length), usage: readUsage(usage, texts) }
  } catch (error) {
    const used = findFailedUsage(exchange, clock.signal, texts)
    if (used !== null) onFailedUsage(used)
    if (signal?.aborted) throw signal.reason
    const problem = classifyError(error, { provider, modelName, secrets, nowMs: Date.now() })
    throw problem === null ? error : new AttemptFailure(problem)
  } finally {
    clock.stop()
  }
}

/** Vectors are billed by what went in, whatever came back; nothing is, where the request was not taken. */
function findFailedUsage(
  exchange: Exchange,
  signal: AbortSignal,
  texts: readonly string[],
): EmbeddingReply['usage'] | null {
  const phase = exchange.phase()
  if (phase !== 'answering' && !(phase === 'sent' && signal.aborted)) return null
  const inputTokens = readRawUsage(parseJson(exchange.jsonBody()))?.inputTokens ?? 0
  return readUsage({ tokens: inputTokens }, texts)
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? null : JSON.parse(text)
  } catch {
    // A body that is no JSON reports no usage; what is wrong with it is told by the attempt's own error.
    return null
  }
}

function readVectors(embeddings: readonly number[][], wanted: number): Float32Array<ArrayBuffer>[] {
  const [first] = embeddings
  const problem =
    embeddings.length !== wanted
      ? `There are ${embeddings.length} vectors for ${wanted} texts`
      : first === undefined || first.length === 0
        ? 'The vectors are empty'
        : embeddings.some(({ length }) => length !== first.length)
          ? 'The vectors are not of the same length'
          : embeddings.some((vector) => vector.some((number) => !Number.isFinite(number)))
            ? 'A vector holds something else than numbers'
            : embeddings.some((vector) => vector.every((number) => number === 0))
              ? 'A vector is all zeros'
              : null
  if (problem === null) return embeddings.map((vector) => Float32Array.from(vector))
  throw new AttemptFailure(createProblem('garbage', problem))
}

/** No tokens is no report: some servers send zeros, or nothing, where they have not counted. */
function readUsage({ tokens }: { tokens: number }, texts: readonly string[]): EmbeddingReply['usage'] {
  if (Number.isFinite(tokens) && tokens > 0) return { inputTokens: tokens, reported: true }
  return { inputTokens: texts.reduce((sum, text) => sum + estimateTokens(text), 0), reported: false }
}
