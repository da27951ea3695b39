import type { JsonObject } from '../../contracts/json.ts'
import type { DeterminismFinding, Source } from '../../domain/admission/finding.ts'
import type { Reads } from '../observation/reads.ts'

/** Where two runs of one call gave different outcomes. */
export interface Difference {
  /** Index of the call. */
  call: number
  difference: string
}

const OUTSIDE = ['files', 'environment'] as const
const ACTS = ['network', 'processes', 'evaluation'] as const

/** What was observed against a tool: the first call that shows each fault. */
export function collectFindings(observed: {
  differences: readonly Difference[]
  sources: readonly Source[]
  reads: Reads
  changedArguments: readonly number[]
  calls: readonly JsonObject[]
}): DeterminismFinding[] {
  const { differences, sources, reads, changedArguments, calls } = observed
  const findings: DeterminismFinding[] = []
  const check = 'determinism'
  const [first] = differences
  if (first !== undefined) {
    const args = calls[first.call] ?? {}
    findings.push({ check, code: 'unsteady', arguments: args, difference: first.difference, sources: [...sources] })
  }
  for (const kind of OUTSIDE) {
    if (reads[kind].length > 0) findings.push({ check, code: 'reads-outside', kind, names: reads[kind] })
  }
  for (const code of ACTS) if (reads[code].length > 0) findings.push({ check, code, names: reads[code] })
  const [changed] = changedArguments
  if (changed !== undefined) findings.push({ check, code: 'changes-arguments', arguments: calls[changed] ?? {} })
  return findings
}
