import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import type { InputFile, Sandbox } from '../../contracts/sandbox.ts'
import { readEntries } from '../../domain/json/entries.ts'
import { WORLDS } from '../determinism/worlds.ts'
import { observeCalls } from '../observation/observe-calls.ts'
import { compareOutcomes, type CallOutcome } from '../observation/outcome.ts'
import type { CompareValues, ToolUnderTest } from '../subject.ts'
import { alignParameters } from './align-parameters.ts'
import { renameArguments } from './rename-arguments.ts'
import { isObject } from './schema-parts.ts'
import { strictDifference } from './strict-difference.ts'

/** What another order of adding up changes; another convention (sample or population, 360 or 365) changes more. */
const TOLERANCE = 1e-9

/** Agreement on fewer results than this is chance: most inputs were refused by both. */
const LEAST_RESULTS = 8

/** Compared before the others. */
const FIRST_INPUTS = 60

/** Of all inputs, those that may stay untold because one before them ended the process. */
const UNTOLD_SHARE = 0.25

export interface BehaviourComparison {
  /** `unknown`: their parameters do not fit, or both gave errors for nearly all inputs. */
  verdict: 'same' | 'different' | 'unknown'
  reason: string
  /** Inputs for which at least one gave a result. */
  compared: number
  /** Inputs that both refused, with the same class of error where the language is the same. */
  refused: number
  firstDifference: { input: JsonObject; first: CallOutcome; second: CallOutcome; difference: string } | null
}

export interface BehaviourOptions {
  sandbox: Sandbox
  /** Named arguments of the first tool. */
  inputs: readonly JsonObject[]
  compare: CompareValues
  /** Under which name the second tool has each parameter of the first. Default: `alignParameters`. */
  names?: ReadonlyMap<string, string>
  files?: readonly InputFile[]
  /** Least number of results that have to agree. Default 8. */
  leastResults?: number
  signal?: AbortSignal
}

/**
 * Do two tools do the same? Both are called with all inputs in the same world, each in its own language, and the outcomes
 * compared here: the same values to nine digits and the same texts to the letter, errors of the same class (between two
 * languages, errors). Names never count. One difference decides; agreement is only as good as the inputs
 * (`comparisonInputs` with the tests of both).
 */
export async function compareBehaviour(
  first: ToolUnderTest,
  second: ToolUnderTest,
  options: BehaviourOptions,
): Promise<BehaviourComparison> {
  const { sandbox, inputs, compare, files, signal } = options
  const counts = { compared: 0, refused: 0 }
  const names = options.names ?? alignParameters(first.signature.inputSchema, second.signature.inputSchema)
  if (names === null) {
    return { verdict: 'unknown', reason: 'their parameters do not fit together', ...counts, firstDifference: null }
  }
  const observe = (tool: ToolUnderTest, calls: readonly JsonObject[]) =>
    observeCalls({
      sandbox,
      tool,
      calls,
      world: WORLDS.first,
      ...(files ? { inputs: files } : {}),
      ...(signal ? { signal } : {}),
    })
  const anyError = first.signature.language !== second.signature.language
  let untold = 0
  const observeBoth = async (part: readonly JsonObject[]): Promise<[CallOutcome, CallOutcome][]> => {
    const renamed = part.map((input) => renameArguments(input, names))
    const [one, other] = await Promise.all([observe(first, part), observe(second, renamed)])
    return part.map((_, index) => [one.outcomes[index] ?? UNKNOWN, other.outcomes[index] ?? UNKNOWN])
  }
  // Most tools that differ do so for one of the first inputs, which are those of their tests.
  const parts = [inputs.slice(0, FIRST_INPUTS), inputs.slice(FIRST_INPUTS)].filter(({ length }) => length > 0)
  for await (const [input, a, b] of eachObserved(parts, observeBoth)) {
    const difference = isNothingOfGaps(input, a, b)
      ? null
      : (compareOutcomes(a, b, { compare, tolerance: TOLERANCE, anyError }) ??
        (a.kind === 'value' && b.kind === 'value' ? strictDifference(a.value, b.value) : null))
    if (difference !== null) {
      const firstDifference = { input, first: a, second: b, difference }
      return { verdict: 'different', reason: `they differ: ${difference}`, ...counts, firstDifference }
    }
    if (a.kind === 'unknown' || b.kind === 'unknown') untold += 1
    else if (a.kind === 'value' && b.kind === 'value') counts.compared += 1
    else counts.refused += 1
  }
  const doubt = findDoubt(counts.compared, untold, { inputs: inputs.length, leastResults: options.leastResults })
  if (doubt !== null) return { verdict: 'unknown', reason: doubt, ...counts, firstDifference: null }
  return { verdict: 'same', reason: `they agree on ${counts.compared} results`, ...counts, firstDifference: null }
}

/** Part by part: who has seen enough asks for no further one. */
async function* eachObserved(
  parts: readonly (readonly JsonObject[])[],
  observe: (part: readonly JsonObject[]) => Promise<[CallOutcome, CallOutcome][]>,
): AsyncGenerator<[JsonObject, CallOutcome, CallOutcome]> {
  for (const part of parts) {
    const outcomes = await observe(part)
    for (const [index, input] of part.entries()) yield [input, ...(outcomes[index] ?? ([UNKNOWN, UNKNOWN] as const))]
  }
}

const UNKNOWN: CallOutcome = { kind: 'unknown' }

/**
 * A missing value that one refuses and the other hands on as NaN tells no convention from another: neither gives a result. Two
 * libraries for the same statistic do that.
 */
function isNothingOfGaps(input: JsonObject, a: CallOutcome, b: CallOutcome): boolean {
  return hasGap(input) && isNothing(a) && isNothing(b)
}

function hasGap(value: JsonValue): boolean {
  if (value === null || typeof value !== 'object') return false
  return isGap(value) || partsOf(value).some(hasGap)
}

function isGap(value: JsonValue): boolean {
  return isObject(value) && value['$number'] === 'NaN'
}

function partsOf(value: JsonValue): JsonValue[] {
  return Array.isArray(value) ? value : (readEntries(value)?.map(([, part]) => part) ?? [])
}

function isNothing(outcome: CallOutcome): boolean {
  return outcome.kind === 'error' || (outcome.kind === 'value' && isEmptied(outcome.value))
}

/** Null, NaN, or nothing else in it. */
function isEmptied(value: JsonValue): boolean {
  if (value === null || isGap(value)) return true
  if (typeof value !== 'object') return false
  const items = partsOf(value)
  return items.length > 0 && items.every(isEmptied)
}

/** Why the agreement says too little; null where it does not. */
function findDoubt(
  compared: number,
  untold: number,
  { inputs, leastResults = LEAST_RESULTS }: { inputs: number; leastResults: number | undefined },
): string | null {
  if (compared < leastResults) return `only ${compared} of ${inputs} inputs gave results to compare`
  if (untold <= UNTOLD_SHARE * inputs) return null
  return `calls that ended the process left ${untold} of ${inputs} inputs untold`
}
