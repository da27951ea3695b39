import { APICallError, generateText, streamText, wrapLanguageModel } from 'ai'
import type { LanguageModelMiddleware, LanguageModelUsage } from 'ai'
import type { FinishReason, ModelRequest, TokenUsage } from '../contracts/models.ts'
import { startAttemptClock } from './attempt-clock.ts'
import { classifyError } from './classify-error.ts'
import type { DeltaSink } from './delta-sink.ts'
import { estimateUsage } from './estimate-usage.ts'
import { observeFetch, replayFetch, type Exchange } from './observe-fetch.ts'
import { AttemptFailure, createProblem } from './problem.ts'
import type { Provider, SdkModel } from './providers/provider.ts'
import { completeUsage, mergeRawUsage, readRawUsage, type RawUsage } from './read-raw-usage.ts'

/** What one attempt used, whatever came of it. */
export interface AttemptUsage {
  usage: TokenUsage
  /** US dollars as the provider billed them; null where it does not say. */
  billedUsd: number | null
}

export interface AttemptReply extends AttemptUsage {
  text: string
  reasoning: string
  finishReason: FinishReason
}

export interface AttemptTarget {
  provider: Provider
  modelName: string
  secrets: readonly string[]
  stallMs: number
}

/** What is read from the model: streamed or whole, before it is judged. */
interface RawReply {
  text: string
  reasoning: string
  finishReason: string
  /** False where the stream ended without the provider's own word that it is complete. */
  complete: boolean
  usage: LanguageModelUsage
}

/** What has come of a reply that may never be whole. */
interface Received {
  text: string
  reasoning: string
  /** As the events named it so far. */
  usage: RawUsage | null
  /** The provider itself said that it failed. */
  refused: boolean
}

/**
 * One call of one model over the network. Rejects with `AttemptFailure`, or with the reason of `request.signal` as soon
 * as that is aborted; in both cases the connection is closed by then. A failed attempt that may have been billed is told
 * to `onFailedUsage` before.
 */
export async function runAttempt(
  target: AttemptTarget,
  request: ModelRequest,
  sink: DeltaSink,
  onFailedUsage: (used: AttemptUsage) => void = () => undefined,
): Promise<AttemptReply> {
  const { provider, modelName, secrets, stallMs } = target
  const received: Received = { text: '', reasoning: '', usage: null, refused: false }
  const clock = startAttemptClock({ timeoutMs: request.timeoutMs, stallMs, signal: request.signal })
  const exchange = observeFetch({ onBytes: clock.touch, secrets })
  const call: Call = {
    provider,
    request,
    signal: clock.signal,
    received,
    onDelta(kind, text) {
      received[kind] += text
      // Some servers open the reply with an empty piece and think in silence afterwards.
      if (text !== '') clock.begin()
      sink.emit(kind, text)
    },
  }
  try {
    const model = await createQuietModel(target, exchange.fetch)
    const reading = readStream(model, call).catch(async (error: unknown) => {
      const body = exchange.wholeReply()
      if (body === null) throw error
      return readWhole(await createQuietModel(target, replayFetch(body)), call)
    })
    // The race holds the bounds even if the SDK were slow to notice the abort.
    return judge(await Promise.race([reading, clock.expired]), call)
  } catch (error) {
    const used = findFailedUsage(error, call, exchange)
    if (used !== null) onFailedUsage(used)
    if (request.signal?.aborted) throw request.signal.reason
    const problem = classifyError(error, { provider, modelName, secrets, nowMs: Date.now() })
    throw problem === null ? error : new AttemptFailure(problem)
  } finally {
    clock.stop()
  }
}

/**
 * What a failed attempt may have been billed: what the provider reported, else an estimate of the prompt and of what came.
 * Null for a request that the provider did not take: it was not reached, answered with an error, or with something that
 * is no reply of a model.
 */
function findFailedUsage(
  error: unknown,
  { provider, request, received, signal }: Call,
  exchange: Exchange,
): AttemptUsage | null {
  const body = APICallError.isInstance(error) ? error.responseBody : exchange.jsonBody()
  const reported = mergeRawUsage(received.usage, body === undefined ? null : readRawUsage(parseJson(body)))
  if (reported === null) {
    const began = received.text !== '' || received.reasoning !== ''
    // A provider that was still silent when time was up, or the user stopped it, had the prompt all the same.
    const taken =
      exchange.phase() === 'answering' ? !received.refused || began : exchange.phase() === 'sent' && signal.aborted
    if (!taken) return null
  }
  return {
    usage: completeUsage(reported, estimateUsage(request, received)),
    billedUsd: provider.readCostUsd?.(reported?.record ?? {}) ?? null,
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A body that is no JSON reports no usage; what is wrong with it is told by the attempt's own error.
    return null
  }
}

/** One request on its way. */
interface Call {
  provider: Provider
  request: ModelRequest
  signal: AbortSignal
  received: Received
  onDelta: (kind: 'text' | 'reasoning', text: string) => void
}

/**
 * The provider's model without its warnings, which the SDK would print to the process's standard error: that a model
 * takes no temperature is no news to anybody who set one for several models.
 */
