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

export interface RepairOptions extends Pick<RunOptions, 'budget' | 'admission' | 'signal'> {
  /** What is wrong with it, in a person's words: for what no failure shows. */
  reason?: string
}

export interface Agent {
  /** Rejects through `result` only for a bug or a broken store. A bad request throws `HandaxeError` here at once. */
  run(request: string | Request, options?: RunOptions): Run
  /**
   * Has a model write the next version of a tool (without `version`: of the quarantined one that is newer than the one in
   * use, else of that). It has to pass all tests of the old one and the checks of admission, gives its kept calls' values
   * again, and does not fail for what the old one failed for; then it is the current version, and `made` names it. One that
   * only gives another value for a kept call is saved as a candidate. Ends like `run`; where nothing is wrong, with `tool_rejected`.
   */
  repair(tool: { name: string; version?: number }, options?: RepairOptions): Run
  close(): Promise<void>
}
