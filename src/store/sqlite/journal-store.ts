import { HandaxeError } from '../../contracts/errors.ts'
import type { RunEvent } from '../../contracts/events.ts'
import type { RunRecord, RunResult, RunStatus } from '../../contracts/run.ts'
import type { JournalStore } from '../../contracts/store.ts'
import type { Database } from './database.ts'

interface RunRow {
  run_id: string
  status: RunStatus
  started_at: string
  finished_at: string | null
  body: string
  result: string | null
}

type Body = Pick<RunRecord, 'request' | 'files' | 'processId' | 'host'>

export class SqliteJournalStore implements JournalStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async createRun({ runId, status, startedAt, finishedAt, result, ...body }: RunRecord): Promise<void> {
    await this.#database.write(() =>
      this.#database.run(
        'INSERT INTO run (run_id, status, started_at, finished_at, body, result) VALUES (?, ?, ?, ?, ?, ?)',
        runId,
        status,
        startedAt,
        finishedAt,
        JSON.stringify(body satisfies Body),
        result === null ? null : JSON.stringify(result),
      ),
    )
  }

  async appendEvents(runId: string, events: RunEvent[]): Promise<void> {
    if (events.length === 0) return
    await this.#database.write(() => {
      if (this.#select(runId) === undefined) throw unknownRun(runId)
      for (const event of events) {
        this.#database.run(
          'INSERT INTO run_event (run_id, sequence, body) VALUES (?, ?, ?)',
          runId,
          event.sequence,
          JSON.stringify(event),
        )
      }
    })
  }

  async finishRun(runId: string, result: RunResult): Promise<void> {
    await this.#database.write(() => {
      const { changes } = this.#database.run(
        'UPDATE run SET status = ?, finished_at = ?, result = ? WHERE run_id = ?',
        result.status,
        new Date().toISOString(),
        JSON.stringify(result),
        runId,
      )
      if (changes === 0) throw unknownRun(runId)
    })
  }

  async findRun(runId: string): Promise<RunRecord | null> {
    const row = await this.#database.read(() => this.#select(runId))
    return row === undefined ? null : toRecord(row)
  }

  async listRuns({ limit, before }: { limit: number; before?: string }): Promise<RunRecord[]> {
    const rows = await this.#database.read(() => {
      const last = before === undefined ? undefined : this.#select(before)
      if (before !== undefined && last === undefined) throw unknownRun(before)
      const following = last === undefined ? '' : 'WHERE (started_at, run_id) < (?, ?)'
      return this.#database.all<RunRow>(
        `SELECT * FROM run ${following} ORDER BY started_at DESC, run_id DESC LIMIT ?`,
        ...(last === undefined ? [] : [last.started_at, last.run_id]),
        Math.max(0, Math.trunc(limit)),
      )
    })
    return rows.map(toRecord)
  }

  async events(runId: string, afterSequence = 0): Promise<RunEvent[]> {
    const rows = await this.#database.read(() =>
      this.#database.all<{ body: string }>(
        'SELECT body FROM run_event WHERE run_id = ? AND sequence > ? ORDER BY sequence',
        runId,
        afterSequence,
      ),
    )
    return rows.map((row) => JSON.parse(row.body) as RunEvent)
  }

  #select(runId: string): RunRow | undefined {
    return this.#database.get<RunRow>('SELECT * FROM run WHERE run_id = ?', runId)
  }
}

function toRecord(row: RunRow): RunRecord {
  return {
    ...(JSON.parse(row.body) as Body),
    runId: row.run_id,
    status: row.status,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    result: row.result === null ? null : (JSON.parse(row.result) as RunResult),
  }
}

function unknownRun(runId: string): HandaxeError {
  return new HandaxeError('unknown_run', `There is no run ${runId}`, { hint: 'See `handaxe runs list`.' })
}
