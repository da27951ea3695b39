import { parseToolReference } from '../../app/parse-tool-reference.ts'
import { ERROR_KINDS } from '../../contracts/errors.ts'
import type { AdmissionDepth } from '../../contracts/run.ts'
import type { CommandContext } from '../command.ts'
import { budgetOptions, followRun, modelSelection, toJsonReport } from '../follow-run.ts'
import { choiceOption, switchOption, textOption } from '../option-values.ts'
import { createProgress } from '../render/progress.ts'
import { renderRunResult } from '../render/run-result.ts'
import { safeText } from '../terminal.ts'
import { toJsonText } from '../../domain/json/to-json-text.ts'

const ADMISSION_DEPTHS: readonly AdmissionDepth[] = ['standard', 'thorough']

export async function runCommand(context: CommandContext): Promise<number> {
  const { options, positionals, signal, terminal } = context
  const { name, version } = parseToolReference(positionals[0] ?? '')
  const app = await context.openApp(modelSelection(context))
  // A name that is misspelt is no run.
  await (await app.library()).get(name, version)
  const reason = textOption(options, 'reason')
  const run = (await app.agent()).repair(
    { name, ...(version === undefined ? {} : { version }) },
    {
      budget: { ...app.config.budget, ...budgetOptions(context) },
      admission: choiceOption(options, 'admission', ADMISSION_DEPTHS) ?? app.config.admission,
      signal,
      ...(reason === undefined ? {} : { reason }),
    },
  )
  const progress = createProgress(terminal, { verbose: switchOption(options, 'verbose') })
  const result = await followRun(run, { ...context, config: app.config }, progress, false)
  if (switchOption(options, 'json')) terminal.writeResult(`${toJsonText(toJsonReport(result))}\n`)
  else if (result.answer !== null) terminal.writeResult(`${safeText(result.answer)}\n`)
  terminal.writeProgress(renderRunResult(result, terminal.err))
  return result.error === null ? 0 : ERROR_KINDS[result.error.code].exitCode
}
