import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { HandaxeError } from '../contracts/errors.ts'
import type { Gateway, RoutedCall } from '../contracts/models.ts'
import { chooseTier } from './choose-tier.ts'
import { estimateUsage } from './estimate-usage.ts'
import { hasErrorCode } from './has-error-code.ts'
import { renderPrompt } from './render-prompt.ts'
import { streamTextPieces } from './stream-text-pieces.ts'

const DEFAULT_POLL_MS = 200

/** A person answers by files: each prompt is left in a folder, and the reply is taken from beside it. */
export interface ManualFolder {
  folder: string
  /** Told where a prompt lies and where its reply is awaited. */
  onPrompt?: (files: { promptPath: string; replyPath: string }) => void
  pollMs?: number
}

/** A person answers by word of mouth: in a terminal, say. `ask` should end when `signal` is aborted. */
export interface ManualVoice {
  ask: (promptText: string, options: { signal: AbortSignal | undefined }) => Promise<string>
}

export const MANUAL_MODEL = 'manual/person'

/**
 * A gateway in which a person plays every model. With a folder, a call writes `NNN-role.prompt.md` and waits until
 * `NNN-role.reply.md` is there, not empty, and no longer growing; the bounds are the call's `signal`, `deadlineAt` and, if
 * it has one, `timeoutMs` (`model_timeout`), since people are slower than models. Token counts are estimates; it costs
 * nothing.
 */
export function manualGateway(options: ManualFolder | ManualVoice): Gateway {
  const numbers = { last: 0 }
  return {
    async generate(call) {
      const startedAt = Date.now()
      const text = 'ask' in options ? await askAloud(options, call) : await askByFile(options, call, numbers)
      await streamTextPieces('text', text, call)
      if (call.signal?.aborted) throw cancelled()
      return {
        text,
        reasoning: '',
        finishReason: 'stop',
        usage: estimateUsage(call, { text, reasoning: '' }),
        model: MANUAL_MODEL,
        costUsd: 0,
        attempts: 1,
        wallMs: Date.now() - startedAt,
        role: call.role,
        tier: chooseTier(call),
      }
    },
    describe: () => [],
    close: async () => undefined,
  }
}

async function askAloud({ ask }: ManualVoice, call: RoutedCall): Promise<string> {
  if (call.signal?.aborted) throw cancelled()
  try {
    return await ask(renderPrompt(call), { signal: call.signal })
  } catch (error) {
    throw call.signal?.aborted ? cancelled() : error
  }
}

async function askByFile(
  { folder, onPrompt, pollMs = DEFAULT_POLL_MS }: ManualFolder,
  call: RoutedCall,
  numbers: { last: number },
): Promise<string> {
  const startedAt = Date.now()
  const stem = await writePrompt(folder, call, numbers)
  const replyPath = join(folder, `${stem}.reply.md`)
  onPrompt?.({ promptPath: join(folder, `${stem}.prompt.md`), replyPath })
  const endsAt = Math.min(
    call.deadlineAt ?? Infinity,
    call.timeoutMs === undefined ? Infinity : startedAt + call.timeoutMs,
  )
  let before = ''
  for (;;) {
    if (call.signal?.aborted) throw cancelled()
    const state = await describeFile(replyPath)
    // An editor may write a file in several goes: it is taken once two looks in a row have seen the same.
    if (state !== '' && state === before) return withoutByteOrderMark(await readFile(replyPath, 'utf8'))
    before = state
    if (Date.now() >= endsAt) throw noReply(replyPath)
    await delay(pollMs, undefined, call.signal === undefined ? {} : { signal: call.signal }).catch(() => undefined)
  }
}

/** Writes the prompt under the next free number and gives the common part of the two files' names. */
async function writePrompt(folder: string, call: RoutedCall, numbers: { last: number }): Promise<string> {
  try {
    await mkdir(folder, { recursive: true })
    const highest = await highestNumber(folder)
    for (;;) {
      // Taken before anything is awaited: calls at the same time get different numbers.
      numbers.last = Math.max(numbers.last, highest) + 1
      const stem = `${String(numbers.last).padStart(3, '0')}-${call.role}`
      if (await createFile(join(folder, `${stem}.prompt.md`), renderPrompt(call))) return stem
    }
  } catch (error) {
    throw new HandaxeError('invalid_configuration', `The folder for manual replies cannot be used: ${folder}`, {
      hint: 'Name a folder that can be written.',
      details: { folder },
      cause: error,
    })
  }
}

async function highestNumber(folder: string): Promise<number> {
  const numbers = (await readdir(folder)).map((name) => Number(/^(\d+)-/.exec(name)?.[1] ?? 0))
  return numbers.reduce((highest, number) => Math.max(highest, number), 0)
}

/** False where the file is there already. */
async function createFile(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: 'wx' })
    return true
  } catch (error) {
    if (hasErrorCode(error, 'EEXIST')) return false
    throw error
  }
}

/** Something that changes whenever the file does; empty while there is nothing in it. */
async function describeFile(path: string): Promise<string> {
  try {
    const facts = await stat(path)
    const { size, mtimeMs, ino } = facts
    return size === 0 || !facts.isFile() ? '' : `${ino} ${size} ${mtimeMs}`
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return ''
    throw error
  }
}

function withoutByteOrderMark(text: string): string {
  return text.replace(/^\uFEFF/, '')
}

function noReply(replyPath: string): HandaxeError {
  return new HandaxeError('model_timeout', 'Nobody answered in time', {
    hint: `Write the reply to ${replyPath} and run the request again with more time.`,
    details: { replyPath },
  })
}

function cancelled(): HandaxeError {
  return new HandaxeError('cancelled', 'The wait for a manual reply was cancelled')
}
