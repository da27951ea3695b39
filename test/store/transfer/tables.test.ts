import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openStore } from '../../../src/store/open-store.ts'
import { TABLES } from '../../../src/store/transfer/tables.ts'
import { describePostgres, startPostgres } from '../../support/postgres.ts'

/** Made from the texts, or of no meaning elsewhere. */
const LEFT_OUT = /^(index_|tool_index|sqlite_|handaxe_migration$|write_token$)/

const wanted = Object.fromEntries(TABLES.map(({ name, columns }) => [name, Object.keys(columns).toSorted()]))

function toTables(rows: { table: string; column: string }[]): Record<string, string[]> {
  const kept = rows.filter(({ table }) => !LEFT_OUT.test(table))
  return Object.fromEntries(
    [...Map.groupBy(kept, ({ table }) => table)].map(([table, columns]) => [
      table,
      columns.map(({ column }) => column).toSorted(),
    ]),
  )
}

test('every table and column of SQLite moves', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'handaxe-tables-'))
  const path = join(folder, 'handaxe.db')
  await (await openStore({ path })).close()
  const database = new DatabaseSync(path)
  const rows = database
    .prepare(
      `SELECT t.name AS "table", c.name AS "column" FROM sqlite_schema t, pragma_table_info(t.name) c
       WHERE t.type = 'table'`,
    )
    .all() as { table: string; column: string }[]
  database.close()
  rmSync(folder, { recursive: true })
  expect(toTables(rows)).toEqual(wanted)
})

describePostgres('PostgreSQL', () => {
  test('every table and column of it moves', async () => {
    const server = await startPostgres()
    try {
      await (await openStore({ path: server.address() })).close()
      const rows = await server.query<{ table: string; column: string }>(
        `SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
         WHERE table_schema = 'handaxe'`,
      )
      expect(toTables(rows)).toEqual(wanted)
    } finally {
      await server.close()
    }
  })
})

test('each key is of columns of its table', () => {
  for (const { columns, key } of TABLES) {
    expect(key.length).toBeGreaterThan(0)
    expect(key.every((column) => column in columns)).toBe(true)
  }
})
