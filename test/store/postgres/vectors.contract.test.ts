import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '../../../src/store/open-store.ts'
import { describePgvector, startPostgres, type TestPostgres } from '../../support/postgres.ts'
import { indexText, sampleTool } from '../support/samples.ts'
import { vectorStoreContract } from '../vector-store-contract.ts'

describePgvector('a server of PostgreSQL with pgvector', () => {
  let server: TestPostgres
  let schemas = 0

  beforeAll(async () => {
    server = await startPostgres()
    // Ordinary users may not: pgvector is no trusted extension.
    await server.query('CREATE EXTENSION vector', { database: 'workshop' })
  })
  afterAll(async () => server.close())

  vectorStoreContract('PostgreSQL', async () => {
    const schema = `test_${(schemas += 1)}`
    const path = server.address({ schema })
    const store = await openStore({ path })
    return {
      store,
      openAgain: async () => openStore({ path }),
      dispose: async () => {
        await store.close()
        await server.query(`DROP SCHEMA ${schema} CASCADE`, { database: 'workshop' })
      },
    }
  })

  test('a database that nobody may add pgvector to says so, and its store works on without vectors', async () => {
    await server.query('CREATE DATABASE quarry', { database: 'postgres' })
    await server.query('GRANT CREATE ON SCHEMA public TO carver; CREATE SCHEMA pit AUTHORIZATION carver', {
      database: 'quarry',
    })
    const store = await openStore({ path: server.address({ database: 'quarry', schema: 'pit' }) })
    try {
      expect(await store.vectors.support()).toMatchObject({
        available: false,
        reason: expect.stringContaining('may not be made'),
        hint: expect.stringContaining('CREATE EXTENSION vector'),
      })
      await store.tools.saveVersion(sampleTool('mean'), indexText({ name: 'mean' }))
      expect(await store.tools.count()).toBe(1)
    } finally {
      await store.close()
    }
  })

  test('who may add it to the database does so at the first use', async () => {
    await server.query('CREATE DATABASE mill', { database: 'postgres' })
    const store = await openStore({ path: server.address({ user: 'postgres', database: 'mill' }) })
    try {
      expect(await store.vectors.support()).toEqual({ available: true, detail: expect.stringMatching(/^pgvector \d/) })
    } finally {
      await store.close()
    }
  })

  test('where the administrator has put pgvector into a schema of its own it is found there', async () => {
    await server.query('CREATE DATABASE mine OWNER carver', { database: 'postgres' })
    await server.query('CREATE SCHEMA "Extra Things"; CREATE EXTENSION vector SCHEMA "Extra Things"', {
      database: 'mine',
    })
    await server.query('GRANT USAGE ON SCHEMA "Extra Things" TO carver', { database: 'mine' })
    const store = await openStore({ path: server.address({ database: 'mine' }) })
    try {
      expect(await store.vectors.support()).toMatchObject({ available: true })
      await store.tools.saveVersion(sampleTool('mean'), indexText({ name: 'mean' }))
      const vector = Float32Array.from([1, 2])
      await store.vectors.put('local/small', [{ name: 'mean', version: 1, textHash: 'x', vector }])
      const found = await store.vectors.search({ model: 'local/small', vector, limit: 1, states: ['verified'] })
      expect(found.hits).toMatchObject([{ name: 'mean' }])
    } finally {
      await store.close()
    }
  })
})
