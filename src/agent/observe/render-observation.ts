import type { Observation } from '../../contracts/run.ts'
import { fenceUntrusted, quoteUntrusted } from '../../domain/text/untrusted-text.ts'

/** An observation as the models are shown it. What came out of the sandbox is fenced as data. */
export function renderObservation(observation: Observation, goal: string): string {
  const { stepId, status, value, stdout, stderr, error, artifacts, notes = [], surprises } = observation
  const output = [
    value === null ? '' : `Value:\n${value}`,
    error === null ? '' : `Error:\n${error}`,
    stdout.trim() === '' ? '' : `Printed:\n${stdout.trim()}`,
    stderr.trim() === '' ? '' : `Printed to stderr:\n${stderr.trim()}`,
  ].filter((part) => part !== '')
  const lines = [
    `Step ${stepId} (${goal}): ${describeStatus(status)}`,
    surprises.length === 0 ? '' : `Surprising: ${surprises.map(quoteUntrusted).join('; ')}`,
    notes.length === 0 ? '' : `Note: ${notes.map(quoteUntrusted).join('; ')}`,
    artifacts.length === 0 ? '' : `Files written: ${artifacts.map(quoteUntrusted).join(', ')}`,
    output.length === 0 ? '' : fenceUntrusted(`step ${stepId}`, output.join('\n\n')),
  ]
  return lines.filter((line) => line !== '').join('\n')
}

const STATUSES: Readonly<Record<string, string>> = {
  ok: 'ended well',
  error: 'raised an error',
  timeout: 'ran longer than it may and was ended',
  'out-of-memory': 'used more memory than it may and was ended',
  killed: 'was ended by a signal',
  'output-limit': 'printed more than it may and was ended',
  'no-result': 'ended without giving a value',
  'invalid-arguments': 'was not run: its arguments do not fit',
  'not-made': 'the tool could not be made',
  'not-run': 'was not run because a step that it needs did not succeed',
}

function describeStatus(status: string): string {
  return STATUSES[status] ?? status
}
