import type { AdmissionFinding } from './finding.ts'

/**
 * Where a tool comes from. `made`: a model wrote it for a request. `repaired`: a model wrote the next version of a kept one.
 * `imported`: it came from a file or a folder. `edited`: a person changed a kept one here, or has a version verified.
 */
export type AdmissionPolicy = 'made' | 'repaired' | 'imported' | 'edited'

/**
 * `refuse`: the code is at fault, and the admission ends. `reuse`: a tool of the library stands in for it. `strengthen`: its
 * tests have to see more first. `doubt`: it is kept as a candidate, which runs are not offered. `note`: who reads the record
 * should know.
 */
export type Effect = 'refuse' | 'reuse' | 'strengthen' | 'doubt' | 'note'

export type FindingKind =
  /** The code is wrong. */
  | 'fault'
  /** Nobody could tell whether it is: this machine was too busy. */
  | 'undecided'
  /** Nobody could tell whether it is: the budget was spent. */
  | 'unfinished'
  /** It is not what the version before it was. */
  | 'regression'
  /** Its tests see too little. */
  | 'weak-tests'
  /** No test can fail at all. */
  | 'untested'
  | 'twin'
  | 'remark'

export interface JudgedFinding {
  finding: AdmissionFinding
  kind: FindingKind
  effect: Effect
}

/**
 * What follows from a finding. A made or repaired tool has an author who can be asked again, and somebody who writes further
 * tests; an imported or edited one has a person, who is told. A person's tool is never replaced by a twin: its name is known.
 */
const EFFECTS: Readonly<Record<AdmissionPolicy, Readonly<Record<FindingKind, Effect>>>> = {
  made: {
    fault: 'refuse',
    undecided: 'doubt',
    // The bound is the run's own, and the record says that it was met.
    unfinished: 'note',
    regression: 'doubt',
    'weak-tests': 'strengthen',
    untested: 'strengthen',
    twin: 'reuse',
    remark: 'note',
  },
  repaired: {
    fault: 'refuse',
    undecided: 'doubt',
    unfinished: 'note',
    regression: 'refuse',
    'weak-tests': 'strengthen',
    untested: 'strengthen',
    twin: 'note',
    remark: 'note',
  },
  imported: {
    fault: 'refuse',
    undecided: 'refuse',
    unfinished: 'refuse',
    // Who brings a file has seen what changed, and is told what that changes.
    regression: 'note',
    'weak-tests': 'note',
    untested: 'doubt',
    twin: 'note',
    remark: 'note',
  },
  edited: {
    fault: 'refuse',
    undecided: 'refuse',
    unfinished: 'refuse',
    regression: 'doubt',
    'weak-tests': 'note',
    untested: 'doubt',
    twin: 'note',
    remark: 'note',
  },
}

export function judgeFinding(
  finding: AdmissionFinding,
  policy: AdmissionPolicy,
  { mayStrengthen }: { mayStrengthen: boolean },
): JudgedFinding {
  const kind = kindOf(finding)
  const effect = EFFECTS[policy][kind]
  // Tests are strengthened once: that they are weak all the same is then a doubt.
  return { finding, kind, effect: effect === 'strengthen' && !mayStrengthen ? 'doubt' : effect }
}

function kindOf(finding: AdmissionFinding): FindingKind {
  const { check, code } = finding
  if (code === 'not-finished') return 'unfinished'
  if (code === 'undecided') return 'undecided'
  if (check === 'regression') return 'regression'
  if (check === 'test-quality') {
    // A repeated test costs time and hides nothing.
    if (code === 'duplicate') return 'remark'
    return code === 'untested' ? 'untested' : 'weak-tests'
  }
  if (code === 'weak' || code === 'not-told-apart') return 'weak-tests'
  return code === 'twin' ? 'twin' : 'fault'
}
