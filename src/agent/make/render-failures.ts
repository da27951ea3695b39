import { cutMiddle } from '../../domain/text/cut-middle.ts'
import { fenceCode } from '../text/fence-code.ts'
import { fenceUntrusted } from '../../domain/text/untrusted-text.ts'
import { toStableJson } from '../../domain/text/to-stable-json.ts'
import { failed, type TestReport } from './run-test.ts'

/** A few failures show the cause; more of them only fill the prompt. */
const MAX_SHOWN = 6
const ARGUMENTS_CHARACTERS = 600
const PROGRAM_CHARACTERS = 1500
const TRACEBACK_CHARACTERS = 1200

/** Failed tests, as the code's author is shown them. `notes` are what the reviewer said of tests that stay, by name. */
export function renderFailures(
  reports: readonly TestReport[],
  { language, notes }: { language: string; notes: ReadonlyMap<string, string> },
): string {
  const failing = reports.filter(failed)
  const undecided = reports.filter((report) => report.undecided)
  const parts = failing.slice(0, MAX_SHOWN).map((report) => {
    const note = notes.get(report.test.name)
    const review = note === undefined ? '' : `\nA reviewer found this test right: ${note}`
    return `## Test "${report.test.name}"\n\n${renderTest(report, language)}\n\n${renderOutcome(report)}${review}`
  })
  const more = failing.length > MAX_SHOWN ? [`${failing.length - MAX_SHOWN} more tests fail.`] : []
  const judged = reports.length - undecided.length
  const passed = `${judged - failing.length} of ${judged} tests pass.`
  return [passed, ...parts, ...more].join('\n\n')
}

function renderTest({ test }: TestReport, language: string): string {
  if (test.kind === 'property') return fenceCode(cutMiddle(test.program, PROGRAM_CHARACTERS), language)
  const files =
    test.files === undefined ? '' : `\n\nFiles: ${cutMiddle(toStableJson({ ...test.files }), ARGUMENTS_CHARACTERS)}`
  return `Arguments: ${cutMiddle(toStableJson(test.arguments), ARGUMENTS_CHARACTERS)}${files}`
}

function renderOutcome({ outcome, failure }: TestReport): string {
  const lines = [`Result: ${failure}`]
  if (outcome.kind === 'error' && outcome.traceback.trim() !== '') {
    lines.push(fenceUntrusted('traceback', cutMiddle(outcome.traceback.trim(), TRACEBACK_CHARACTERS)))
  }
  return lines.join('\n')
}
