import type { RunEvent } from '../../contracts/events.ts'
import type { RunRecord, RunResult } from '../../contracts/run.ts'
import type { JournalStore } from '../../contracts/store.ts'
import { RUN_COLUMNS, toRunRecord, toRunValues, unknownRun, type RunRow } from '../records/run.ts'
import type { Database } from './database.ts'
import type { Transaction } from './transaction.ts'

const MAX_LIMIT = 2 ** 31 - 1

export class PostgresJournalStore implements JournalStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async createRun(run: RunRecord): Promise<void> {
    await this.#database.write('write', async (transaction) =>
      transaction.run(`INSERT INTO run (${RUN_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6)`, ...toRunValues(run)),
    )
  }

  async appendEvents(runId: string, events: RunEvent[]): Promise<void> {
    if (events.length === 0) return
    await this.#database.write('write', async (transaction) => {
      const inserted = await transaction.run(
        `INSERT INTO run_event (run_id, sequence, body)
         SELECT r.run_id, e.sequence, e.body
         FROM run r CROSS JOIN unnest($2::int[], $3::text[]) AS e (sequence, body) WHERE r.run_id = $1::text`,
        runId,
        events.map((event) => event.sequence),
        events.map((event) => JSON.stringify(event)),
      )
      if (inserted === 0) throw unknownRun(runId)
    })
  }

  async finishRun(runId: string, result: RunResult): Promise<void> {
    await this.#database.write('write', async (transaction) => {
      const changed = await transaction.run(
        'UPDATE run SET status = $1, finished_at = $2, result = $3 WHERE run_id = $4::text',
        result.status,
        new Date().toISOString(),
        JSON.stringify(result),
        runId,
      )
      if (changed === 0) throw unknownRun(runId)
    })
  }

  async findRun(runId: string): Promise<RunRecord | null> {
    const row = await this.#database.read(async (transaction) => selectRun(transaction, runId))
    return row === undefined ? null : toRunRecord(row)
  }

  async removeRun(runId: string): Promise<boolean> {
    const changed = await this.#database.write('write', async (transaction) =>
      transaction.run('DELETE FROM run WHERE run_id = $1::text', runId),
    )
    return changed > 0
  }

  async listRuns({ limit, before }: { limit: number; before?: string }): Promise<RunRecord[]> {
    const rows = await this.#database.read(async (transaction) => {
      const last = before === undefined ? undefined : await selectRun(transaction, before)
      if (before !== undefined && last === undefined) throw unknownRun(before)
      const following = last === undefined ? '' : 'WHERE (started_at, run_id) < ($2::text, $3::text)'
      return transaction.all<RunRow>(
        `SELECT * FROM run ${following} ORDER BY started_at DESC, run_id DESC LIMIT $1::int`,
        Math.min(MAX_LIMIT, Math.max(0, Math.trunc(limit))),
        ...(last === undefined ? [] : [last.started_at, last.run_id]),
      )
    })
    return rows.map(toRunRecord)
  }

  async events(runId: string, afterSequence = 0): Promise<RunEvent[]> {
    const rows = await this.#database.read(async (transaction) =>
      transaction.all<{ body: string }>(
        'SELECT body FROM run_event WHERE run_id = $1::text AND sequence > $2::int ORDER BY sequence',
        runId,
        afterSequence,
      ),
    )
    return rows.map((row) => JSON.parse(row.body) as RunEvent)
  }
}

async function selectRun(transaction: Transaction, runId: string): Promise<RunRow | undefined> {
  return transaction.get<RunRow>('SELECT * FROM run WHERE run_id = $1::text', runId)
}
