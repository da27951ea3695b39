import { KEPT_SCRIPTS, type ScriptStore } from '../../contracts/store.ts'
import type { SolvedScript } from '../../contracts/tool.ts'
import { toScript, toScriptBody, type ScriptRow } from '../records/script.ts'
import type { Database } from './database.ts'

export class SqliteScriptStore implements ScriptStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async save(script: Omit<SolvedScript, 'madeInto'>, stems: string): Promise<void> {
    const database = this.#database
    await database.write(() => {
      database.run(
        'INSERT INTO solved_script (script_id, stems, body) VALUES (?, ?, ?) ON CONFLICT (script_id) DO NOTHING',
        script.id,
        stems,
        toScriptBody(script),
      )
      database.run(
        'DELETE FROM solved_script WHERE id <= (SELECT id FROM solved_script ORDER BY id DESC LIMIT 1 OFFSET ?)',
        KEPT_SCRIPTS,
      )
    })
  }

  async listStems(): Promise<{ id: string; stems: string }[]> {
    const rows = this.#database.read(() =>
      this.#database.all<{ id: string; stems: string }>(
        'SELECT script_id AS id, stems FROM solved_script WHERE made_into IS NULL ORDER BY solved_script.id DESC',
      ),
    )
    return (await rows).map(({ id, stems }) => ({ id, stems }))
  }

  async find(id: string): Promise<SolvedScript | null> {
    const row = await this.#database.read(() =>
      this.#database.get<ScriptRow>('SELECT made_into, body FROM solved_script WHERE script_id = ?', id),
    )
    return row === undefined ? null : toScript(row)
  }

  async recent(limit: number): Promise<SolvedScript[]> {
    const rows = await this.#database.read(() =>
      this.#database.all<ScriptRow>('SELECT made_into, body FROM solved_script ORDER BY id DESC LIMIT ?', limit),
    )
    return rows.map(toScript)
  }

  async mark(id: string, tool: string): Promise<boolean> {
    const { changes } = await this.#database.write(() =>
      this.#database.run('UPDATE solved_script SET made_into = ? WHERE script_id = ?', tool, id),
    )
    return changes === 1
  }
}
