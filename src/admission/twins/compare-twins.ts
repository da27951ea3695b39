import type { JsonObject } from '../../contracts/json.ts'
import type { Sandbox } from '../../contracts/sandbox.ts'
import type { CompareValues, RunTests } from '../subject.ts'
import { adaptTool } from './adapt-tool.ts'
import { listAlignments } from './align-parameters.ts'
import { compareBehaviour } from './compare-behaviour.ts'
import { comparisonInputs } from './comparison-inputs.ts'
import type { TestedTool } from './fingerprint-tools.ts'
import { pathsOfBoth } from './path-parameters.ts'
import { listRenamed, renameArguments, reverseNames } from './rename-arguments.ts'
import { tryAlignments } from './try-alignments.ts'

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
 * are called with inputs made from the arguments of both tests and the constants of both codes. Where the parameters could be
 * paired in several ways, those are tried that pass the tests. One difference decides.
 */
export async function compareTwins(
  kept: TestedTool,
  other: TestedTool,
  options: TwinComparisonOptions,
): Promise<TwinComparison> {
  const alignments = listAlignments(other.signature.inputSchema, kept.signature.inputSchema)
  if (alignments.length === 0) return unknown('their parameters do not fit')
  const { passing, failure } = await findPassing(kept, other, alignments, options)
  let last: TwinComparison = {
    verdict: 'different',
    reason: `${kept.signature.name} fails a test of ${other.signature.name}: ${failure}`,
    renamed: listRenamed(alignments[0] ?? new Map()),
    compared: 0,
  }
  for (const names of passing) {
    last = await compareAs(kept, other, { ...options, names })
    if (last.verdict === 'same') return last
  }
  return last
}

function findPassing(
  kept: TestedTool,
  other: TestedTool,
  alignments: readonly ReadonlyMap<string, string>[],
  { sandbox, compare, signal }: TwinComparisonOptions,
): Promise<{ passing: readonly ReadonlyMap<string, string>[]; failure: string | null }> {
  const { language } = other.signature
  const { tests } = other
  return alignments.length === 1 && kept.signature.language === language
    ? Promise.resolve({ passing: alignments, failure: null })
    : tryAlignments(kept, alignments, { sandbox, tests, language, compare, ...(signal ? { signal } : {}) })
}

interface Aligned extends TwinComparisonOptions {
  /** Where the parameters of `other` go in `kept`. */
  names: ReadonlyMap<string, string>
}

async function compareAs(kept: TestedTool, other: TestedTool, options: Aligned): Promise<TwinComparison> {
  const { names, sandbox, compare, signal } = options
  const renamed = listRenamed(names)
  const failed = (await failsTests(kept, other, options)) ?? (await failsTestsBack(kept, other, options))
  if (failed !== null) return { verdict: 'different', reason: failed, renamed, compared: 0 }
  let compared = 0
  const back = reverseNames(names)
  const examples = [...argumentsOf(other), ...argumentsOf(kept).map((given) => renameArguments(given, back))]
  for (const seed of SEEDS) {
    const { inputs, files } = comparisonInputs(other.signature.inputSchema, {
      seed,
      count: INPUTS,
      examples,
      tests: [...other.tests, ...kept.tests],
      codes: [kept.code, other.code],
      languages: [kept.signature.language, other.signature.language],
      paths: pathsOfBoth(other.signature.inputSchema, kept.signature.inputSchema, names),
    })
    const common = { sandbox, inputs, files, names, compare, ...(signal ? { signal } : {}) }
    const found = await compareBehaviour(other, kept, common)
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

/** Where the kept one takes more than the other, its own tests may ask for that. */
async function failsTestsBack(kept: TestedTool, other: TestedTool, options: Aligned): Promise<string | null> {
  const names = reverseNames(options.names)
  const possible = listAlignments(kept.signature.inputSchema, other.signature.inputSchema)
  const isPossible = possible.some((one) => [...one].every(([here, there]) => names.get(here) === there))
  return isPossible ? failsTests(other, kept, { ...options, names }) : null
}

/** The tests of `tested` on the code of `tool`; the first that fails, as a sentence. */
async function failsTests(
  tool: TestedTool,
  tested: TestedTool,
  { names, sandbox, runTests, compare, signal }: Aligned,
): Promise<string | null> {
  const { tests } = tested
  const { language, name } = tested.signature
  const stop = signal === undefined ? {} : { signal }
  if (tool.signature.language !== language) {
    const { failure } = await tryAlignments(tool, [names], { sandbox, tests, language, compare, ...stop })
    return failure === null ? null : `${tool.signature.name} fails a test of ${name}: ${failure}`
  }
  const subject = await adaptTool(tool, tested.signature, names)
  if (subject === null) return `${tool.signature.name} cannot stand under the name of ${name}`
  const results = await runTests({ sandbox, subject, tests, stopAtFailure: true, ...stop })
  const failed = results.find(({ failure }) => failure !== null)
  return failed === undefined
    ? null
    : `${tool.signature.name} fails the test "${failed.test.name}" of ${name}: ${failed.failure}`
}

function argumentsOf({ tests }: TestedTool): JsonObject[] {
  return tests.flatMap((test) => (test.kind === 'property' ? [] : [test.arguments]))
}
