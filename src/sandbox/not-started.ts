import { HandaxeError } from '../contracts/errors.ts'

/** Why an execution was not started: its caller gave up, or else the sandbox was closed. */
export function notStarted(signal: AbortSignal | undefined): HandaxeError {
  return signal?.aborted ? new HandaxeError('cancelled', 'The execution was cancelled before it started') : closed()
}

export function closed(): HandaxeError {
  return new HandaxeError('sandbox_broken', 'The sandbox is closed', { hint: 'Open another one with `openSandbox`' })
}
