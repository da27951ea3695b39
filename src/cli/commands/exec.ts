import { join } from 'node:path'
import type { SessionReport } from '../../app/sessions.ts'
import type { Execution, ExecutionResult, ExecutionStatus } from '../../contracts/sandbox.ts'
import { artifactsFolder } from '../artifacts-folder.ts'
import type { CommandContext } from '../command.ts'
import { moveArtifacts } from '../deliver-artifacts.ts'
import { executionOptions } from '../execution-options.ts'
import { daemonSelection } from '../daemon-selection.ts'
import { loadHostFunctions } from '../host-functions.ts'
import { resolveInputFiles } from '../input-files.ts'
import { listOption, switchOption } from '../option-values.ts'
import { readProgram } from '../read-program.ts'
import { renderError } from '../render/error.ts'
import { describeExecutionEnd } from '../render/execution-end.ts'
import { describeSession } from '../render/session.ts'
import { sandboxSelection } from '../sandbox-options.ts'
import { executeInSession, sessionOptions } from '../session-options.ts'
import { EXIT_CODE_OUTPUT_CLOSED } from '../terminal.ts'
import { toJsonText } from '../../domain/json/to-json-text.ts'

/** As shells and `timeout` use them: 124 for time, 137 for a kill, 125 for a limit of the runner. */
const EXIT_CODE: Record<Exclude<ExecutionStatus, 'error'>, number> = {
  ok: 0,
  timeout: 124,
  'out-of-memory': 137,
  killed: 137,
  'output-limit': 125,
  'no-result': 1,
}

export async function runCommand(context: CommandContext): Promise<number> {
  const { options, terminal, workingFolder } = context
  const json = switchOption(options, 'json')
  const { code, language } = await readProgram(context)
  const inputs = resolveInputFiles(listOption(options, 'input'), workingFolder, { folders: true })
  const { limits, ...asked } = executionOptions(context)
  const folder = await artifactsFolder(context)
  const host = await loadHostFunctions(context)
  const app = await context.openApp({
    singleExecution: true,
    ...sandboxSelection(options),
    ...daemonSelection(context),
  })
  const sandbox = await app.sandbox()
  const received = join(app.config.folders.state, 'exec', `${Date.now()}-${process.pid}`)
  const execution: Execution = {
    language,
    code,
    inputs,
    ...asked,
    ...(host.length === 0 ? {} : { host }),
    limits: { ...app.config.limits, ...limits },
    // What prints goes on for its reader only.
    signal: AbortSignal.any([context.signal, terminal.outputClosed]),
    artifactsFolder: received,
  }
  if (!json) execution.onOutput = passOn(context)
  const session = sessionOptions(options)
  const executed: ExecutionResult & { session?: SessionReport } =
    session === null
      ? await sandbox.execute(execution)
      : await executeInSession(sandbox, app.config, execution, session)
  const { artifacts, problem } = await moveArtifacts(executed.artifacts, received, folder)
  const result = { ...executed, artifacts }
  if (json) terminal.writeResult(`${toJsonText({ ...result, backend: result.guarantees.backend })}\n`)
  else terminal.writeProgress(describeExecutionEnd(result, terminal.err))
  if (!json && result.session !== undefined) terminal.writeProgress(describeSession(result.session, terminal.err))
  if (terminal.outputClosed.aborted && !context.signal.aborted) return EXIT_CODE_OUTPUT_CLOSED
  if (problem !== null) terminal.writeProgress(renderError(problem, terminal.err, { stack: false }))
  const exitCode = exitCodeOf(result, { interrupted: context.signal.aborted, callAsked: execution.call !== undefined })
  return exitCode === 0 && problem !== null ? problem.exitCode : exitCode
}

function passOn({ terminal }: CommandContext): (stream: 'stdout' | 'stderr', text: string) => void {
  return (stream, text) => (stream === 'stdout' ? terminal.writeResult(text) : terminal.writeProgress(text))
}

function exitCodeOf(
  result: ExecutionResult,
  { interrupted, callAsked }: { interrupted: boolean; callAsked: boolean },
): number {
  if (interrupted) return 130
  if (result.status === 'error') return result.exitCode !== null && result.exitCode !== 0 ? result.exitCode : 1
  // `os._exit(0)`: a program that was asked for no value may leave as it likes.
  if (result.status === 'no-result' && !callAsked) return result.exitCode ?? 1
  return EXIT_CODE[result.status]
}
