import type { Sandbox } from '../../contracts/sandbox.ts'
import type { CompareValues, RunTests } from '../subject.ts'
import { adaptTool } from './adapt-tool.ts'
import { alignParameters } from './align-parameters.ts'
import { compareBehaviour } from './compare-behaviour.ts'
import type { TestedTool } from './fingerprint-tools.ts'
import { generateInputs } from './generate-inputs.ts'
import { readDictionary } from './read-dictionary.ts'

/** Those of both seeds; what they cost is the tools' own time. */
const INPUTS = 500
const SEEDS = [1, 2]

export interface TwinComparison {
  /** `same`: either can stand for the other. `unknown`: they cannot be held against each other. */
  verdict: 'same' | 'different' | 'unknown'
  /** One sentence: the test or the input that tells them apart, or how much agrees. */
  reason: string
  /** Parameters of the second tool under which the first has them, where the names differ. */
  renamed: { from: string; to: string }[]
  /** Results that were compared. */
  compared: number
}

export interface TwinComparisonOptions {
  sandbox: Sandbox
  runTests: RunTests
  compare: CompareValues
  signal?: AbortSignal
}

/**
 * Do two kept tools do the same, so that `kept` can take the place of `other`? The tests of each are run on the other, and both
 * are called with inputs made from the arguments of both tests and the constants of both codes. One difference decides.
 */
export async function compareTwins(
  kept: TestedTool,
  other: TestedTool,
  options: TwinComparisonOptions,
): Promise<TwinComparison> {
  const names = alignParameters(other.signature.inputSchema, kept.signature.inputSchema)
  if (kept.signature.language !== other.signature.language || names === null)
    return unknown('their parameters do not fit')
  const renamed = [...names].flatMap(([from, to]) => (from === to ? [] : [{ from, to }]))
  const failed =
    (await failsTests(kept, other, options)) ??
    // Where the kept one takes more than the other, its own tests may ask for that.
    (alignParameters(kept.signature.inputSchema, other.signature.inputSchema) === null
      ? null
      : await failsTests(other, kept, options))
  if (failed !== null) return { verdict: 'different', reason: failed, renamed, compared: 0 }
  let compared = 0
  const examples = [...argumentsOf(other), ...translate(argumentsOf(kept), names)]
  const dictionary = readDictionary([kept.code, other.code])
  for (const seed of SEEDS) {
    const inputs = generateInputs(other.signature.inputSchema, seed, INPUTS, { examples, dictionary })
    const { sandbox, compare, signal } = options
    const found = await compareBehaviour(other, kept, { sandbox, inputs, compare, ...(signal ? { signal } : {}) })
    if (found.verdict !== 'same') {
      const input =
        found.firstDifference === null ? '' : ` for ${JSON.stringify(found.firstDifference.input).slice(0, 300)}`
      return { verdict: found.verdict, reason: `${found.reason}${input}`, renamed, compared }
    }
    compared += found.compared
  }
  return { verdict: 'same', reason: `they pass each other's tests and agree on ${compared} results`, renamed, compared }
}

function unknown(reason: string): TwinComparison {
  return { verdict: 'unknown', reason, renamed: [], compared: 0 }
}

/** The tests of `tested` on the code of `tool`; the first that fails, as a sentence. */
async function failsTests(
  tool: TestedTool,
  tested: TestedTool,
  { sandbox, runTests, signal }: TwinComparisonOptions,
): Promise<string | null> {
  const names = alignParameters(tested.signature.inputSchema, tool.signature.inputSchema)
  const subject = names && (await adaptTool(tool, tested.signature, names))
  if (subject === null) return `${tool.signature.name} cannot stand under the name of ${tested.signature.name}`
  const { tests } = tested
  const results = await runTests({ sandbox, subject, tests, stopAtFailure: true, ...(signal ? { signal } : {}) })
  const failed = results.find(({ failure }) => failure !== null)
  return failed === undefined
    ? null
    : `${tool.signature.name} fails the test "${failed.test.name}" of ${tested.signature.name}: ${failed.failure}`
}

function argumentsOf({ tests }: TestedTool) {
  return tests.flatMap((test) => (test.kind === 'property' ? [] : [test.arguments]))
}

/** Arguments of the kept tool under the names of the other; what the other does not take is left out. */
function translate(
  given: ReturnType<typeof argumentsOf>,
  names: ReadonlyMap<string, string>,
): ReturnType<typeof argumentsOf> {
  return given.map((values) =>
    Object.fromEntries([...names].flatMap(([here, there]) => (there in values ? [[here, values[there] ?? null]] : []))),
  )
}
