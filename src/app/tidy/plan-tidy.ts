import { alignParameters } from '../../admission/twins/align-parameters.ts'
import { clusterTools, type Clustering } from '../../admission/twins/cluster-tools.ts'
import { compareTwins, type TwinComparison } from '../../admission/twins/compare-twins.ts'
import { fingerprintTools } from '../../admission/twins/fingerprint-tools.ts'
import { shapeOf } from '../../admission/twins/shape-of.ts'
import { steadySandbox } from '../../domain/failures/execute-steadily.ts'
import { compareValues } from '../../domain/compare/compare-values.ts'
import type { Library } from '../../contracts/library.ts'
import type { App } from '../open-app.ts'
import { compareLanguages, type LanguagePair } from './compare-languages.ts'
import { PairSet } from './pair-set.ts'
import { runTests } from '../run-tests.ts'
import { describeWorth, loadEntries, type TidyEntry } from './tidy-entry.ts'

/** A comparison takes about a second: an hour at the most. */
const MAXIMUM_COMPARISONS = 3000
/** Neighbours by words, for twins whose parameters stand in another order or that take one more. */
const NEIGHBOURS = 3
const SHOWN_DIFFERENT = 20

export interface TidyReference {
  name: string
  version: number
}

export interface TidyTwin extends TidyReference {
  /** How it is known that it does the same. */
  reason: string
  /** Its parameters that the kept tool calls otherwise. */
  renamed: { from: string; to: string }[]
  /** The version that calls the kept tool; null until it is made. */
  alias: number | null
  /** Why it was left as it is, after all. */
  problem: string | null
}

export interface TidyPlan {
  /** Tools that were looked at: verified and trusted ones that are not disabled. */
  tools: number
  clusters: { keep: TidyReference; why: string; others: TidyTwin[] }[]
  /** Pairs that look alike and differ, with what tells them apart; at most 20. */
  different: { names: [string, string]; reason: string }[]
  /** None takes the other's place: programs import tools of their own language. */
  acrossLanguages: LanguagePair[]
  compared: number
  /** Pairs that were left out to keep the time bounded. */
  notCompared: number
  entries: Map<string, TidyEntry>
}

export interface TidyOptions {
  maximumComparisons?: number
  onProgress?: (progress: { phase: 'sorting' | 'comparing'; done: number; total: number }) => void
  signal?: AbortSignal
}

/**
 * Finds tools of the library that do the same, whatever they are called. Tools of one shape are executed once on the same
 * inputs, and only those that give the same are compared in pairs, with each other's tests and on a thousand generated
 * inputs; so the number of executions grows with the number of tools, not of pairs. Nothing is changed.
 */
export async function planTidy(app: Pick<App, 'library' | 'sandbox'>, options: TidyOptions = {}): Promise<TidyPlan> {
  const { signal, onProgress, maximumComparisons = MAXIMUM_COMPARISONS } = options
  const [library, sandbox] = [await app.library(), await app.sandbox()]
  const entries = await loadEntries(library)
  const byName = new Map(entries.map((entry) => [entry.version.name, entry]))
  const shapes = Map.groupBy(entries, ({ signature }) => shapeOf(signature))
  const prints = await fingerprintAll(shapes, { sandbox, ...options })
  const sameResults = Map.groupBy(entries, (entry) => keyOf(entry, prints))
  const common = { sandbox: steadySandbox(sandbox), runTests, compare: compareValues, ...(signal ? { signal } : {}) }
  const apart = new PairSet()
  let done = 0
  const found = await clusterTools<TidyEntry, TwinComparison>(entries, {
    maximumComparisons,
    candidatesOf: async (entry) => {
      signal?.throwIfAborted()
      onProgress?.({ phase: 'comparing', done, total: entries.length })
      done += 1
      // A pinned tool stays what it is.
      if (entry.summary.pinnedVersion !== null) return []
      const alike = prints.get(entry) === null ? [] : (sameResults.get(keyOf(entry, prints)) ?? [])
      const near = await neighboursOf(entry, { library, byName })
      const others = [...new Set([...alike, ...near])].filter((other) => other !== entry && fits(entry, other))
      for (const other of others.filter((one) => isToldApart(entry, one, prints))) apart.add([other, entry])
      return others.filter((other) => !isToldApart(entry, other, prints))
    },
    compare: async (entry, keep) => {
      const comparison = await compareTwins(keep, entry, common)
      return { isSame: comparison.verdict === 'same', found: comparison }
    },
  })
  const merged = new Set(found.clusters.flatMap(({ others }) => others.map(({ item }) => item)))
  const across = await compareLanguages(
    entries.filter((entry) => !merged.has(entry)),
    {
      keyOf: (entry) => (prints.get(entry) === null ? null : keyOf(entry, prints)),
      neighboursOf: (entry) => neighboursOf(entry, { library, byName }),
      isToldApart: (one, other) => isToldApart(one, other, prints),
      compare: (kept, other) => compareTwins(kept, other, common),
      maximumComparisons: maximumComparisons - found.compared,
    },
  )
  return {
    tools: entries.length,
    clusters: found.clusters.map(({ keep, others }) => ({
      keep: referenceOf(keep),
      why: describeWorth(keep),
      others: others.map(({ item, found: { reason, renamed } }) => {
        return { ...referenceOf(item), reason, renamed, alias: null, problem: null }
      }),
    })),
    different: describeDifferent(found.different, apart),
    acrossLanguages: across.same,
    compared: found.compared + across.compared,
    notCompared: found.notCompared + across.notCompared,
    entries: byName,
  }
}

