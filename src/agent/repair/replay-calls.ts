import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import type { Limits } from '../../contracts/limits.ts'
import type { ExecutionResult, Sandbox } from '../../contracts/sandbox.ts'
import type { KeptCall, ToolTest } from '../../contracts/tool.ts'
import { grantNeeds } from '../../util/grant-needs.ts'
import { compareValues } from '../../domain/compare/compare-values.ts'
import type { TestSubject } from '../make/judge-test.ts'
import { mapLimited } from '../run/map-limited.ts'
import { decodeNumbers } from '../../domain/numbers/decode-numbers.ts'
import { describeEnd } from '../../domain/failures/describe-end.ts'
import { wasStarved } from '../../domain/failures/host-ended.ts'
import { attributeFailure } from '../../domain/failures/attribute-failure.ts'
import { validateValue } from '../steps/validate-value.ts'

const CONCURRENT_CALLS = 4

/** Tighter than tests are: the same code on the same machine gives the same digits, a repaired one nearly. */
const REPLAY_TOLERANCE = 1e-9

const SHOWN_CHARACTERS = 120

export interface ReplayedCall {
  call: KeptCall
  /** What the new version gives; null where it gives nothing. */
  value: JsonValue
  /** How that is not what the old version gave; null where they agree. */
  difference: string | null
}

export interface ReplayOptions {
  sandbox: Sandbox
  successor: TestSubject
  limits?: Partial<Limits>
  signal?: AbortSignal
}

/** Makes past calls again with another version, each in a fresh sandbox, compared on the host. */
export async function replayCalls(calls: readonly KeptCall[], options: ReplayOptions): Promise<ReplayedCall[]> {
  return mapLimited(calls, CONCURRENT_CALLS, async (call) => {
    const outcome = await callAgain(call.arguments, options)
    if ('problem' in outcome) return { call, value: null, difference: outcome.problem }
    const value = outcome.result.value ?? null
    return { call, value, difference: compareValues(call.value, value, { tolerance: REPLAY_TOLERANCE }) }
  })
}

/** One sentence for each call that gives something else. */
export function describeDifferences(calls: readonly ReplayedCall[]): string[] {
  return calls.flatMap(({ call, difference }) =>
    difference === null ? [] : [`The call ${shorten(call.arguments)} of ${call.at.slice(0, 10)}: ${difference}`],
  )
}

/**
 * Calls the version with inputs that the one before it failed for. One sentence for each that fails by its own fault again;
 * an error that it announces is no such fault.
 */
export async function retryFailures(
  inputs: readonly JsonObject[],
  { tests, ...options }: ReplayOptions & { tests: readonly ToolTest[] },
): Promise<string[]> {
  const { code, signature } = options.successor
  const found = await mapLimited(inputs, CONCURRENT_CALLS, async (input) => {
    const outcome = await callAgain(input, options)
    if ('problem' in outcome) {
      const { result, problem } = outcome
      const isOwn = result === null || isItsFault({ code, tests }, result)
      return isOwn ? [`It still fails for ${shorten(input)}: ${problem}`] : []
    }
    const [misfit] = validateValue(signature.outputSchema, outcome.result.value ?? null, 'the value')
    return misfit === undefined ? [] : [`For ${shorten(input)} ${misfit}`]
  })
  return found.flat()
}

function isItsFault({ code, tests }: { code: string; tests: readonly ToolTest[] }, result: ExecutionResult): boolean {
  return attributeFailure({ tool: { code, tests: [...tests] }, result, mismatch: false }) === 'tool'
}

/** `result` is null where nothing was executed. */
async function callAgain(
  recorded: JsonObject,
  { sandbox, successor, limits, signal }: ReplayOptions,
): Promise<{ result: ExecutionResult } | { result: ExecutionResult | null; problem: string }> {
  signal?.throwIfAborted()
  const { code, signature, tools, needs } = successor
  const args = decodeNumbers(recorded, signature.inputSchema)
  const [misfit] = validateValue(signature.inputSchema, args, 'arguments')
  if (misfit !== undefined) return { result: null, problem: `it does not take these arguments: ${misfit}` }
  const result = await sandbox.execute({
    language: signature.language,
    code,
    call: { function: signature.function, arguments: args },
    tools,
    ...grantNeeds({ needs }),
    ...(limits ? { limits } : {}),
    ...(signal ? { signal } : {}),
  })
  signal?.throwIfAborted()
  if (result.status === 'ok') return { result }
  if (wasStarved(result)) {
    return { result, problem: `it could not be told, this machine was too busy: ${describeEnd(result)}` }
  }
  const end = describeEnd(result)
  const error = result.error === undefined ? '' : `, ${result.error.type}: ${result.error.message.slice(0, 300)}`
  return { result, problem: `it ended with '${result.status}'${end === null ? error : `: ${end}`}` }
}

function shorten(value: JsonValue): string {
  const text = JSON.stringify(value)
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS - 3)}…` : text
}
