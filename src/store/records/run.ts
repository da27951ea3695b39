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

type Body = Pick<RunRecord, 'request' | 'files' | 'processId' | 'host'>

export function toRunRow({ runId, status, startedAt, finishedAt, result, ...body }: RunRecord): RunRow {
  return {
    run_id: runId,
    status,
    started_at: startedAt,
    finished_at: finishedAt,
    body: JSON.stringify(body satisfies Body),
    result: result === null ? null : JSON.stringify(result),
  }
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
