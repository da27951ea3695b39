import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { HandaxeError } from '../contracts/errors.ts'
import type { Gateway, ModelStatus, RoutedCall, RoutedReply } from '../contracts/models.ts'
import { closeAll } from '../util/close-all.ts'
import { CASSETTE_VERSION, hashRequest, parseCassette } from './cassette-format.ts'
import type { CassetteHeader, Exchange } from './cassette-format.ts'
import { renderDifference, similarity } from './render-difference.ts'
import { renderPrompt } from './render-prompt.ts'
import { hasErrorCode } from './has-error-code.ts'
import { maskValues } from './scrub-secrets.ts'
import { streamTextPieces } from './stream-text-pieces.ts'

export interface ReplayOptions {
  /** Values that must not stand in the file; given again for the replay, they are masked in its requests as well. */
  secrets?: readonly string[]
}

export interface RecordingOptions extends ReplayOptions {
  /** Who gives the replies. Default `models`; `manual` where a person plays them. */
  recordedBy?: string
  note?: string
}

/**
 * Passes every call on to `inner` and appends the exchange to the cassette at `path`, one JSON line each, in the order in
 * which the replies come. A cassette that is there already is continued. Calls that fail are not recorded. Rejects with
 * `invalid_configuration` where the file cannot be written, `invalid_input_file` where it is something else.
 */
export async function recordingGateway(inner: Gateway, path: string, options: RecordingOptions = {}): Promise<Gateway> {
  await prepareCassette(path, options)
  // One line after the other, whole, however many calls end at the same time.
  let written: Promise<void> = Promise.resolve()
  const append = (exchange: Exchange): Promise<void> => {
    const writing = written.then(() => appendLine(path, `${JSON.stringify(exchange)}\n`))
    written = writing.catch(() => undefined)
    return writing
  }
  return {
    assertUsable: () => inner.assertUsable?.(),
    ...(inner.metersAttempts === undefined ? {} : { metersAttempts: inner.metersAttempts }),
    async generate(call) {
      const reply = await inner.generate(call)
      await append(toExchange(call, reply, options.secrets ?? []))
      return reply
    },
    describe: () => inner.describe(),
    close: () => closeAll([() => written, () => inner.close()]),
  }
}

/**
 * Answers from a cassette and from nothing else. A request is found by its role, instructions and messages; one that was
 * recorded several times gives its replies in order, and then the last again. Tokens, cost and time are those of the
 * recording. An unknown request is rejected with `replay_mismatch` and the difference to the nearest recorded one.
 * Rejects with `invalid_input_file`.
 */
export async function replayGateway(
  path: string,
  { secrets = [] }: ReplayOptions = {},
): Promise<Gateway & { readonly header: CassetteHeader }> {
  const { header, exchanges } = parseCassette(await readCassette(path), path)
  const replies = Map.groupBy(exchanges, hashRequest)
  const used = new Map<string, number>()
  return {
    header,
    async generate(call) {
      if (call.signal?.aborted) throw cancelled()
      const request = maskRequest(call, secrets)
      const hash = hashRequest(request)
      const recorded = replies.get(hash)
      if (recorded === undefined) throw describeMismatch(request, exchanges, path)
      const index = used.get(hash) ?? 0
      used.set(hash, index + 1)
      const exchange = recorded[Math.min(index, recorded.length - 1)]
      if (exchange === undefined) throw new Error('A group of exchanges is never empty')
      await streamTextPieces('reasoning', exchange.reasoning, call)
      await streamTextPieces('text', exchange.text, call)
      if (call.signal?.aborted) throw cancelled()
      return toReply(exchange)
    },
    describe: () => describeRecorded(exchanges),
    close: async () => undefined,
  }
}

/** What a cassette keeps of a request. */
type RecordedRequest = Pick<Exchange, 'role' | 'instructions' | 'messages'>

function maskRequest({ role, instructions, messages }: RoutedCall, secrets: readonly string[]): RecordedRequest {
  return {
    role,
    instructions: maskValues(instructions, secrets),
    messages: messages.map((message) => ({ role: message.role, content: maskValues(message.content, secrets) })),
  }
}

