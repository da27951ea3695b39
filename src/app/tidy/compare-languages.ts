import { alignParameters } from '../../admission/twins/align-parameters.ts'
import type { TwinComparison } from '../../admission/twins/compare-twins.ts'
import type { ToolLanguage } from '../../contracts/sandbox.ts'
import { PairSet } from './pair-set.ts'
import type { TidyEntry } from './tidy-entry.ts'

/** Tools of two languages that do the same. */
export interface LanguagePair {
  names: [string, string]
  languages: [ToolLanguage, ToolLanguage]
  reason: string
}

export interface LanguageComparisons {
  /** Tools with the same key gave the same for the same inputs; null where a tool gave hardly anything. */
  keyOf: (entry: TidyEntry) => string | null
  /** By words. */
  neighboursOf: (entry: TidyEntry) => Promise<TidyEntry[]>
  /** True where it is known already that they differ. */
  isToldApart: (one: TidyEntry, other: TidyEntry) => boolean
  compare: (kept: TidyEntry, other: TidyEntry) => Promise<TwinComparison>
  maximumComparisons: number
}

/** Finds pairs of two languages: each tool with those that gave the same, and with its neighbours by words. */
export async function compareLanguages(
  entries: readonly TidyEntry[],
  { keyOf, neighboursOf, isToldApart, compare, maximumComparisons }: LanguageComparisons,
): Promise<{ same: LanguagePair[]; compared: number; notCompared: number }> {
  const isMixed = new Set(entries.map(({ signature }) => signature.language)).size > 1
  const known = new Set(entries)
  const byKey = Map.groupBy(entries, keyOf)
  const found = new PairSet()
  for (const entry of isMixed ? entries : []) {
    const key = keyOf(entry)
    const alike = key === null ? [] : (byKey.get(key) ?? [])
    for (const other of new Set([...alike, ...(await neighboursOf(entry))])) {
      const isOther = entry.signature.language !== other.signature.language
      if (isOther && known.has(other) && !isToldApart(entry, other)) found.add([entry, other])
    }
  }
  const same: LanguagePair[] = []
  const compared = found.pairs.slice(0, Math.max(0, maximumComparisons))
  for (const [one, other] of compared) {
    // One of them may take less than the other does.
    const isTaken = alignParameters(other.signature.inputSchema, one.signature.inputSchema) !== null
    const { verdict, reason } = await (isTaken ? compare(one, other) : compare(other, one))
    if (verdict !== 'same') continue
    const languages: LanguagePair['languages'] = [one.signature.language, other.signature.language]
    same.push({ names: [one.version.name, other.version.name], languages, reason })
  }
  return { same, compared: compared.length, notCompared: found.pairs.length - compared.length }
}
