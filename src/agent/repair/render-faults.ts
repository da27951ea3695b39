import type { ToolVersion } from '../../contracts/tool.ts'
import { cutEnd, cutMiddle } from '../../domain/text/cut-middle.ts'
import { fenceUntrusted } from '../../domain/text/untrusted-text.ts'
import { toStableJson } from '../../domain/text/to-stable-json.ts'
import type { RecordedFailure } from './collect-failures.ts'

const ARGUMENTS_CHARACTERS = 1500
const ERROR_CHARACTERS = 2000
const REASON_CHARACTERS = 1000

/** All that is known to be wrong with a version, for who writes the next one. What was recorded is data, and fenced. */
export function renderFaults({
  tool,
  reason,
  failures,
  failedTests,
}: {
  tool: Pick<ToolVersion, 'state' | 'stateReason'>
  /** In a person's words; empty where nobody said. */
  reason: string
  failures: readonly RecordedFailure[]
  /** As `renderFailures` gives them; empty where its tests pass. */
  failedTests: string
}): string {
  const parts = [
    reason === '' ? '' : `Who asks for the repair says: ${cutEnd(reason, REASON_CHARACTERS)}`,
    tool.stateReason === '' ? '' : `It is ${tool.state}: ${cutEnd(tool.stateReason, REASON_CHARACTERS)}.`,
    ...failures.map(renderFailure),
    failedTests,
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function renderFailure({ at, cause, error, planned }: RecordedFailure): string {
  const call =
    planned === null ? [] : [fenceUntrusted('arguments', cutMiddle(toStableJson(planned), ARGUMENTS_CHARACTERS))]
  const seen = error === null ? [] : [fenceUntrusted('error', cutMiddle(error, ERROR_CHARACTERS))]
  return [`It failed on ${at.slice(0, 10)} (${cutEnd(cause, 200)}).`, ...call, ...seen].join('\n')
}
