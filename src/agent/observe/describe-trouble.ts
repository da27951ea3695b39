import { HandaxeError } from '../../contracts/errors.ts'
import type { Observation } from '../../contracts/run.ts'
import { cutEnd } from '../../domain/text/cut-middle.ts'
import { isGood } from './observe-execution.ts'

const REASON_CHARACTERS = 500

/** In one sentence: which step did not come out well, and how. */
export function describeTrouble(observations: readonly Observation[]): string {
  // A step that was not run suffers from another one.
  const troubled = observations.filter((observation) => !isGood(observation))
  const first = troubled.find(({ status }) => status !== 'not-run') ?? troubled[0]
  if (first === undefined) return 'Every step came out well.'
  const how = first.status === 'ok' ? 'gave a surprising value' : 'did not succeed'
  const why = first.status === 'ok' ? first.surprises.join('; ') : (first.error?.split('\n', 1)[0] ?? first.status)
  return cutEnd(`Step ${first.stepId} ${how}: ${why}`, REASON_CHARACTERS)
}

/** The error of a run whose steps did not succeed under any of its plans. */
export function runFailed(observations: readonly Observation[]): HandaxeError {
  return new HandaxeError('run_failed', describeTrouble(observations), {
    hint: 'See its code and output in the run; a stronger model (-m) or a more precise request may help.',
    details: { observations },
  })
}
