import { KEPT_SCRIPTS, type ScriptStore } from '../../contracts/store.ts'
import type { SolvedScript } from '../../contracts/tool.ts'
import { toScript, toScriptBody, type ScriptRow } from '../records/script.ts'
import type { Database } from './database.ts'

export class PostgresScriptStore implements ScriptStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async save(script: Omit<SolvedScript, 'madeInto'>, stems: string): Promise<void> {
    await this.#database.write('write', async (transaction) => {
      await transaction.run(
        'INSERT INTO solved_script (script_id, stems, body) VALUES ($1, $2, $3) ON CONFLICT (script_id) DO NOTHING',
        script.id,
        stems,
        toScriptBody(script),
      )
      await transaction.run(
        `DELETE FROM solved_script
         WHERE id <= (SELECT id FROM solved_script ORDER BY id DESC LIMIT 1 OFFSET $1::int)`,
        KEPT_SCRIPTS,
      )
    })
  }

  async listStems(): Promise<{ id: string; stems: string }[]> {
    return this.#database.read(async (transaction) =>
      transaction.all<{ id: string; stems: string }>(
        'SELECT script_id AS id, stems FROM solved_script WHERE made_into IS NULL ORDER BY solved_script.id DESC',
      ),
    )
  }

  async find(id: string): Promise<SolvedScript | null> {
    const row = await this.#database.read(async (transaction) =>
      transaction.get<ScriptRow>('SELECT made_into, body FROM solved_script WHERE script_id = $1::text', id),
    )
    return row === undefined ? null : toScript(row)
  }

  async recent(limit: number): Promise<SolvedScript[]> {
    const rows = await this.#database.read(async (transaction) =>
      transaction.all<ScriptRow>('SELECT made_into, body FROM solved_script ORDER BY id DESC LIMIT $1::int', limit),
    )
    return rows.map(toScript)
  }

  async mark(id: string, tool: string): Promise<boolean> {
    const changed = await this.#database.write('write', async (transaction) =>
      transaction.run('UPDATE solved_script SET made_into = $1 WHERE script_id = $2::text', tool, id),
    )
    return changed === 1
  }
}
