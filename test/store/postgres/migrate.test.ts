import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { INDEX_FIELDS } from '../../../src/contracts/store.ts'
import { openStore } from '../../../src/store/open-store.ts'
import { parseAddress } from '../../../src/store/postgres/address.ts'
import { Database } from '../../../src/store/postgres/database.ts'
import { FIELD_COLUMNS } from '../../../src/store/postgres/index-postings.ts'
import { migrate, MIGRATIONS } from '../../../src/store/postgres/migrate.ts'
import { assetPath } from '../../../src/util/asset-path.ts'
import { describePostgres, startPostgres, type TestPostgres } from '../../support/postgres.ts'
import { expectBroughtForward, oldRows } from '../support/before-life.ts'
import { indexText, sampleTool } from '../support/samples.ts'

const FIRST = 'CREATE TABLE thing (name text)'
const SECOND = "ALTER TABLE thing ADD COLUMN colour text; UPDATE thing SET colour = 'grey'"

describePostgres('migrations of PostgreSQL', () => {
  let server: TestPostgres
  let schema: string
  let schemas = 0
  let databases: Database[]

  beforeAll(async () => {
    server = await startPostgres()
    await server.query("CREATE ROLE apprentice LOGIN PASSWORD 'x'")
  })
  afterAll(async () => server.close())
  beforeEach(() => {
    schema = `migrated_${(schemas += 1)}`
    databases = []
  })
  afterEach(async () => {
    await Promise.all(databases.map(async (database) => database.close()))
  })

  const connect = (): Database => {
    const database = new Database(parseAddress(server.address({ schema })), { lockTimeoutMs: 10_000 })
    databases.push(database)
    return database
  }

  test('a store is brought forward step by step', async () => {
    const database = connect()
    await migrate(database, { scripts: [FIRST] })
    await server.query(`INSERT INTO ${schema}.thing VALUES ('axe')`)
    await migrate(database, { scripts: [FIRST, SECOND] })
    await migrate(database, { scripts: [FIRST, SECOND] })
    expect(await server.query(`SELECT * FROM ${schema}.thing`)).toEqual([{ name: 'axe', colour: 'grey' }])
    expect(await server.query(`SELECT version FROM ${schema}.handaxe_migration ORDER BY version`)).toEqual([
      { version: 1 },
      { version: 2 },
    ])
  })

  test('a step that fails leaves the store as it was', async () => {
    const database = connect()
    await migrate(database, { scripts: [FIRST] })
    const broken = migrate(database, { scripts: [FIRST, 'CREATE TABLE other (a int); SELECT nonsense'] })
    await expect(broken).rejects.toMatchObject({ code: 'store_corrupt' })
    expect(await server.query(`SELECT to_regclass('${schema}.other') AS other`)).toEqual([{ other: null }])
    await migrate(database, { scripts: [FIRST, SECOND] })
  })

  test('a store from before states had authors keeps what it had, and learns what its tools cost', async () => {
    const released = MIGRATIONS.map((name) => readFileSync(assetPath(`store/postgres/migrations/${name}`), 'utf8'))
    await migrate(connect(), { scripts: released.slice(0, 2) })
    await server.query(oldRows({ table: (name) => `${schema}.${name}`, reused: 'true' }))
    const store = await openStore({ path: server.address({ schema }) })
    await expectBroughtForward(store)
    await store.close()
  })

  test('ten that come at once: one does it, the others find it done', async () => {
    const all = Array.from({ length: 10 }, async () => migrate(connect(), { scripts: [FIRST, SECOND] }))
    await Promise.all(all)
    expect(await server.query(`SELECT count(*)::int AS steps FROM ${schema}.handaxe_migration`)).toEqual([{ steps: 2 }])
  })

  test('a store of a newer handaxe is left alone', async () => {
    const store = await openStore({ path: server.address({ schema }) })
    await store.close()
    await server.query(`INSERT INTO ${schema}.handaxe_migration (version) VALUES (999)`)
    await expect(openStore({ path: server.address({ schema }) })).rejects.toMatchObject({
      code: 'store_newer',
      details: { version: 999, supported: MIGRATIONS.length },
    })
  })

  test('a schema with another program’s tables is not taken over', async () => {
    await server.query(`CREATE SCHEMA ${schema} AUTHORIZATION carver; CREATE TABLE ${schema}.bookmarks (url text)`)
    await expect(openStore({ path: server.address({ schema }) })).rejects.toMatchObject({
      code: 'store_corrupt',
      message: expect.stringContaining('another program'),
      hint: expect.stringContaining('?schema='),
    })
    expect(await server.query(`SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = '${schema}'`)).toEqual([
      { tables: 1 },
    ])
  })

  test('a store that is not there is not made where nobody asked for it', async () => {
    await expect(migrate(connect(), { create: false })).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('There is no store'),
    })
    expect(await server.query(`SELECT FROM pg_namespace WHERE nspname = '${schema}'`)).toEqual([])
  })

  test('a user without the right to make schemas is told, and can use one that was made for them', async () => {
    const path = server.address({ schema, user: 'apprentice', password: 'x' })
    await expect(openStore({ path })).rejects.toMatchObject({
      code: 'store_read_only',
      hint: expect.stringContaining('Grant'),
    })
    await server.query(`CREATE SCHEMA ${schema} AUTHORIZATION apprentice`)
    const store = await openStore({ path })
    expect(await store.tools.count()).toBe(0)
    await store.close()
  })

  test('a store that is current needs no right to change its tables', async () => {
    const owner = await openStore({ path: server.address({ schema }) })
    await owner.close()
    await server.query(
      `GRANT USAGE ON SCHEMA ${schema} TO apprentice; GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO apprentice`,
    )
    const store = await openStore({ path: server.address({ schema, user: 'apprentice', password: 'x' }) })
    expect(await store.tools.list()).toEqual([])
    await expect(store.tools.saveVersion(sampleTool('mean'), indexText({}))).rejects.toMatchObject({
      code: 'store_read_only',
    })
    await store.close()
  })

  test('the postings have a column for each field of the index', async () => {
    const store = await openStore({ path: server.address({ schema }) })
    await store.close()
    const columns = await server.query<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute
       WHERE attrelid = '${schema}.index_posting'::regclass AND attnum > 0 ORDER BY attnum`,
    )
    expect(columns.map(({ name }) => name)).toEqual(['stem', 'tool_id', 'length', ...INDEX_FIELDS])
    expect(FIELD_COLUMNS.split(', ')).toEqual(INDEX_FIELDS.map((field) => `"${field}"`))
  })

  test('every migration is a file beside the code', () => {
    for (const name of MIGRATIONS) {
      expect(readFileSync(assetPath(`store/postgres/migrations/${name}`), 'utf8')).toContain('CREATE')
    }
  })
})
