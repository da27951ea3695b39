import type { Sandbox, ToolModule } from '../../contracts/sandbox.ts'
import type { ToolTest, ToolVersion } from '../../contracts/tool.ts'
import type { CompareValues, RunTests, ToolUnderTest } from '../subject.ts'
import { SpendingLimit, SpendingSpent } from '../../domain/failures/spending-limit.ts'
import { bindTestFiles } from '../../domain/tests/test-files.ts'
import { adaptTool } from './adapt-tool.ts'
import { listAlignments } from './align-parameters.ts'
import { compareBehaviour, type BehaviourComparison } from './compare-behaviour.ts'
import { comparisonInputs } from './comparison-inputs.ts'
import { pathsOfBoth } from './path-parameters.ts'
import { listRenamed } from './rename-arguments.ts'
import { tryAlignments } from './try-alignments.ts'

/** Four executions, however many there are: what they cost is the tools' own time. */
const INPUTS = 500

/** All neighbours together, whatever they do: three of them take 20 to 40 executions with the tests. */
const SPENDING = { executions: 60, wallMs: 30_000 }

export interface Neighbour {
  version: ToolVersion
  /** The closure of what it imports. */
  tools: ToolModule[]
}

export interface TriedNeighbour {
  name: string
  version: number
  /**
   * `twin`: it passes all tests and does the same on generated inputs. `passes`: it passes the tests and yet does something
   * else, which the tests do not see. `fails`: a test tells them apart. `does-not-fit`: it cannot be called in its place, or
   * hardly any input gave something to compare. `not-compared`: the machine was too busy, or what may be spent was.
   */
  verdict: 'twin' | 'passes' | 'fails' | 'does-not-fit' | 'not-compared'
  reason: string
  /** Parameters of the new tool under which the neighbour has them, where the names differ. */
  renamed: { from: string; to: string }[]
  /** Of the neighbour that passes: what the generated inputs showed. */
  behaviour: BehaviourComparison | null
  /** What to give to a program that imports it under the new tool's name; empty where it cannot be called in its place, or not by programs of that language. */
  modules: ToolModule[]
}

export interface TwinSearch {
  /** The neighbour to use instead of the new tool; the nearest of several. */
  twin: TriedNeighbour | null
  tried: TriedNeighbour[]
  /** Why not all of them were held against it; null where all were. */
  stopped: string | null
}

export interface TwinOptions {
  sandbox: Sandbox
  /** The new tool, which passes `tests`. */
  tool: ToolUnderTest
  tests: readonly ToolTest[]
  /** Nearest first, as the library's search gives them. */
  neighbours: readonly Neighbour[]
  runTests: RunTests
  compare: CompareValues
  /** Whether one in another language will do: programs cannot import it under the new name then. Default false. */
  otherLanguages?: boolean
  /** Of the generated inputs. Default 1. */
  seed?: number
  signal?: AbortSignal
}

/**
 * Is there already a tool that does this? The new tool's tests are run on its neighbours, under the new tool's name and
 * parameters (where they may be called and ordered otherwise, in every way that the types allow); one that passes them all is
 * then compared with the new tool itself on generated inputs, because few tests tell near-twins apart. What a neighbour is
 * called never counts.
 */
export async function findTwins(options: TwinOptions): Promise<TwinSearch> {
  const tried: TriedNeighbour[] = []
  const bounded = { ...options, sandbox: new SpendingLimit(SPENDING).bound(options.sandbox) }
  for (const neighbour of options.neighbours) {
    options.signal?.throwIfAborted()
    try {
      const found = await tryNeighbour(neighbour, bounded)
      tried.push(found)
      if (found.verdict === 'twin') return { twin: found, tried, stopped: null }
    } catch (error) {
      if (!(error instanceof SpendingSpent)) throw error
      const { name, version } = neighbour.version
      const rest = { renamed: [], behaviour: null, modules: [] }
      tried.push({ name, version, ...rest, verdict: 'not-compared', reason: error.message })
      return { twin: null, tried, stopped: error.message }
    }
  }
  return { twin: null, tried, stopped: null }
}

