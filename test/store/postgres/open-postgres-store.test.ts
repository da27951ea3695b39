import { createServer, type AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HandaxeError } from '../../../src/contracts/errors.ts'
import { openStore } from '../../../src/store/open-store.ts'
import { openPostgresStore } from '../../../src/store/postgres/open-postgres-store.ts'
import { describePostgres, startPostgres, type AddressParts, type TestPostgres } from '../../support/postgres.ts'
import { indexText, sampleEvent, sampleRun, sampleTool, setState } from '../support/samples.ts'

const SECRET = 's3cr3t%pass'

describePostgres('what stands in the way of PostgreSQL is named, with what to do, and without the password', () => {
  let server: TestPostgres

  beforeAll(async () => {
    server = await startPostgres()
    for (const sql of [
      `CREATE ROLE guest LOGIN PASSWORD '${SECRET}'`,
      'GRANT CREATE ON DATABASE workshop TO guest',
      "CREATE DATABASE narrow TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'",
    ]) {
      await server.query(sql)
    }
  })
  afterAll(async () => server.close())

  /** Opens as the guest and gives the error, which must not hold the password anywhere. */
  const failure = async (parts: AddressParts): Promise<HandaxeError> => {
    const path = server.address({ user: 'guest', password: SECRET, ...parts })
    try {
      const store = await openPostgresStore(path, { lockTimeoutMs: 1000, connectTimeoutMs: 500 })
      await store.close()
    } catch (error) {
      if (!HandaxeError.isInstance(error)) throw error
      const everything = inspect(error, { depth: 20, maxArrayLength: null, maxStringLength: null })
      for (const secret of [SECRET, encodeURIComponent(SECRET)]) expect(everything).not.toContain(secret)
      expect(JSON.stringify([error.message, error.hint, error.details])).not.toContain(SECRET)
      expect(error.hint).toBeTruthy()
      expect(error.message).toContain('postgres://guest@')
      return error
    }
    throw new Error('It was opened')
  }

  test('no server at the port', async () => {
    const probe = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => probe.once('listening', resolve))
    const { port } = probe.address() as AddressInfo
    await new Promise((resolve) => probe.close(resolve))
    const startedAt = performance.now()
    expect(await failure({ port })).toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
      hint: expect.stringContaining('running'),
    })
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })

  test('a server that does not answer: given up after the time that was set', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const startedAt = performance.now()
    const { port } = silent.address() as AddressInfo
    expect(await failure({ port })).toMatchObject({ code: 'store_unavailable' })
    expect(performance.now() - startedAt).toBeGreaterThan(400)
    expect(performance.now() - startedAt).toBeLessThan(5000)
    silent.close()
  })

  test('a server that speaks something else', async () => {
    const other = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    expect(await failure({ port })).toMatchObject({ code: 'store_unavailable' })
    other.close()
  })

  test('a wrong password', async () => {
    const path = server.address({ user: 'guest', password: 'not-the-one' })
    const opening = openStore({ path })
    await expect(opening).rejects.toMatchObject({
      code: 'store_unavailable',
      hint: expect.stringContaining('password'),
      details: { sqlState: '28P01' },
    })
    expect(inspect(await opening.catch((error: unknown) => error), { depth: 20 })).not.toContain('not-the-one')
  })

  test('no password at all', async () => {
    const path = server.address({ user: 'guest' }).replace(/guest:[^@]*@/, 'guest@')
    await expect(openStore({ path })).rejects.toMatchObject({ code: 'store_unavailable' })
  })

  test('a user that does not exist', async () => {
    await expect(openStore({ path: server.address({ user: 'nobody' }) })).rejects.toMatchObject({
      code: 'store_unavailable',
      details: { sqlState: '28P01' },
    })
  })

  test('a database that does not exist', async () => {
    expect(await failure({ database: 'absent' })).toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('absent'),
      hint: expect.stringContaining('createdb'),
    })
  })

  test('a database that cannot hold all characters', async () => {
    expect(await failure({ database: 'narrow' })).toMatchObject({
      code: 'store_unavailable',
      hint: expect.stringContaining('UTF8'),
      details: { encoding: 'LATIN1' },
    })
  })

  test('a user who has no connection left', async () => {
    await server.query('ALTER ROLE guest CONNECTION LIMIT 0')
    const startedAt = performance.now()
    const path = server.address({ user: 'guest', password: SECRET })
    await expect(openPostgresStore(path, { lockTimeoutMs: 1000, reconnectTimeoutMs: 300 })).rejects.toMatchObject({
      code: 'store_unavailable',
      hint: expect.stringContaining('max_connections'),
    })
    expect(performance.now() - startedAt).toBeLessThan(5000)
    await server.query('ALTER ROLE guest CONNECTION LIMIT -1')
  })

  test('a store that may only be read', async () => {
    const path = server.address({ user: 'guest', password: SECRET, schema: 'still' })
    const before = await openStore({ path })
    await before.tools.saveVersion(sampleTool('mean'), indexText({ name: 'mean' }))
    await before.journal.createRun(sampleRun('r1'))
    await before.close()
    await server.query('ALTER ROLE guest SET default_transaction_read_only = on')
    expect(await failure({ schema: 'new' })).toMatchObject({ code: 'store_read_only' })

    const store = await openStore({ path })
    expect((await store.tools.findVersion('mean'))?.version).toBe(1)
    for (const write of [
      async () => store.tools.saveVersion(sampleTool('sum'), indexText({})),
      async () => setState(store, { name: 'mean', version: 1, state: 'retired' }),
      async () => store.tools.remove('mean'),
      async () => store.journal.createRun(sampleRun('r2')),
      async () => store.journal.appendEvents('r1', [sampleEvent('r1', 1)]),
    ]) {
      await expect(write()).rejects.toMatchObject({ code: 'store_read_only', hint: expect.stringContaining('primary') })
    }
    await store.close()
    await server.query('ALTER ROLE guest RESET default_transaction_read_only')
  })

  test('tables that somebody took away', async () => {
    const path = server.address({ schema: 'plundered' })
    const store = await openStore({ path })
    await server.query('DROP TABLE plundered.tool_version CASCADE')
    await expect(store.tools.findVersion('mean')).rejects.toMatchObject({
      code: 'store_corrupt',
      hint: expect.stringContaining('backup'),
    })
    await store.close()
  })

  test('an address that cannot be read', async () => {
    await expect(openStore({ path: `postgres://guest:a#${SECRET}@127.0.0.1/workshop` })).rejects.toMatchObject({
      code: 'store_unavailable',
      hint: expect.stringContaining('%23'),
    })
    await expect(openStore({ path: 'mysql://guest@127.0.0.1/workshop' })).rejects.toMatchObject({
      code: 'store_unavailable',
    })
  })
})

