import { afterAll, beforeAll } from 'vitest'
import { openStore } from '../../../src/store/open-store.ts'
import { describePostgres, startPostgres, type TestPostgres } from '../../support/postgres.ts'
import { lifeContract } from '../life-contract.ts'
import { storeContract, type OpenedStore } from '../store-contract.ts'

describePostgres('a server of PostgreSQL', () => {
  let server: TestPostgres
  let schemas = 0

  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(async () => server.close())

  const open = async (): Promise<OpenedStore> => {
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
  }

  storeContract('PostgreSQL', open)
  lifeContract('PostgreSQL', open)
})
