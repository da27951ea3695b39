import { inspectInputs } from './inspect-inputs.ts'
import type { RunContext } from './run/run-context.ts'
import { untilAborted } from './run/until-aborted.ts'

/** Finds out what the request's files are, by trusted code in the sandbox. No file, no sandbox. */
export async function inspectFiles(context: RunContext): Promise<void> {
  const { request, signal, clock, events, progress } = context
  if (request.files.length === 0) return
  const startedAt = clock()
  const sandbox = await untilAborted(context.sandbox(), signal)
  progress.files = await untilAborted(inspectInputs(sandbox, request.files, { request: request.text, signal }), signal)
  events.emit({ type: 'inputs-inspected', files: progress.files, wallMs: clock() - startedAt })
}
