import { HandaxeError } from '../../contracts/errors.ts'
import type { RunRecord, RunResult, RunStatus } from '../../contracts/run.ts'

/** A row of `run`, as both engines keep it. */
export interface RunRow {
  run_id: string
  status: RunStatus
  started_at: string
  finished_at: string | null
  /** JSON: what has no column of its own. */
  body: string
  result: string | null
}

type Body = Pick<RunRecord, 'request' | 'files' | 'processId' | 'host' | 'owner'>

/** Columns in the order of `toRunValues`. */
export const RUN_COLUMNS = 'run_id, status, started_at, finished_at, body, result'

export function toRunValues({ runId, status, startedAt, finishedAt, result, ...body }: RunRecord): (string | null)[] {
  const json = JSON.stringify(body satisfies Body)
  return [runId, status, startedAt, finishedAt, json, result === null ? null : JSON.stringify(result)]
}

export function toRunRecord(row: RunRow): RunRecord {
  return {
    ...(JSON.parse(row.body) as Body),
    runId: row.run_id,
    status: row.status,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    result: row.result === null ? null : (JSON.parse(row.result) as RunResult),
  }
}

export function unknownRun(runId: string): HandaxeError {
  return new HandaxeError('unknown_run', `There is no run ${runId}`, { hint: 'See `handaxe runs list`.' })
}
