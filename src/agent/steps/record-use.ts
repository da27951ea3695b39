import { HandaxeError } from '../../contracts/errors.ts'
import type { JsonObject } from '../../contracts/json.ts'
import type { ExecutionResult } from '../../contracts/sandbox.ts'
import type { ToolChange, ToolUse, ToolVersion } from '../../contracts/tool.ts'
import type { RunContext } from '../run/run-context.ts'
import { describeUse } from './describe-use.ts'
import { NOTHING_SAVED, savings } from './savings.ts'
import type { ShelvedTool } from './tool-shelf.ts'

/** Tells that the run uses a tool that it found in the library. */
export function reportReuse({ events, progress }: RunContext, stepId: string, { name, version }: ToolVersion): void {
  events.emit({ type: 'tool-reused', stepId, name, version })
  const known = progress.reused.some((other) => other.name === name && other.version === version)
  if (!known) progress.reused.push({ name, version })
}

/**
 * Writes one use into the tool's ledger. `mismatch` says how a value is not what the tool declares; that is a failure.
 * `arguments` are absent where a script called it.
 */
export async function recordUse(
  context: RunContext,
  { tool, found, kept }: ShelvedTool,
  call: { result: ExecutionResult; mismatch?: string | null; arguments?: JsonObject },
): Promise<void> {
  if (!kept) return
  const { dependencies, events, runId, clock, request } = context
  const described = await describeUse({ tool, files: request.files, ...call })
  const use: ToolUse = {
    ...described,
    runId,
    at: new Date(clock()).toISOString(),
    reused: found,
    ...(found && described.outcome === 'success' ? await savings(context, tool) : NOTHING_SAVED),
  }
  try {
    const changes = await dependencies.library.recordUse(use)
    for (const change of changes) reportChange(context, tool, change)
  } catch (error) {
    // Removed by somebody while it ran: its value is still good, and there is no ledger to write.
    if (!HandaxeError.isInstance(error) || error.code !== 'unknown_tool') throw error
    events.emit({
      type: 'warning',
      code: 'unknown_tool',
      message: `The use of ${tool.name} was not counted: ${error.message}`,
    })
  }
}

/** A promotion is no news for who asked something; what is no longer there is. */
function reportChange({ events }: RunContext, { name }: ToolVersion, change: ToolChange): void {
  const { kind, version, state, reason } = change
  if (kind === 'state' && state === 'quarantined') {
    const message = `${name} version ${version} ${reason}, and is not used any more: \`handaxe tools repair ${name}\` has it mended.`
    events.emit({ type: 'warning', code: 'tool_quarantined', message })
  }
  if (kind === 'current') {
    events.emit({
      type: 'warning',
      code: 'tool_quarantined',
      message: `${name} version ${version} is used again: ${reason}.`,
    })
  }
}
