import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../src/store/open-store.ts'
import { lifeContract } from './life-contract.ts'
import { storeContract, type OpenedStore } from './store-contract.ts'

const open = async (): Promise<OpenedStore> => {
  const folder = await mkdtemp(join(tmpdir(), 'handaxe-store-'))
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
}

storeContract('SQLite', open)
lifeContract('SQLite', open)