function toExchange(call: RoutedCall, reply: RoutedReply, secrets: readonly string[]): Exchange {
  const { tier, model, text, reasoning, finishReason, usage, costUsd, attempts, wallMs } = reply
  return {
    ...maskRequest(call, secrets),
    tier,
    model,
    text: maskValues(text, secrets),
    reasoning: maskValues(reasoning, secrets),
    finishReason,
    usage,
    costUsd,
    attempts,
    wallMs,
  }
}

function toReply({
  role,
  tier,
  model,
  text,
  reasoning,
  finishReason,
  usage,
  costUsd,
  attempts,
  wallMs,
}: Exchange): RoutedReply {
  return { role, tier, model, text, reasoning, finishReason, usage: { ...usage }, costUsd, attempts, wallMs }
}

async function prepareCassette(path: string, { recordedBy = 'models', note }: RecordingOptions): Promise<void> {
  const header: CassetteHeader = {
    format: 'handaxe-cassette',
    version: CASSETTE_VERSION,
    recordedBy,
    ...(note === undefined ? {} : { note }),
    createdAt: new Date().toISOString(),
  }
  try {
    await mkdir(dirname(path), { recursive: true })
  } catch (error) {
    throw notWritable(path, error)
  }
  try {
    await writeFile(path, `${JSON.stringify(header)}\n`, { flag: 'wx' })
  } catch (error) {
    if (!hasErrorCode(error, 'EEXIST')) throw notWritable(path, error)
    parseCassette(await readCassette(path), path)
  }
}

async function appendLine(path: string, line: string): Promise<void> {
  try {
    await appendFile(path, line)
  } catch (error) {
    throw notWritable(path, error)
  }
}

async function readCassette(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new HandaxeError('invalid_input_file', `The cassette ${path} cannot be read`, {
      hint: 'Check the path; a cassette is made with --record.',
      details: { path },
      cause: error,
    })
  }
}

function notWritable(path: string, cause: unknown): HandaxeError {
  const full = hasErrorCode(cause, 'ENOSPC')
  return new HandaxeError(full ? 'disk_full' : 'invalid_configuration', `The cassette ${path} cannot be written`, {
    hint: full ? 'Make room on the disk.' : 'Name a file in a folder that can be written.',
    details: { path },
    cause,
  })
}

function describeMismatch(call: RecordedRequest, exchanges: readonly Exchange[], path: string): HandaxeError {
  const asked = renderPrompt(call)
  const sameRole = exchanges.filter(({ role }) => role === call.role)
  let nearest: { line: number; prompt: string; likeness: number } | null = null
  for (const exchange of sameRole.length > 0 ? sameRole : exchanges) {
    const prompt = renderPrompt(exchange)
    const likeness = similarity(prompt, asked)
    if (nearest === null || likeness > nearest.likeness)
      nearest = { line: exchanges.indexOf(exchange) + 2, prompt, likeness }
  }
  const difference = nearest === null ? '' : renderDifference(nearest.prompt, asked)
  const account =
    nearest === null
      ? 'The cassette holds no exchange at all.'
      : `Nearest is line ${nearest.line} (- recorded, + asked now):\n${difference}`
  return new HandaxeError('replay_mismatch', `${path} holds no reply to this request of the ${call.role}. ${account}`, {
    hint: 'Prompts, files or code changed since the recording: run once with --record to a new cassette, or go back to what was recorded.',
    details: {
      path,
      role: call.role,
      nearestLine: nearest?.line ?? null,
      similarity: nearest?.likeness ?? 0,
      difference,
    },
  })
}

/** One row for each tier and model that the cassette holds, with what the recording counted. */
function describeRecorded(exchanges: readonly Exchange[]): ModelStatus[] {
  const groups = Map.groupBy(exchanges, ({ tier, model }) => `${tier} ${model}`)
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const costUsd = group.reduce((sum, exchange) => sum + (exchange.costUsd ?? 0), 0)
    return [{ tier: first.tier, model: first.model, key: null, price: null, calls: group.length, failures: 0, costUsd }]
  })
}

function cancelled(): HandaxeError {
  return new HandaxeError('cancelled', 'The replay was cancelled')
}
