import type { JsonObject } from '../../contracts/json.ts'
import type { Limits } from '../../contracts/limits.ts'
import type { ExecutionResult, Sandbox } from '../../contracts/sandbox.ts'
import type { KeptCall, ToolTest } from '../../contracts/tool.ts'
import { grantNeeds } from '../../util/grant-needs.ts'
import { compareValues } from '../../domain/compare/compare-values.ts'
import type { RegressionFinding } from '../../domain/admission/finding.ts'
import type { ReplayedCall } from '../../domain/admission/report.ts'
import { decodeNumbers } from '../../domain/numbers/decode-numbers.ts'
import { describeEnd } from '../../domain/failures/describe-end.ts'
import { wasStarved } from '../../domain/failures/host-ended.ts'
import { attributeFailure } from '../../domain/failures/attribute-failure.ts'
import { validateValue } from '../../domain/json/validate-value.ts'
import { eachLimited } from '../each-limited.ts'
import type { ToolUnderTest } from '../subject.ts'

const CONCURRENT_CALLS = 4

/** Tighter than tests are: the same code on the same machine gives the same digits, a repaired one nearly. */
const REPLAY_TOLERANCE = 1e-9

export interface ReplayOptions {
  sandbox: Sandbox
  successor: ToolUnderTest
  limits?: Partial<Limits>
  signal?: AbortSignal
}

/** Makes past calls again with another version, each in a fresh sandbox, compared on the host. */
export async function replayCalls(calls: readonly KeptCall[], options: ReplayOptions): Promise<ReplayedCall[]> {
  return inOrder(calls, async (call) => {
    const outcome = await callAgain(call.arguments, options)
    if ('problem' in outcome) return { call, value: null, difference: outcome.problem }
    const value = outcome.result.value ?? null
    return { call, value, difference: compareValues(call.value, value, { tolerance: REPLAY_TOLERANCE }) }
  })
}

/**
 * Calls the version with inputs that the one before it failed for. One finding for each that fails by its own fault again; an
 * error that it announces is no such fault.
 */
export async function retryFailures(
  inputs: readonly JsonObject[],
  { tests, ...options }: ReplayOptions & { tests: readonly ToolTest[] },
): Promise<RegressionFinding[]> {
  const { code, signature } = options.successor
  const failure = { check: 'regression', code: 'still-fails' } as const
  const found = await inOrder(inputs, async (input): Promise<RegressionFinding[]> => {
    const outcome = await callAgain(input, options)
    if ('problem' in outcome) {
      const { result, problem } = outcome
      const isOwn = result === null || isItsFault({ code, tests }, result)
      return isOwn ? [{ ...failure, arguments: input, problem, misfit: false }] : []
    }
    const [misfit] = validateValue(signature.outputSchema, outcome.result.value ?? null, 'the value')
    return misfit === undefined ? [] : [{ ...failure, arguments: input, problem: misfit, misfit: true }]
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

async function inOrder<Item, Result>(items: readonly Item[], act: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  await eachLimited(items.entries(), CONCURRENT_CALLS, async ([index, item]) => {
    results[index] = await act(item)
  })
  return results
}
