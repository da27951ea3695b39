import { setTimeout as delay } from 'node:timers/promises'
import { HandaxeError } from '../contracts/errors.ts'
import type { FinishReason, Gateway, Role, RoutedCall, RoutedReply, TokenUsage } from '../contracts/models.ts'
import { chooseTier } from './choose-tier.ts'
import { estimateUsage } from './estimate-usage.ts'
import { renderPrompt } from './render-prompt.ts'
import { streamTextPieces } from './stream-text-pieces.ts'

/** One call that a test expects. Without `role` and `match` it fits any call. */
export interface ScriptedStep {
  role?: Role
  /** Looks at instructions and messages as one text. */
  match?: RegExp | ((prompt: string, call: RoutedCall) => boolean)
  reply?: string | ((call: RoutedCall) => string | Promise<string>)
  reasoning?: string
  finishReason?: FinishReason
  delayMs?: number
  /** Rejects the call instead of replying. */
  error?: Error
  usage?: Partial<TokenUsage>
  /** Default 0. */
  costUsd?: number | null
}

export interface ScriptedGateway extends Gateway {
  /** Every call so far, also those that no step fitted. */
  readonly calls: readonly RoutedCall[]
  /** Throws if steps are left over or a call found no step. */
  assertFinished(): void
}

export const SCRIPTED_MODEL = 'scripted/model'

/**
 * A gateway for tests that plays a script: a call takes the first unused step that fits it, so unmarked steps are used in
 * order and marked ones when their call comes. Each step is used once. A call that no step fits is rejected with
 * `replay_mismatch` and the prompt.
 */
export function scriptedGateway(steps: readonly ScriptedStep[]): ScriptedGateway {
  const left = new Set(steps)
  const calls: RoutedCall[] = []
  const strays: string[] = []
  return {
    calls,
    async generate(call) {
      calls.push(call)
      const step = [...left].find((candidate) => fits(candidate, call))
      if (step === undefined) {
        const error = describeStray(call, [...left])
        strays.push(error.message)
        throw error
      }
      left.delete(step)
      return play(step, call)
    },
    describe: () => [],
    close: async () => undefined,
    assertFinished() {
      const problems = [
        ...strays,
        ...[...left].map((step) => `Left over: step ${steps.indexOf(step) + 1} ${describeStep(step)}`),
      ]
      if (problems.length > 0) throw new Error(`The script was not followed:\n${problems.join('\n')}`)
    },
  }
}

function fits({ role, match }: ScriptedStep, call: RoutedCall): boolean {
  if (role !== undefined && role !== call.role) return false
  if (match === undefined) return true
  const prompt = renderPrompt(call)
  return typeof match === 'function'
    ? match(prompt, call)
    : new RegExp(match.source, match.flags.replace(/[gy]/g, '')).test(prompt)
}

async function play(step: ScriptedStep, call: RoutedCall): Promise<RoutedReply> {
  const { delayMs = 0, error, reply = '', reasoning = '', finishReason = 'stop', usage, costUsd = 0 } = step
  const startedAt = Date.now()
  if (delayMs > 0)
    await delay(delayMs, undefined, call.signal === undefined ? {} : { signal: call.signal }).catch(() => undefined)
  throwIfCancelled(call)
  if (error !== undefined) throw error
  const text = typeof reply === 'function' ? await reply(call) : reply
  await streamTextPieces('reasoning', reasoning, call)
  await streamTextPieces('text', text, call)
  throwIfCancelled(call)
  return {
    text,
    reasoning,
    finishReason,
    usage: { ...estimateUsage(call, { text, reasoning }), reported: true, ...usage },
    model: SCRIPTED_MODEL,
    costUsd,
    attempts: 1,
    wallMs: Date.now() - startedAt,
    role: call.role,
    tier: chooseTier(call),
  }
}

function throwIfCancelled({ signal }: RoutedCall): void {
  if (signal?.aborted) throw new HandaxeError('cancelled', 'The scripted call was cancelled')
}

function describeStray(call: RoutedCall, left: readonly ScriptedStep[]): HandaxeError {
  const open = left.length === 0 ? 'No step is left.' : `Steps left: ${left.map(describeStep).join(', ')}.`
  return new HandaxeError(
    'replay_mismatch',
    `No step of the script fits this call of the ${call.role}. ${open}\n${renderPrompt(call)}`,
    {
      hint: 'Add a step for it to the script.',
      details: { role: call.role },
    },
  )
}

function describeStep({ role, match, reply }: ScriptedStep): string {
  const marks = [role ?? 'any role', ...(match === undefined ? [] : [String(match)])].join(', ')
  const start = typeof reply === 'string' ? ` → ${JSON.stringify(reply.slice(0, 60))}` : ''
  return `(${marks})${start}`
}
