import type { JsonObject } from '../../contracts/json.ts'
import type { ReadKind, Reads } from '../observation/reads.ts'
import type { Source } from './worlds.ts'

/** Where two runs of one call gave different outcomes. */
export interface Difference {
  /** Index of the call. */
  call: number
  difference: string
}

export interface DeterminismFinding {
  code: 'unsteady' | 'reads-outside' | 'network' | 'processes' | 'evaluation' | 'changes-arguments' | 'recursion'
  /** For the author of the code: what was seen, what it comes from, what to do. */
  message: string
}

const SOURCES: Readonly<Record<Source, string>> = {
  clock: 'it reads the clock: take the time as a parameter',
  'time-zone': 'it depends on the time zone of the machine: compute in UTC, or take the time zone as a parameter',
  randomness: 'it draws random numbers without a seed: take a seed as a parameter and make a generator from it',
  folder: 'it depends on the current folder: take paths as parameters',
  'input-files': 'it looks at input files that no argument names: take their paths as parameters',
  environment: 'it reads environment variables: take their values as parameters',
  'earlier-calls': 'it keeps something between calls: a result has to depend on the arguments alone',
  'hash-order': 'it depends on the order of a set, which every interpreter draws anew: sort it',
}

const OUTSIDE: readonly ReadKind[] = ['files', 'environment']
const ACTS: readonly { kind: ReadKind; code: DeterminismFinding['code']; says: string }[] = [
  { kind: 'network', code: 'network', says: 'It reaches for the network' },
  { kind: 'processes', code: 'processes', says: 'It starts other programs' },
  { kind: 'evaluation', code: 'evaluation', says: 'It runs code that it makes while it runs' },
]

const SHOWN_CHARACTERS = 200

/** What was observed, in sentences. */
export function describeFindings(observed: {
  differences: readonly Difference[]
  sources: readonly Source[]
  reads: Reads
  changedArguments: readonly number[]
  calls: readonly JsonObject[]
}): DeterminismFinding[] {
  const { differences, sources, reads, changedArguments, calls } = observed
  const findings: DeterminismFinding[] = []
  const first = differences[0]
  if (first !== undefined) {
    const causes = sources.map((source) => SOURCES[source])
    const cause =
      causes.length > 0 ? causes.join('; ') : 'the source could not be told: look for state, time and chance'
    const message = `The same arguments give different results, for ${show(calls[first.call])}: ${first.difference}. Probably ${cause}.`
    findings.push({ code: 'unsteady', message })
  }
  for (const kind of OUTSIDE) {
    if (reads[kind].length === 0) continue
    const what = kind === 'files' ? 'files that no argument names' : 'environment variables'
    findings.push({
      code: 'reads-outside',
      message: `It reads ${what}: ${reads[kind].join(', ')}. Make them parameters.`,
    })
  }
  for (const { kind, code, says } of ACTS) {
    if (reads[kind].length > 0) findings.push({ code, message: `${says}: ${reads[kind].join(', ')}.` })
  }
  const changed = changedArguments[0]
  if (changed !== undefined) {
    const message = `It changes the arguments that it is given, for ${show(calls[changed])}: work on a copy.`
    findings.push({ code: 'changes-arguments', message })
  }
  return findings
}

function show(args: JsonObject | undefined): string {
  const text = JSON.stringify(args ?? {})
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS).toWellFormed()}…`
}