async function createQuietModel(
  { provider, modelName }: AttemptTarget,
  fetch: typeof globalThis.fetch,
): Promise<SdkModel> {
  const { baseUrl, config, key } = provider
  const connection = { baseUrl, apiKey: key?.value ?? '', headers: config.headers ?? {}, fetch, config }
  return wrapLanguageModel({ model: await provider.createModel(modelName, connection), middleware: withoutWarnings })
}

const withoutWarnings: LanguageModelMiddleware = {
  specificationVersion: 'v4',
  wrapGenerate: async ({ doGenerate }) => ({ ...(await doGenerate()), warnings: [] }),
  async wrapStream({ doStream }) {
    const { stream, ...rest } = await doStream()
    const quiet = new TransformStream<SdkPart, SdkPart>({
      transform: (part, controller) =>
        controller.enqueue(part.type === 'stream-start' ? { ...part, warnings: [] } : part),
    })
    return { stream: stream.pipeThrough(quiet), ...rest }
  },
}

type WrappedStream = Awaited<ReturnType<NonNullable<LanguageModelMiddleware['wrapStream']>>>['stream']
type SdkPart = WrappedStream extends ReadableStream<infer Part> ? Part : never

function callSettings({ provider, request, signal: abortSignal }: Call) {
  const { instructions, messages, maxOutputTokens, temperature } = request
  const providerOptions = provider.callOptions?.(provider)
  return {
    messages,
    maxOutputTokens,
    // Ours wait as long as the provider asks; the SDK's ignore a Retry-After of a minute or more.
    maxRetries: 0,
    abortSignal,
    // A registered integration would otherwise record every prompt and reply.
    telemetry: { isEnabled: false },
    ...(instructions === '' ? {} : { instructions }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(providerOptions === undefined ? {} : { providerOptions }),
  }
}

async function readStream(model: SdkModel, call: Call): Promise<RawReply> {
  const text: string[] = []
  const reasoning: string[] = []
  // Without onError the SDK prints errors to the console.
  const result = streamText({
    model,
    ...callSettings(call),
    // The usage of a stream that breaks off stands in its events only.
    include: { rawChunks: true },
    onError: () => undefined,
  })
  for await (const part of result.stream) {
    if (part.type === 'text-delta') {
      text.push(part.text)
      call.onDelta('text', part.text)
    } else if (part.type === 'reasoning-delta') {
      reasoning.push(part.text)
      call.onDelta('reasoning', part.text)
    } else if (part.type === 'raw') {
      call.received.usage = mergeRawUsage(call.received.usage, readRawUsage(part.rawValue))
    } else if (part.type === 'error') {
      call.received.refused = true
      throw part.error
    } else if (part.type === 'finish') {
      const { finishReason, rawFinishReason, totalUsage: usage } = part
      // The SDK's name for no word at all depends on the provider: `interrupted`, or `other` without an original.
      const complete = finishReason !== 'interrupted' && (finishReason !== 'other' || rawFinishReason !== undefined)
      return { text: text.join(''), reasoning: reasoning.join(''), finishReason, complete, usage }
    }
  }
  throw new AttemptFailure(createProblem('connection', 'The reply broke off before its end'))
}

async function readWhole(model: SdkModel, call: Call): Promise<RawReply> {
  const { text, reasoningText = '', finishReason, usage } = await generateText({ model, ...callSettings(call) })
  if (reasoningText !== '') call.onDelta('reasoning', reasoningText)
  if (text !== '') call.onDelta('text', text)
  return { text, reasoning: reasoningText, finishReason, complete: true, usage }
}

function judge(raw: RawReply, { provider, request }: Call): AttemptReply {
  const { text, reasoning } = raw
  if (!raw.complete) throw new AttemptFailure(createProblem('connection', 'The reply broke off before its end'))
  const finishReason = toFinishReason(raw.finishReason)
  const usage = toTokenUsage(raw.usage, estimateUsage(request, raw))
  const { instructions, messages, maxOutputTokens } = request
  const promptCharacters = messages.reduce((sum, { content }) => sum + content.length, instructions.length)
  const cut = usage.reported
    ? provider.findCutPrompt?.({ promptCharacters, usage, finishReason, maxOutputTokens })
    : null
  if (cut) throw new AttemptFailure(createProblem('cut-prompt', cut.message, { hint: cut.hint, retryable: false }))
  return { text, reasoning, finishReason, usage, billedUsd: provider.readCostUsd?.(raw.usage.raw ?? {}) ?? null }
}

function toFinishReason(reason: string): FinishReason {
  return reason === 'stop' || reason === 'length' || reason === 'content-filter' ? reason : 'other'
}

/** A prompt of no tokens is no report: some servers send zeros where they have not counted. */
function toTokenUsage(usage: LanguageModelUsage, estimate: TokenUsage): TokenUsage {
  const { inputTokens = 0, outputTokens, inputTokenDetails, outputTokenDetails } = usage
  if (inputTokens <= 0 || outputTokens === undefined) return estimate
  return {
    inputTokens,
    outputTokens,
    cachedInputTokens: inputTokenDetails.cacheReadTokens ?? 0,
    reasoningTokens: outputTokenDetails.reasoningTokens ?? 0,
    reported: true,
  }
}
