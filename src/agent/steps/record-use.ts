import { HandaxeError } from '../../contracts/errors.ts'
import type { ExecutionResult } from '../../contracts/sandbox.ts'
import type { ToolUse, ToolVersion } from '../../contracts/tool.ts'
import type { RunContext } from '../run/run-context.ts'
import type { ShelvedTool } from './tool-shelf.ts'

/** Tells that the run uses a tool that it found in the library. */
export function reportReuse({ events, progress }: RunContext, stepId: string, { name, version }: ToolVersion): void {
  events.emit({ type: 'tool-reused', stepId, name, version })
  const known = progress.reused.some((other) => other.name === name && other.version === version)
  if (!known) progress.reused.push({ name, version })
}

/** Writes one use into the tool's ledger. `mismatch` says how a value is not what the tool declares; that is a failure. */
export async function recordUse(
  { dependencies, events, runId, clock, budget }: RunContext,
  { tool, found, kept }: ShelvedTool,
  { result, mismatch = null, through }: { result: ExecutionResult; mismatch?: string | null; through?: 'script' },
): Promise<void> {
  if (!kept) return
  const failed = result.status !== 'ok' || mismatch !== null
  const status = result.error === undefined ? result.status : `${result.status}: ${result.error.type}`
  const use: ToolUse = {
    name: tool.name,
    version: tool.version,
    runId,
    at: new Date(clock()).toISOString(),
    outcome: failed ? 'failure' : 'success',
    cause: mismatch ?? (through === undefined ? status : `${status} in a ${through}`),
    wallMs: result.usage.wallMs,
    reused: found,
    tokensSaved: found && !failed ? Math.max(0, tool.provenance.tokens - budget.usage.tokens) : 0,
  }
  try {
    await dependencies.library.recordUse(use)
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
