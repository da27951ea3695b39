import type { Sandbox, ToolModule } from '../../contracts/sandbox.ts'
import type { ToolTest, ToolVersion } from '../../contracts/tool.ts'
import type { CompareValues, RunTests, ToolUnderTest } from '../subject.ts'
import { adaptTool } from './adapt-tool.ts'
import { alignParameters } from './align-parameters.ts'
import { compareBehaviour, type BehaviourComparison } from './compare-behaviour.ts'
import { generateInputs } from './generate-inputs.ts'
import { readDictionary } from './read-dictionary.ts'

/** Two executions, however many there are: what they cost is the tools' own time. */
const INPUTS = 500

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
   * else, which the tests do not see. `fails`: a test tells them apart. `does-not-fit`: it cannot be called in its place.
   */
  verdict: 'twin' | 'passes' | 'fails' | 'does-not-fit'
  reason: string
  /** Parameters of the new tool under which the neighbour has them, where the names differ. */
  renamed: { from: string; to: string }[]
  /** Of the neighbour that passes: what the generated inputs showed. */
  behaviour: BehaviourComparison | null
  /** What to give to a program that imports it under the new tool's name; empty where it cannot be called in its place. */
  modules: ToolModule[]
}

export interface TwinSearch {
  /** The neighbour to use instead of the new tool; the nearest of several. */
  twin: TriedNeighbour | null
  tried: TriedNeighbour[]
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
  /** Of the generated inputs. Default 1. */
  seed?: number
  signal?: AbortSignal
}

/**
 * Is there already a tool that does this? The new tool's tests are run on its neighbours, under the new tool's name and
 * parameters; one that passes them all is then compared with the new tool itself on generated inputs, because few tests tell
 * near-twins apart. What a neighbour is called never counts.
 */
export async function findTwins(options: TwinOptions): Promise<TwinSearch> {
  const tried: TriedNeighbour[] = []
  for (const neighbour of options.neighbours) {
    options.signal?.throwIfAborted()
    const found = await tryNeighbour(neighbour, options)
    tried.push(found)
    if (found.verdict === 'twin') return { twin: found, tried }
  }
  return { twin: null, tried }
}

async function tryNeighbour({ version, tools }: Neighbour, options: TwinOptions): Promise<TriedNeighbour> {
  const { sandbox, tool, tests, runTests, signal } = options
  const about = { name: version.name, version: version.version, renamed: [], behaviour: null, modules: [] }
  if (version.language !== tool.signature.language) {
    return { ...about, verdict: 'does-not-fit', reason: `it is written in ${version.language}` }
  }
  const neighbour: ToolUnderTest = { code: version.code, signature: version, tools, needs: version.needs }
  const names = alignParameters(tool.signature.inputSchema, version.inputSchema)
  if (names === null) return { ...about, verdict: 'does-not-fit', reason: 'it takes other parameters' }
  const subject = await adaptTool(neighbour, tool.signature, names)
  if (subject === null) return { ...about, verdict: 'does-not-fit', reason: 'it imports a tool of the same name' }
  const results = await runTests({ sandbox, subject, tests, stopAtFailure: true, ...(signal ? { signal } : {}) })
  const failed = results.find((result) => result.failure !== null)
  const renamed = [...names].flatMap(([from, to]) => (from === to ? [] : [{ from, to }]))
  if (failed !== undefined) {
    return { ...about, renamed, verdict: 'fails', reason: `test "${failed.test.name}": ${failed.failure}` }
  }
  const { name, language } = tool.signature
  const module = { name, language, code: subject.code, function: subject.signature.function }
  const modules = [module, ...subject.tools]
  const behaviour = await compareOnGenerated(neighbour, options)
  const verdict = behaviour.verdict === 'different' ? 'passes' : 'twin'
  return {
    ...about,
    renamed,
    behaviour,
    modules,
    verdict,
    reason: `it passes all ${tests.length} tests, and ${behaviour.reason}`,
  }
}

function compareOnGenerated(neighbour: ToolUnderTest, options: TwinOptions): Promise<BehaviourComparison> {
  const { sandbox, tool, tests, compare, seed = 1, signal } = options
  const examples = tests.flatMap((test) => (test.kind === 'property' ? [] : [test.arguments]))
  const inputs = generateInputs(tool.signature.inputSchema, seed, INPUTS, {
    examples,
    dictionary: readDictionary([tool.code, neighbour.code]),
  })
  return compareBehaviour(tool, neighbour, { sandbox, inputs, compare, ...(signal ? { signal } : {}) })
}
