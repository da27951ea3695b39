import type { ImportCandidate, ToolDifference } from '../../contracts/exchange.ts'
import type { NewTool, ToolVersion } from '../../contracts/tool.ts'
import type { SignatureReading } from '../../library/read-signature.ts'
import type { Verification } from '../verify-tool.ts'

/** What becomes of one tool that was found outside. */
export interface ImportItem {
  /** As `ImportCandidate.sourcePath`. */
  sourcePath: string
  /** Null where it has none. */
  name: string | null
  /** `same`: the library has it. `refused`: it is not taken, for `problems`. */
  outcome: 'new' | 'new-version' | 'same' | 'refused'
  /** What it is saved as; null where it is not saved. */
  state: 'verified' | 'candidate' | null
  /** Of the library, before. */
  previous: { version: number; state: string } | null
  /** The version that it was given; null until it is saved. */
  version: number | null
  problems: string[]
  notes: string[]
  tests: { total: number; passed: number }
  twin: { name: string; version: number; reason: string } | null
  /** Its code, or what changed against the library, safe to print. Null where nothing did. */
  difference: ToolDifference | null
}

/** A candidate on its way, with what was found out about it. */
export interface Pending {
  candidate: ImportCandidate
  existing: ToolVersion | null
  /** The newest version of its name in the library when it was read; 0 for none. */
  newest: number
  reading: Extract<SignatureReading, { signature: unknown }>
  /** The package environment that it gets; null where it needs none. */
  environment: string | null
  item: ImportItem
  verification: Verification | null
  /** What is to be saved; null where nothing is. */
  tool: NewTool | null
  /** What it was verified with; null stands for what is saved by this import, and `carried` for which of the older versions. */
  pins: { name: string; version: number | null; carried?: string }[]
  /** True where some of these are not the current versions. */
  hasOlderPins: boolean
  /** An older version that came along for tools that import it, beside the current one: how those call it. */
  carried: string | null
}

/** An older version among those that came along. */
export function carriedKey({ name, version }: { name: string; version: number | undefined }): string {
  return `${name}@${version ?? ''}`
}

export function createItem(candidate: ImportCandidate): ImportItem {
  return {
    sourcePath: candidate.sourcePath,
    name: candidate.name ?? null,
    outcome: 'refused',
    state: null,
    previous: null,
    version: null,
    problems: [],
    notes: [...candidate.notes],
    tests: { total: candidate.tests?.length ?? 0, passed: 0 },
    twin: null,
    difference: null,
  }
}

export function refuse(item: ImportItem, problems: readonly string[]): void {
  item.outcome = 'refused'
  item.state = null
  item.problems.push(...problems)
}