async function tryNeighbour({ version, tools }: Neighbour, options: TwinOptions): Promise<TriedNeighbour> {
  const { tool, otherLanguages = false } = options
  const about = { name: version.name, version: version.version, renamed: [], behaviour: null, modules: [] }
  if (version.language !== tool.signature.language && !otherLanguages) {
    return { ...about, verdict: 'does-not-fit', reason: `it is written in ${version.language}` }
  }
  const neighbour: ToolUnderTest = { code: version.code, signature: version, tools, needs: version.needs }
  const alignments = listAlignments(tool.signature.inputSchema, version.inputSchema)
  if (alignments.length === 0) return { ...about, verdict: 'does-not-fit', reason: 'it takes other parameters' }
  const { passing, failure } = await findPassing(neighbour, alignments, options)
  if (passing.length === 0) return { ...about, verdict: 'fails', reason: failure ?? 'it passes none of the tests' }
  let last: TriedNeighbour | null = null
  for (const names of passing) {
    const found = await tryAs(neighbour, names, { ...options, about })
    if (found.verdict === 'twin') return found
    // Of several ways to call it, the one that comes nearest says most.
    if (last === null || last.verdict !== 'passes') last = found
  }
  return last ?? { ...about, verdict: 'fails', reason: failure ?? 'it passes none of the tests' }
}

/** With one way to call a neighbour of the same language there is nothing to choose: its tests run below. */
async function findPassing(
  neighbour: ToolUnderTest,
  alignments: readonly ReadonlyMap<string, string>[],
  { sandbox, tool, tests, compare, signal }: TwinOptions,
): Promise<{ passing: readonly ReadonlyMap<string, string>[]; failure: string | null }> {
  const { language } = tool.signature
  if (alignments.length === 1 && neighbour.signature.language === language)
    return { passing: alignments, failure: null }
  return tryAlignments(neighbour, alignments, { sandbox, tests, language, compare, ...(signal ? { signal } : {}) })
}

/** The neighbour under the new tool's name and parameters: the tests, each in a sandbox of its own, then generated inputs. */
async function tryAs(
  neighbour: ToolUnderTest,
  names: ReadonlyMap<string, string>,
  { about, ...options }: TwinOptions & { about: Omit<TriedNeighbour, 'verdict' | 'reason'> },
): Promise<TriedNeighbour> {
  const { sandbox, tool, tests, runTests, signal } = options
  const renamed = listRenamed(names)
  const { name, language } = tool.signature
  const isSameLanguage = neighbour.signature.language === language
  const subject = isSameLanguage ? await adaptTool(neighbour, tool.signature, names) : null
  if (isSameLanguage && subject === null) {
    return { ...about, verdict: 'does-not-fit', reason: 'it imports a tool of the same name' }
  }
  if (subject !== null) {
    const results = await runTests({ sandbox, subject, tests, stopAtFailure: true, ...(signal ? { signal } : {}) })
    const failed = results.find((result) => result.failure !== null)
    if (failed !== undefined) {
      const verdict = failed.undecided ? 'not-compared' : 'fails'
      return { ...about, renamed, verdict, reason: `test "${failed.test.name}": ${failed.failure}` }
    }
  }
  const modules =
    subject === null
      ? []
      : [{ name, language, code: subject.code, function: subject.signature.function }, ...subject.tools]
  const behaviour = await compareOnGenerated(neighbour, names, options)
  // Between languages the tests of properties did not run: only what was seen to be the same is a twin.
  const isTwin =
    behaviour.verdict === 'same' || (subject !== null && behaviour.verdict === 'unknown' && behaviour.compared > 0)
  const which = subject === null ? 'all tests that have arguments' : `all ${tests.length} tests`
  return {
    ...about,
    renamed,
    behaviour,
    modules,
    verdict: isTwin ? 'twin' : verdictOfOther(behaviour, isSameLanguage),
    reason: `it passes ${which}, and ${behaviour.reason}`,
  }
}

/** What languages do otherwise is nothing that the tests of a tool have to look at. */
function verdictOfOther({ verdict }: BehaviourComparison, isSameLanguage: boolean): TriedNeighbour['verdict'] {
  if (verdict !== 'different') return 'does-not-fit'
  return isSameLanguage ? 'passes' : 'fails'
}

function compareOnGenerated(
  neighbour: ToolUnderTest,
  names: ReadonlyMap<string, string>,
  { sandbox, tool, tests, compare, seed = 1, signal }: TwinOptions,
): Promise<BehaviourComparison> {
  const { inputSchema, language } = tool.signature
  const bound = bindTestFiles(tests)
  const { inputs, files } = comparisonInputs(inputSchema, {
    seed,
    count: INPUTS,
    examples: bound.calls,
    tests,
    codes: [tool.code, neighbour.code],
    languages: [language, neighbour.signature.language],
    paths: pathsOfBoth(inputSchema, neighbour.signature.inputSchema, names),
  })
  const all = [...files, ...bound.inputs]
  return compareBehaviour(tool, neighbour, {
    sandbox,
    inputs,
    files: all,
    names,
    compare,
    ...(signal ? { signal } : {}),
  })
}
