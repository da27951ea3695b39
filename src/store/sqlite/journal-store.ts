import type { RunEvent } from '../../contracts/events.ts'
import type { RunRecord, RunResult } from '../../contracts/run.ts'
import type { JournalStore } from '../../contracts/store.ts'
import { RUN_COLUMNS, toRunRecord, toRunValues, unknownRun, type RunRow } from '../records/run.ts'
import type { Database } from './database.ts'

export class SqliteJournalStore implements JournalStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async createRun(run: RunRecord): Promise<void> {
    await this.#database.write(() =>
      this.#database.run(`INSERT INTO run (${RUN_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`, ...toRunValues(run)),
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
    return row === undefined ? null : toRunRecord(row)
  }

  async removeRun(runId: string): Promise<boolean> {
    const { changes } = await this.#database.write(() => this.#database.run('DELETE FROM run WHERE run_id = ?', runId))
    return changes > 0
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
    return rows.map(toRunRecord)
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
