import { ERROR_KINDS, HandaxeError } from '../../contracts/errors.ts'
import type { AdmissionDepth, MakePolicy } from '../../contracts/run.ts'
import { artifactsFolder } from '../artifacts-folder.ts'
import { askForPackages } from '../ask-for-packages.ts'
import type { CommandContext } from '../command.ts'
import { deliverArtifacts } from '../deliver-artifacts.ts'
import { budgetOptions, followRun, modelSelection, toJsonReport } from '../follow-run.ts'
import { resolveInputFiles } from '../input-files.ts'
import { choiceOption, listOption, switchOption } from '../option-values.ts'
import { readStandardInput } from '../read-standard-input.ts'
import { renderError } from '../render/error.ts'
import { renderRunResult } from '../render/run-result.ts'
import { createProgress } from '../render/progress.ts'
import { sandboxSelection } from '../sandbox-options.ts'
import { safeText, EXIT_CODE_OUTPUT_CLOSED } from '../terminal.ts'
import { toJsonText } from '../../domain/json/to-json-text.ts'

const MAKE_POLICIES: readonly MakePolicy[] = ['auto', 'always', 'never']
const ADMISSION_DEPTHS: readonly AdmissionDepth[] = ['standard', 'thorough']

export async function runCommand(context: CommandContext): Promise<number> {
  const { options, terminal, workingFolder } = context
  const json = switchOption(options, 'json')
  const events = switchOption(options, 'events')
  if (json && events) throw new HandaxeError('invalid_request', '--json and --events exclude each other')
  const text = await readRequest(context)
  const files = resolveInputFiles(listOption(options, 'file'), workingFolder)
  const folder = await artifactsFolder(context)
  const progress =
    switchOption(options, 'quiet') || events
      ? null
      : createProgress(terminal, { verbose: switchOption(options, 'verbose') })
  const pause = () => progress?.pause() ?? { resume: () => undefined }
  const app = await context.openApp({
    ...modelSelection(context),
    ...sandboxSelection(options),
    // Whose output a program reads is asked nothing.
    ...(terminal.interactive && !json && !events ? { askForPackages: askForPackages(terminal, pause) } : {}),
  })
  const make = choiceOption(options, 'make', MAKE_POLICIES) ?? app.config.make
  const admission = choiceOption(options, 'admission', ADMISSION_DEPTHS) ?? app.config.admission
  const budget = { ...app.config.budget, ...budgetOptions(context) }
  const agent = await app.agent()
  // A run whose events nobody reads any more would only go on costing.
  const signal = events ? AbortSignal.any([context.signal, terminal.outputClosed]) : context.signal
  const run = agent.run(
    { text, files },
    {
      budget,
      make,
      admission,
      save: !switchOption(options, 'no-save'),
      keepRequests: app.config.keepRequests && !switchOption(options, 'no-keep-requests'),
      signal,
    },
  )
  const result = await followRun(run, { ...context, config: app.config }, progress, events)
  const { artifacts, problem } = await deliverArtifacts(result.artifacts, folder)
  const copied = { ...result, artifacts }
  if (json) terminal.writeResult(`${toJsonText(toJsonReport(copied))}\n`)
  else if (!events) {
    if (copied.answer !== null) terminal.writeResult(`${safeText(copied.answer)}\n`)
    if (progress !== null || copied.error !== null) terminal.writeProgress(renderRunResult(copied, terminal.err))
  }
  if (problem !== null) terminal.writeProgress(renderError(problem, terminal.err, { stack: false }))
  if (signal.aborted && !context.signal.aborted) return EXIT_CODE_OUTPUT_CLOSED
  if (copied.error !== null) return ERROR_KINDS[copied.error.code].exitCode
  return problem === null ? 0 : problem.exitCode
}

async function readRequest(context: CommandContext): Promise<string> {
  const words = context.positionals
  const fromInput =
    (words.length === 0 && !context.terminal.interactive && !process.stdin.isTTY) ||
    (words.length === 1 && words[0] === '-')
  const text = (fromInput ? await readStandardInput() : words.join(' ')).trim()
  if (text === '') {
    throw new HandaxeError('invalid_request', 'There is no request', {
      hint: 'Example: handaxe run "What is the mean of the column price?" -f prices.csv',
    })
  }
  return text
}
