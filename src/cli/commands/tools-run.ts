import { runTool } from '../../app/run-tool.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import type { JsonObject } from '../../contracts/json.ts'
import { join } from 'node:path'
import { artifactsFolder } from '../artifacts-folder.ts'
import type { CommandContext } from '../command.ts'
import { moveArtifacts } from '../deliver-artifacts.ts'
import { resolveInputFiles } from '../input-files.ts'
import { listOption, numberOption, switchOption } from '../option-values.ts'
import { readStandardInput } from '../read-standard-input.ts'
import { renderError } from '../render/error.ts'
import { renderChange } from '../render/changes.ts'
import { describeExecutionEnd } from '../render/execution-end.ts'
import { sandboxSelection } from '../sandbox-options.ts'
import { toJsonText } from '../../domain/json/to-json-text.ts'
import { parseJson } from '../../domain/json/parse-json.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const { options, terminal, workingFolder } = context
  const [reference = '', given = '{}'] = context.positionals
  const toolArguments = parseArguments(given === '-' ? await readStandardInput() : given)
  const folder = await artifactsFolder(context)
  const wallMs = numberOption(options, 'timeout-ms', { whole: true })
  const app = await context.openApp({ singleExecution: true, ...sandboxSelection(options) })
  const received = join(app.config.folders.state, 'exec', `${Date.now()}-${process.pid}`)
  const ran = await runTool(app, {
    reference,
    arguments: toolArguments,
    files: resolveInputFiles(listOption(options, 'file'), workingFolder),
    signal: context.signal,
    artifactsFolder: received,
    ...(wallMs === undefined ? {} : { wallMs }),
  })
  const { tool, changes } = ran
  const { artifacts, problem } = await moveArtifacts(ran.result.artifacts, received, folder)
  const result = { ...ran.result, artifacts }
  if (switchOption(options, 'json')) {
    terminal.writeResult(
      `${toJsonText({ tool: tool.name, version: tool.version, ...result, changes, backend: result.guarantees.backend })}\n`,
    )
  } else {
    if (result.status === 'ok') terminal.writeResult(`${toJsonText(result.value ?? null, { digits: true })}\n`)
    const { value: _, ...rest } = result
    terminal.writeProgress(describeExecutionEnd(rest, terminal.err))
  }
  for (const change of changes) terminal.writeProgress(`${tool.name}: ${renderChange(change)}\n`)
  if (problem !== null) terminal.writeProgress(renderError(problem, terminal.err, { stack: false }))
  if (result.status === 'ok' && problem !== null) return problem.exitCode
  return result.status === 'ok' ? 0 : context.signal.aborted ? 130 : 1
}

function parseArguments(text: string): JsonObject {
  let value: unknown
  try {
    value = parseJson(text)
  } catch (error) {
    throw new HandaxeError('invalid_arguments', `ARGUMENTS is not valid JSON: ${(error as Error).message}`, {
      hint: 'Example: handaxe tools run NAME \'{"window": 37}\'',
      cause: error,
    })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HandaxeError('invalid_arguments', 'ARGUMENTS is not a JSON object', {
      hint: 'Example: \'{"window": 37}\'',
    })
  }
  return value as JsonObject
}
