import type { JsonObject } from '../../contracts/json.ts'
import type { InputFile, Sandbox } from '../../contracts/sandbox.ts'
import { WORLDS } from '../determinism/worlds.ts'
import { observeCalls } from '../observation/observe-calls.ts'
import { compareOutcomes, type CallOutcome } from '../observation/outcome.ts'
import type { CompareValues, ToolUnderTest } from '../subject.ts'
import { adaptTool } from './adapt-tool.ts'
import { alignParameters } from './align-parameters.ts'

/** What another order of adding up changes; another convention (sample or population, 360 or 365) changes more. */
const TOLERANCE = 1e-9

/** Agreement on fewer results than this is chance: most inputs were refused by both. */
const LEAST_RESULTS = 8

export interface BehaviourComparison {
  /** `unknown`: their parameters do not fit, or both gave errors for nearly all inputs. */
  verdict: 'same' | 'different' | 'unknown'
  reason: string
  /** Inputs for which at least one gave a result. */
  compared: number
  /** Inputs that both refused, with the same class of error. */
  refused: number
  firstDifference: { input: JsonObject; first: CallOutcome; second: CallOutcome; difference: string } | null
}

export interface BehaviourOptions {
  sandbox: Sandbox
  /** Named arguments of the first tool. */
  inputs: readonly JsonObject[]
  compare: CompareValues
  files?: readonly InputFile[]
  /** Least number of results that have to agree. Default 8. */
  leastResults?: number
  signal?: AbortSignal
}

/**
 * Do two tools of one language do the same? Both are called with all inputs in the same world, and the outcomes compared: the
 * same values to nine digits, errors of the same class. Names never count. One difference decides; agreement is only as good
 * as the inputs (`generateInputs` with the arguments of both tools' tests).
 */
export async function compareBehaviour(
  first: ToolUnderTest,
  second: ToolUnderTest,
  options: BehaviourOptions,
): Promise<BehaviourComparison> {
  const { sandbox, inputs, compare, files, leastResults = LEAST_RESULTS, signal } = options
  const counts = { compared: 0, refused: 0 }
  if (first.signature.language !== second.signature.language) {
    return { verdict: 'unknown', reason: 'they are written in different languages', ...counts, firstDifference: null }
  }
  const names = alignParameters(first.signature.inputSchema, second.signature.inputSchema)
  const adapted = names && (await adaptTool(second, first.signature, names))
  if (adapted === null) {
    return { verdict: 'unknown', reason: 'their parameters do not fit together', ...counts, firstDifference: null }
  }
  const common = { sandbox, calls: inputs, world: WORLDS.first, ...(files ? { inputs: files } : {}) }
  const [one, other] = await Promise.all(
    [first, adapted].map((tool) => observeCalls({ ...common, tool, ...(signal ? { signal } : {}) })),
  )
  for (const [index, input] of inputs.entries()) {
    const [a, b] = [one?.outcomes[index] ?? UNKNOWN, other?.outcomes[index] ?? UNKNOWN]
    const difference = compareOutcomes(a, b, { compare, tolerance: TOLERANCE })
    if (difference !== null) {
      const firstDifference = { input, first: a, second: b, difference }
      return { verdict: 'different', reason: `they differ: ${difference}`, ...counts, firstDifference }
    }
    if (a.kind === 'value') counts.compared += 1
    else if (a.kind !== 'unknown') counts.refused += 1
  }
  if (counts.compared < leastResults) {
    const reason = `only ${counts.compared} of ${inputs.length} inputs gave results to compare`
    return { verdict: 'unknown', reason, ...counts, firstDifference: null }
  }
  return { verdict: 'same', reason: `they agree on ${counts.compared} results`, ...counts, firstDifference: null }
}

const UNKNOWN: CallOutcome = { kind: 'unknown' }
