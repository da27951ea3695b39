import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { INDEX_FIELDS } from '../../../src/contracts/store.ts'
import { APPLICATION_ID, migrate, MIGRATIONS } from '../../../src/store/sqlite/migrate.ts'
import { openStore } from '../../../src/store/open-store.ts'
import { assetPath } from '../../../src/util/asset-path.ts'
import { expectBroughtForward, oldRows } from '../support/before-life.ts'

const FIRST = 'CREATE TABLE thing (name TEXT) STRICT'
const SECOND = "ALTER TABLE thing ADD COLUMN colour TEXT; UPDATE thing SET colour = 'grey'"

let folder: string
let path: string
let database: DatabaseSync

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'handaxe-migrate-'))
  path = join(folder, 'store.db')
  database = new DatabaseSync(path)
})
afterEach(() => {
  database.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a store is brought forward step by step, and a copy of it is laid beside it', () => {
  migrate(database, { path, scripts: [FIRST] })
  expect(existsSync(`${path}.before-v1`)).toBe(false)
  database.exec("INSERT INTO thing VALUES ('axe')")
  migrate(database, { path, scripts: [FIRST, SECOND] })
  expect(database.prepare('SELECT * FROM thing').all()).toEqual([{ name: 'axe', colour: 'grey' }])
  expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 })
  expect(database.prepare('PRAGMA application_id').get()).toEqual({ application_id: APPLICATION_ID })
  const copy = new DatabaseSync(`${path}.before-v2`, { readOnly: true })
  expect(copy.prepare('SELECT * FROM thing').all()).toEqual([{ name: 'axe' }])
  copy.close()
})

test('a step that fails leaves the store as it was', () => {
  migrate(database, { path, scripts: [FIRST] })
  expect(() => migrate(database, { path, scripts: [FIRST, 'CREATE TABLE other (a); SELECT nonsense'] })).toThrow()
  expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 })
  expect(database.prepare("SELECT name FROM sqlite_schema WHERE name = 'other'").all()).toEqual([])
  migrate(database, { path, scripts: [FIRST, SECOND] })
  expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 })
})

test('a store from before states had authors keeps what it had, and learns what its tools cost', async () => {
  const released = MIGRATIONS.map((name) => readFileSync(assetPath(`store/sqlite/migrations/${name}`), 'utf8'))
  migrate(database, { path, scripts: released.slice(0, 2) })
  database.exec(oldRows({ table: (name) => name, reused: '1' }))
  const store = await openStore({ path })
  await expectBroughtForward(store)
  await store.close()
})

test('the index has a column for each field, in the order of the contract', () => {
  migrate(database, { path })
  const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all('tool_index') as { name: string }[]
  expect(columns.map(({ name }) => name)).toEqual([...INDEX_FIELDS])
})

test('every migration is a file beside the code', () => {
  for (const name of MIGRATIONS) {
    expect(readFileSync(assetPath(`store/sqlite/migrations/${name}`), 'utf8')).toContain('CREATE')
  }
})
