import { z } from 'zod'
import type { JsonValue } from '../../contracts/json.ts'
import type { ExecutionStatus } from '../../contracts/sandbox.ts'
import type { ToolSignature, ToolTest } from '../../contracts/tool.ts'
import type { CompareValues } from '../subject.ts'

/** What one call of a tool gave. */
export type CallOutcome =
  | { kind: 'value'; value: JsonValue }
  | { kind: 'error'; type: string; message: string }
  /** The process ended with it. */
  | { kind: 'ended'; status: ExecutionStatus }
  /** It could not be told. */
  | { kind: 'unknown' }

/** Why a test of a call fails with this outcome, in one line; null where it passes. As `RunTests` judges. */
export type JudgeOutcome = (
  test: Exclude<ToolTest, { kind: 'property' }>,
  outcome: Exclude<CallOutcome, { kind: 'unknown' }>,
  tool: ToolSignature,
) => string | null

/** A value of the sandbox: what is missing there is null. */
const json: z.ZodType<JsonValue> = z.json()
const value = z.object({ kind: z.literal('value'), value: json.optional() })
const error = z.object({ kind: z.literal('error'), type: z.string(), message: z.string() })

export const callOutcome: z.ZodType<CallOutcome> = z.discriminatedUnion('kind', [
  value.transform((outcome) => ({ kind: outcome.kind, value: outcome.value ?? null })),
  error,
  z.object({ kind: z.literal('unknown') }),
])

/**
 * Null where two outcomes are the same, else the difference in a sentence. Errors are the same if their class is: messages
 * may hold an address or a time. With `anyError` all classes are one, as between two languages. What could not be told differs
 * from nothing.
 */
export function compareOutcomes(
  first: CallOutcome,
  second: CallOutcome,
  { compare, tolerance, anyError = false }: { compare: CompareValues; tolerance: number; anyError?: boolean },
): string | null {
  if (first.kind === 'unknown' || second.kind === 'unknown') return null
  if (first.kind === 'value' && second.kind === 'value') return compare(first.value, second.value, { tolerance })
  if (anyError && first.kind === 'error' && second.kind === 'error') return null
  const [one, other] = [describeOutcome(first), describeOutcome(second)]
  return one === other ? null : `one gives ${one}, the other ${other}`
}

export function describeOutcome(outcome: CallOutcome): string {
  if (outcome.kind === 'value') return 'a value'
  if (outcome.kind === 'error') return `the error ${outcome.type}`
  return outcome.kind === 'ended' ? `'${outcome.status}'` : 'nothing that could be told'
}