type Prints = ReadonlyMap<TidyEntry, string | null>

async function fingerprintAll(
  shapes: ReadonlyMap<string, TidyEntry[]>,
  { sandbox, onProgress, signal }: { sandbox: Awaited<ReturnType<App['sandbox']>> } & TidyOptions,
): Promise<Prints> {
  const groups = [...shapes.values()].filter(({ length }) => length > 1)
  const total = groups.reduce((sum, { length }) => sum + length, 0)
  const prints = new Map<TidyEntry, string | null>()
  for (const group of groups) {
    const found = await fingerprintTools(group, {
      sandbox,
      onTool: () => onProgress?.({ phase: 'sorting', done: prints.size, total }),
      ...(signal ? { signal } : {}),
    })
    for (const [entry, print] of found) prints.set(entry, print)
  }
  return prints
}

function keyOf(entry: TidyEntry, prints: Prints): string {
  return `${shapeOf(entry.signature)} ${prints.get(entry) ?? ''}`
}

/** Tools of one shape that gave different results for the same inputs need no comparison. */
function isToldApart(entry: TidyEntry, other: TidyEntry, prints: Prints): boolean {
  if (shapeOf(entry.signature) !== shapeOf(other.signature)) return false
  const [one, two] = [prints.get(entry), prints.get(other)]
  return typeof one === 'string' && typeof two === 'string' && one !== two
}

/** Whether the other can be called in place of the entry. */
function fits(entry: TidyEntry, other: TidyEntry): boolean {
  if (entry.signature.language !== other.signature.language) return false
  return alignParameters(entry.signature.inputSchema, other.signature.inputSchema) !== null
}

function describeDifferent(
  compared: Clustering<TidyEntry, TwinComparison>['different'],
  apart: PairSet,
): TidyPlan['different'] {
  const told = compared.flatMap(({ item, keep, found: { verdict, reason } }): TidyPlan['different'] =>
    verdict === 'different' ? [{ names: [keep.version.name, item.version.name], reason }] : [],
  )
  const sorted = apart.pairs.map(([one, two]): TidyPlan['different'][number] => {
    return { names: [one.version.name, two.version.name], reason: 'they give different results for the same inputs' }
  })
  return [...told, ...sorted].slice(0, SHOWN_DIFFERENT)
}

async function neighboursOf(
  { version }: TidyEntry,
  { library, byName }: { library: Library; byName: ReadonlyMap<string, TidyEntry> },
): Promise<TidyEntry[]> {
  const text = `${version.name.replaceAll('_', ' ')} ${version.summary}`
  const found = await library.search({ text, limit: NEIGHBOURS + 1 })
  return found.flatMap(({ tool }) => byName.get(tool.name) ?? [])
}

function referenceOf({ version }: TidyEntry): TidyReference {
  return { name: version.name, version: version.version }
}
