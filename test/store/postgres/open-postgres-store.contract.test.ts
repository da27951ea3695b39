import { afterAll, beforeAll } from 'vitest'
import { openStore } from '../../../src/store/open-store.ts'
import { describePostgres, startPostgres, type TestPostgres } from '../../support/postgres.ts'
import { storeContract } from '../store-contract.ts'

describePostgres('a server of PostgreSQL', () => {
  let server: TestPostgres
  let schemas = 0

  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(async () => server.close())

  storeContract('PostgreSQL', async () => {
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
})
