import type { JsonObject } from '../../contracts/json.ts'
import type { InputFile, Sandbox } from '../../contracts/sandbox.ts'
import type { DeterminismFinding, Source } from '../../domain/admission/finding.ts'
import {
  observeCalls,
  observeHashOrders,
  observeTogether,
  type Observation,
  type World,
} from '../observation/observe-calls.ts'
import { compareOutcomes, type CallOutcome } from '../observation/outcome.ts'
import { mergeReads, type Reads } from '../observation/reads.ts'
import type { CompareValues, ToolUnderTest } from '../subject.ts'
import { collectFindings, type Difference } from './collect-findings.ts'
import { longCalls, wentTooDeep } from './long-calls.ts'
import { CHANGES, WORLDS } from './worlds.ts'

/** Two runs of the same code on the same machine agree to the last bit, but for sums in the order of a set. */
const TOLERANCE = 1e-12

/** Of a set of two names, half of all seeds give the same order; of three such sets, one in eight. */
const HASH_SEEDS = [1, 2, 3]

export interface DeterminismCheck {
  /** True where every call gave the same in all worlds. Where `compared` is 0 it says nothing. */
  deterministic: boolean
  /** Calls that gave a value, and not an error, in the first world. */
  compared: number
  differences: Difference[]
  /** What the differences come from, as far as it could be told. */
  sources: Source[]
  /** What it read besides its arguments, whether or not that shows in a result. */
  reads: Reads
  /** Indices of calls that changed the arguments that they were given. */
  changedArguments: number[]
  /** Other hash seeds: `not-compared` where no new interpreter could be had, so that the order of a set may still show. */
  hashOrder: 'compared' | 'not-needed' | 'not-compared'
  findings: DeterminismFinding[]
  /** Of the first world, in the order of the calls. */
  outcomes: CallOutcome[]
  wallMs: number
}

export interface DeterminismOptions {
  sandbox: Sandbox
  tool: ToolUnderTest
  /** Named arguments, as JSON values. */
  calls: readonly JsonObject[]
  /** Input files that the arguments name. */
  inputs?: readonly InputFile[]
  compare: CompareValues
  signal?: AbortSignal
}

/**
 * Runs the calls in two worlds that differ in the clock, the seeds, the current folder, the other input files, the
 * environment variables and the order of the calls, and Python code that makes sets with other hash seeds as well. Where an
 * outcome differs, the worlds are told apart one change at a time to find the source. Never rejects for what the tool did.
 */
export async function checkDeterminism(options: DeterminismOptions): Promise<DeterminismCheck> {
  const startedAt = performance.now()
  const { compare } = options
  const [first, second] = await Promise.all([observe(options, WORLDS.first), observe(options, WORLDS.second)])
  const hashes = first.usesHashOrder ? await observeHashOrders(options, HASH_SEEDS) : null
  const byWorld = differencesOf(first.outcomes, second.outcomes, compare)
  const byHash = (hashes ?? []).flatMap((outcomes) => differencesOf(first.outcomes, outcomes, compare))
  const reads = mergeReads([first.reads, second.reads])
  const sources: Source[] = [
    ...(byWorld.length > 0 ? await findSources(options, first, reads) : []),
    ...(byHash.length > 0 && byWorld.length === 0 ? (['hash-order'] as const) : []),
  ]
  const differences = [...byWorld, ...byHash].filter(
    (one, index, all) => all.findIndex((other) => other.call === one.call) === index,
  )
  const changedArguments = [...new Set([...first.changedArguments, ...second.changedArguments])].sort((a, b) => a - b)
  return {
    deterministic: differences.length === 0,
    compared: first.outcomes.filter((outcome) => outcome.kind === 'value').length,
    differences,
    sources,
    reads,
    changedArguments,
    hashOrder: !first.usesHashOrder ? 'not-needed' : hashes === null ? 'not-compared' : 'compared',
    findings: [
      ...collectFindings({
        differences,
        sources,
        reads: withoutGranted(reads, options.tool),
        changedArguments,
        calls: options.calls,
      }),
      ...(await checkDepth(options, first.outcomes)),
    ],
    outcomes: first.outcomes,
    wallMs: performance.now() - startedAt,
  }
}

/** A tool that calls itself for each item gives no result for a table of usual length, and tests are short. */
async function checkDepth(
  options: DeterminismOptions,
  outcomes: readonly CallOutcome[],
): Promise<DeterminismFinding[]> {
  const calls = longCalls(options.calls, outcomes)
  if (calls.length === 0) return []
  const observed = await observeTogether({ ...options, calls, world: WORLDS.first })
  if (typeof observed === 'string' || !observed.outcomes.some(wentTooDeep)) return []
  return [{ check: 'determinism', code: 'recursion' }]
}

/** What a person granted is no finding: the allow-list bounds it, and what it gives has to be the same in both worlds. */
function withoutGranted(reads: Reads, { needs }: ToolUnderTest): Reads {
  return needs === undefined || needs.network.length === 0 ? reads : { ...reads, network: [] }
}

function observe({ sandbox, tool, calls, inputs, signal }: DeterminismOptions, world: World): Promise<Observation> {
  return observeCalls({
    sandbox,
    tool,
    calls,
    world,
    ...(inputs ? { inputs } : {}),
    ...(signal ? { signal } : {}),
  })
}

/** One change at a time. Nothing changed and yet another outcome: what it reads changes by itself. */
async function findSources(options: DeterminismOptions, first: Observation, reads: Reads): Promise<Source[]> {
  const differs = async (world: World): Promise<boolean> => {
    const again = await observe(options, world)
    return differencesOf(first.outcomes, again.outcomes, options.compare).length > 0
  }
  if (await differs(WORLDS.first)) return [reads.clock.length > 0 ? 'clock' : 'randomness']
  const sources: Source[] = []
  for (const [source, change] of CHANGES) {
    if (await differs({ ...WORLDS.first, ...change })) sources.push(source)
  }
  return sources
}

function differencesOf(
  first: readonly CallOutcome[],
  second: readonly CallOutcome[],
  compare: CompareValues,
): Difference[] {
  return first.flatMap((outcome, call) => {
    const difference = compareOutcomes(outcome, second[call] ?? { kind: 'unknown' }, { compare, tolerance: TOLERANCE })
    return difference === null ? [] : [{ call, difference }]
  })
}