describePostgres('a store on PostgreSQL', () => {
  test('leaves other schemas alone, and works whatever the user’s own search path is', async () => {
    const server = await startPostgres()
    try {
      await server.query(
        'CREATE TABLE public.tool (nothing int); ALTER ROLE carver SET search_path = pg_catalog, public',
      )
      const [one, two] = await Promise.all([
        openStore({ path: server.address() }),
        openStore({ path: server.address({ schema: 'team_b' }) }),
      ])
      await one.tools.saveVersion(sampleTool('mean'), indexText({ name: 'mean' }))
      expect([await one.tools.count(), await two.tools.count()]).toEqual([1, 0])
      expect(await server.query('SELECT count(*)::int AS rows FROM handaxe.tool')).toEqual([{ rows: 1 }])
      expect(await server.query('SELECT count(*)::int AS rows FROM public.tool')).toEqual([{ rows: 0 }])
      await Promise.all([one.close(), two.close()])
    } finally {
      await server.close()
    }
  })

  test('waits for the disk even where the server is set not to', async () => {
    const server = await startPostgres({ settings: ['synchronous_commit=off', 'wal_writer_delay=10s'] })
    try {
      const store = await openStore({ path: server.address() })
      const [before] = await server.query<{ at: string }>('SELECT pg_current_wal_flush_lsn()::text AS at')
      await store.journal.createRun(sampleRun('r1'))
      const [after] = await server.query<{ flushed: boolean }>(
        `SELECT pg_current_wal_flush_lsn() > '${before?.at}'::pg_lsn AS flushed`,
      )
      expect(after).toEqual({ flushed: true })
      await store.close()
    } finally {
      await server.close()
    }
  })
})
