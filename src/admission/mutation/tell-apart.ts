import type { JsonObject } from '../../contracts/json.ts'
import type { Sandbox } from '../../contracts/sandbox.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { WORLDS } from '../determinism/worlds.ts'
import { eachLimited } from '../each-limited.ts'
import { bindTestFiles } from '../../domain/tests/test-files.ts'
import { observeCalls } from '../observation/observe-calls.ts'
import { compareOutcomes } from '../observation/outcome.ts'
import type { CompareValues, ToolUnderTest } from '../subject.ts'
import { generateInputs } from '../twins/generate-inputs.ts'
import { readDictionary } from '../twins/read-dictionary.ts'
import type { Mutant } from './mutant.ts'

/** All of one mutant's calls are one execution. */
const INPUTS = 200
const CONCURRENT_MUTANTS = 4
/** As a test compares: what it could not see is no difference. */
const TOLERANCE = 1e-6
/** Of the calls that differ, those of a size that a person can work out. */
const HANDY_CHARACTERS = 400

export interface ToldApart {
  mutant: Mutant
  /** The smallest of the generated inputs for which the mutant does something else than the tool; null where there is none. */
  input: JsonObject | null
}

/**
 * For mutants that no test saw: an input that would show them, smallest first. One without any is most likely no mistake at
 * all: it does what the tool does.
 */
export async function tellApart(options: {
  sandbox: Sandbox
  tool: ToolUnderTest
  tests: readonly ToolTest[]
  mutants: readonly Mutant[]
  compare: CompareValues
  signal?: AbortSignal
}): Promise<ToldApart[]> {
  const { sandbox, tool, tests, mutants, compare, signal } = options
  const { calls: examples, inputs } = bindTestFiles(tests)
  const dictionary = readDictionary([tool.code])
  const calls = generateInputs(tool.signature.inputSchema, 1, INPUTS, { examples, dictionary })
  const common = { sandbox, calls, inputs, world: WORLDS.first, ...(signal ? { signal } : {}) }
  const own = await observeCalls({ ...common, tool })
  const told: ToldApart[] = []
  await eachLimited(mutants, CONCURRENT_MUTANTS, async (mutant) => {
    const { outcomes } = await observeCalls({ ...common, tool: { ...tool, code: mutant.code } })
    const telling = calls.filter((_, index) => {
      const pair = [own.outcomes[index] ?? UNKNOWN, outcomes[index] ?? UNKNOWN] as const
      return compareOutcomes(...pair, { compare, tolerance: TOLERANCE }) !== null
    })
    told.push({ mutant, input: smallest(telling) })
  })
  return told.toSorted((a, b) => sizeOf(a.input) - sizeOf(b.input))
}

const UNKNOWN = { kind: 'unknown' } as const

/** Null also where all are too large to be worked out by hand: no test can be asked for then. */
function smallest(inputs: readonly JsonObject[]): JsonObject | null {
  const handy = inputs.filter((input) => sizeOf(input) <= HANDY_CHARACTERS)
  return handy.toSorted((a, b) => sizeOf(a) - sizeOf(b))[0] ?? null
}

function sizeOf(input: JsonObject | null): number {
  return input === null ? Number.POSITIVE_INFINITY : JSON.stringify(input).length
}
