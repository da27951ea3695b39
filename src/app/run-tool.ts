import { bindArguments } from '../agent/bind-arguments.ts'
import { checkArguments } from '../agent/check-arguments.ts'
import { describeUse } from '../agent/steps/describe-use.ts'
import { validateValue } from '../domain/json/validate-value.ts'
import { HandaxeError } from '../contracts/errors.ts'
import type { JsonObject } from '../contracts/json.ts'
import type { ExecutionResult, InputFile } from '../contracts/sandbox.ts'
import type { ToolChange, ToolVersion } from '../contracts/tool.ts'
import { grantNeeds } from '../util/grant-needs.ts'
import type { App } from './open-app.ts'
import { parseToolReference } from './parse-tool-reference.ts'

export interface RunToolOptions {
  reference: string
  /** May hold references to files, as in a plan: `{"$column": {"file": "a.csv", "name": "Close"}}`. */
  arguments: JsonObject
  files: Extract<InputFile, { path: string }>[]
  artifactsFolder?: string
  wallMs?: number
  signal?: AbortSignal
}

/**
 * Calls one tool in the sandbox and writes its outcome into the ledger. `changes` are what the outcome changed: a tool that
 * keeps failing is quarantined. Rejects with `unknown_tool` and `invalid_arguments`, and with `invalid_request` where the tool
 * is disabled.
 */
export async function runTool(
  app: App,
  options: RunToolOptions,
): Promise<{ tool: ToolVersion; result: ExecutionResult; changes: ToolChange[] }> {
  const library = await app.library()
  const { name, version } = parseToolReference(options.reference)
  const tool = await library.get(name, version)
  if ((await library.record(tool.name)).disabled) throw disabledError(tool.name)
  const sandbox = await app.sandbox()
  const signal = options.signal === undefined ? {} : { signal: options.signal }
  const bound = await bindArguments(sandbox, options.arguments, { files: options.files, stepValues: {}, ...signal })
  const checked = checkArguments(tool, bound)
  const modules = await library.closure(tool.pins)
  const result = await sandbox.execute({
    language: tool.language,
    code: tool.code,
    call: { function: tool.function, arguments: checked },
    inputs: options.files,
    tools: modules,
    ...grantNeeds(tool),
    limits: {
      ...app.config.limits,
      ...(options.wallMs === undefined ? {} : { wallMs: options.wallMs, cpuMs: options.wallMs }),
    },
    ...(options.artifactsFolder === undefined ? {} : { artifactsFolder: options.artifactsFolder }),
    ...signal,
  })
  const [mismatch = null] =
    result.status === 'ok' ? validateValue(tool.outputSchema, result.value ?? null, 'the value') : []
  const described = await describeUse({ tool, result, mismatch, arguments: checked, files: options.files })
  const changes = await library.recordUse({
    ...described,
    runId: null,
    at: new Date().toISOString(),
    reused: true,
    // Who calls it by hand had no model write it again.
    tokensSaved: 0,
    costSavedUsd: 0,
  })
  return { tool, result, changes }
}

function disabledError(name: string): HandaxeError {
  return new HandaxeError('invalid_request', `${name} is disabled`, {
    hint: `Let it in again with \`handaxe tools enable ${name}\`; \`handaxe tools history ${name}\` says why it was taken out.`,
    details: { tool: name },
  })
}
