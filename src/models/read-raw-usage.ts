import type { TokenUsage } from '../contracts/models.ts'

/** What a piece of a reply says of its usage; a count that it does not name is missing. */
export interface RawUsage {
  inputTokens?: number
  outputTokens?: number
  cachedInputTokens?: number
  reasoningTokens?: number
  /** The provider's own record, for its bill. */
  record: Record<string, unknown>
}

/**
 * The usage that a provider wrote into one event of a stream, or into a whole body, in the forms of OpenAI (chat and
 * responses) and Anthropic; null where it wrote none. For replies that the SDK never came to the end of.
 */
export function readRawUsage(piece: unknown): RawUsage | null {
  for (const holder of [piece, inside(piece, 'message'), inside(piece, 'response')]) {
    const record = inside(holder, 'usage')
    if (!isRecord(record)) continue
    // Anthropic's first event counts the first output token only: no count of the reply.
    const isStart = isRecord(piece) && piece['type'] === 'message_start'
    return readRecord(isStart ? { ...record, output_tokens: undefined } : record)
  }
  return null
}

/** A later record replaces what an earlier one said of the same count. */
export function mergeRawUsage(earlier: RawUsage | null, later: RawUsage | null): RawUsage | null {
  if (earlier === null || later === null) return later ?? earlier
  return { ...earlier, ...later, record: { ...earlier.record, ...later.record } }
}

/** The reported counts, and those of `estimate` for what is missing. */
export function completeUsage(reported: RawUsage | null, estimate: TokenUsage): TokenUsage {
  if (reported === null) return estimate
  const { inputTokens, outputTokens, cachedInputTokens = 0, reasoningTokens } = reported
  return {
    inputTokens: inputTokens ?? estimate.inputTokens,
    outputTokens: outputTokens ?? estimate.outputTokens,
    cachedInputTokens,
    reasoningTokens: reasoningTokens ?? (outputTokens === undefined ? estimate.reasoningTokens : 0),
    reported: inputTokens !== undefined && outputTokens !== undefined,
  }
}

function readRecord(record: Record<string, unknown>): RawUsage {
  const cacheRead = count(record['cache_read_input_tokens'])
  const cacheWritten = count(record['cache_creation_input_tokens'])
  const own = count(record['prompt_tokens']) ?? count(record['input_tokens'])
  // Anthropic counts what it read from its cache and wrote to it beside the rest.
  const input = own === undefined ? undefined : own + (cacheRead ?? 0) + (cacheWritten ?? 0)
  const cached =
    cacheRead ??
    count(inside(record['prompt_tokens_details'], 'cached_tokens')) ??
    count(inside(record['input_tokens_details'], 'cached_tokens'))
  const output = count(record['completion_tokens']) ?? count(record['output_tokens'])
  const reasoning =
    count(inside(record['completion_tokens_details'], 'reasoning_tokens')) ??
    count(inside(record['output_tokens_details'], 'reasoning_tokens'))
  return {
    // A prompt of no tokens is no report: some servers send zeros where they have not counted.
    ...(input === undefined || input === 0 ? {} : { inputTokens: input }),
    ...(output === undefined || input === 0 ? {} : { outputTokens: output }),
    ...(cached === undefined ? {} : { cachedInputTokens: cached }),
    ...(reasoning === undefined ? {} : { reasoningTokens: reasoning }),
    record,
  }
}

function inside(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}
