import { copyFile, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ERROR_KINDS, HandaxeError } from '../../contracts/errors.ts'
import type { Budget } from '../../contracts/limits.ts'
import type { Run } from '../../contracts/agent.ts'
import type { AdmissionDepth, MakePolicy, RunResult } from '../../contracts/run.ts'
import { askForPackages } from '../ask-for-packages.ts'
import type { CommandContext } from '../command.ts'
import { resolveInputFiles } from '../input-files.ts'
import { choiceOption, listOption, numberOption, switchOption, textOption } from '../option-values.ts'
import { readStandardInput } from '../read-standard-input.ts'
import { renderRunResult } from '../render/run-result.ts'
import { createProgress, type Progress } from '../render/progress.ts'
import { sandboxSelection } from '../sandbox-options.ts'
import { safeText } from '../terminal.ts'

const MAKE_POLICIES: readonly MakePolicy[] = ['auto', 'always', 'never']
const ADMISSION_DEPTHS: readonly AdmissionDepth[] = ['standard', 'thorough']

export async function runCommand(context: CommandContext): Promise<number> {
  const { options, terminal, workingFolder } = context
  const json = switchOption(options, 'json')
  const events = switchOption(options, 'events')
  if (json && events) throw new HandaxeError('invalid_request', '--json and --events exclude each other')
  const text = await readRequest(context)
  const files = resolveInputFiles(listOption(options, 'file'), workingFolder)
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
  const run = agent.run(
    { text, files },
    { budget, make, admission, save: !switchOption(options, 'no-save'), signal: context.signal },
  )
  const result = await followRun(run, context, progress, events)
  const folder = textOption(options, 'artifacts')
  const copied = folder === undefined ? result : await copyArtifacts(result, resolve(workingFolder, folder))
  if (json) terminal.writeResult(`${JSON.stringify(toJsonReport(copied))}\n`)
  else if (!events) {
    if (copied.answer !== null) terminal.writeResult(`${safeText(copied.answer)}\n`)
    if (progress !== null || copied.error !== null) terminal.writeProgress(renderRunResult(copied, terminal.err))
  }
  return copied.error === null ? 0 : ERROR_KINDS[copied.error.code].exitCode
}

async function followRun(
  run: Run,
  context: CommandContext,
  progress: Progress | null,
  events: boolean,
): Promise<RunResult> {
  try {
    for await (const event of run) {
      if (events) context.terminal.writeResult(`${JSON.stringify(event)}\n`)
      progress?.show(event)
    }
    return await run.result
  } finally {
    progress?.end()
  }
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

function modelSelection({ options, terminal }: CommandContext) {
  const model = textOption(options, 'model')
  const recordPath = textOption(options, 'record')
  const replayPath = textOption(options, 'replay')
  const manualFolder = textOption(options, 'manual-folder')
  return {
    ...(model === undefined ? {} : { model }),
    ...(recordPath === undefined ? {} : { recordPath }),
    ...(replayPath === undefined ? {} : { replayPath }),
    ...(manualFolder === undefined ? {} : { manualFolder }),
    onManualPrompt: ({ promptPath, replyPath }: { promptPath: string; replyPath: string }) =>
      terminal.writeProgress(`  read   ${promptPath}\n  answer ${replyPath}\n`),
  }
}

function budgetOptions({ options }: CommandContext): Partial<Budget> {
  const limits: [keyof Budget, number | undefined][] = [
    ['costUsd', numberOption(options, 'max-cost-usd', { whole: false })],
    ['tokens', numberOption(options, 'max-tokens', { whole: true })],
    ['modelCalls', numberOption(options, 'max-calls', { whole: true })],
    ['wallMs', numberOption(options, 'timeout-ms', { whole: true })],
  ]
  return Object.fromEntries(limits.filter(([, value]) => value !== undefined))
}

/** Copies the artifacts and names the copies in the result. A name that is there already is replaced. */
async function copyArtifacts(result: RunResult, folder: string): Promise<RunResult> {
  const artifacts = []
  for (const artifact of result.artifacts) {
    const path = join(folder, artifact.name)
    await mkdir(join(path, '..'), { recursive: true })
    await copyFile(artifact.path, path)
    artifacts.push({ ...artifact, path })
  }
  return { ...result, artifacts }
}

/** The object of `--json`: the result, with what it used at the top level under the names that programs look for. */
function toJsonReport(result: RunResult): Record<string, unknown> {
  const { usage, ...rest } = result
  return { ...rest, ...usage }
}
