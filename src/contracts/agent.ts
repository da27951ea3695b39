import type { RunEvent } from './events.ts'
import type { Request, RunOptions, RunResult } from './run.ts'

/** A run under way: iterate for its events as they happen, await `result` for its outcome. */
export interface Run extends AsyncIterable<RunEvent> {
  readonly runId: string
  /** Never rejects for what the model, the code or a limit did: that is a `status` and an `error` of the result. */
  readonly result: Promise<RunResult>
  /** Ends the run and its sandboxes; the result has the status `cancelled`. */
  cancel(): void
}

export interface Agent {
  /** Rejects through `result` only for a bug or a broken store. A bad request throws `HandaxeError` here at once. */
  run(request: string | Request, options?: RunOptions): Run
  close(): Promise<void>
}
