import type { JsonObject } from '../../contracts/json.ts'
import type { ExecutionResult, InputFile } from '../../contracts/sandbox.ts'
import type { ToolUse, ToolVersion } from '../../contracts/tool.ts'
import { attributeFailure } from '../../domain/failures/attribute-failure.ts'
import { hashInput, namesFile } from './hash-input.ts'

export interface ObservedCall {
  tool: Pick<ToolVersion, 'name' | 'version' | 'code' | 'tests'>
  result: ExecutionResult
  /** How the value is not what the tool declares; that is a failure. */
  mismatch?: string | null
  /** As they reached the code; absent where a script called the tool, nobody knows how. */
  arguments?: JsonObject
  files: readonly Extract<InputFile, { path: string }>[]
}

/** What the ledger is told of a call, as far as the call itself tells it. */
export async function describeUse({
  tool,
  result,
  mismatch = null,
  arguments: given,
  files,
}: ObservedCall): Promise<
  Pick<ToolUse, 'name' | 'version' | 'outcome' | 'cause' | 'fault' | 'wallMs' | 'inputHash' | 'call'>
> {
  const { name, version } = tool
  const failed = result.status !== 'ok' || mismatch !== null
  const status = result.error === undefined ? result.status : `${result.status}: ${result.error.type}`
  const cause = mismatch ?? (given === undefined ? `${status} in a script` : status)
  const common = { name, version, cause, wallMs: result.usage.wallMs }
  const input = given === undefined ? {} : { inputHash: await hashInput(given, files) }
  if (failed) {
    const fault = attributeFailure({ tool, result, mismatch: mismatch !== null })
    return { ...common, ...input, outcome: 'failure', fault }
  }
  // A call that reads a file cannot be repeated once the file is gone.
  const repeatable = given !== undefined && !namesFile(given, files)
  const call = repeatable ? { call: { arguments: given, value: result.value ?? null } } : {}
  return { ...common, ...input, ...call, outcome: 'success' }
}
