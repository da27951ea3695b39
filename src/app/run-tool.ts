import { bindArguments } from '../agent/bind-arguments.ts'
import { checkArguments } from '../agent/check-arguments.ts'
import type { JsonObject } from '../contracts/json.ts'
import type { ExecutionResult, InputFile } from '../contracts/sandbox.ts'
import type { ToolVersion } from '../contracts/tool.ts'
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

/** Calls one tool in the sandbox and writes its outcome into the ledger. Rejects with `unknown_tool` and `invalid_arguments`. */
export async function runTool(
  app: App,
  options: RunToolOptions,
): Promise<{ tool: ToolVersion; result: ExecutionResult }> {
  const library = await app.library()
  const { name, version } = parseToolReference(options.reference)
  const tool = await library.get(name, version)
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
    limits: {
      ...app.config.limits,
      ...(options.wallMs === undefined ? {} : { wallMs: options.wallMs, cpuMs: options.wallMs }),
    },
    ...(options.artifactsFolder === undefined ? {} : { artifactsFolder: options.artifactsFolder }),
    ...signal,
  })
  await library.recordUse({
    name: tool.name,
    version: tool.version,
    runId: null,
    at: new Date().toISOString(),
    outcome: result.status === 'ok' ? 'success' : 'failure',
    cause: result.status,
    wallMs: result.usage.wallMs,
    reused: true,
    tokensSaved: 0,
  })
  return { tool, result }
}
