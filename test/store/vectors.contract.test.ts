import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../src/store/open-store.ts'
import { vectorStoreContract } from './vector-store-contract.ts'

vectorStoreContract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'handaxe-vectors-'))
  const path = join(folder, 'handaxe.db')
  const store = await openStore({ path })
  return {
    store,
    openAgain: async () => openStore({ path }),
    dispose: async () => {
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
})
