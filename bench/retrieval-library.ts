import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Library } from '../src/contracts/library.ts'
import type { StoreWithVectors } from '../src/contracts/vectors.ts'
import { openLibrary } from '../src/library/open-library.ts'
import { openStore } from '../src/store/open-store.ts'
import { toNewTool, type DataTool } from './retrieval-data.ts'

export interface FilledLibrary {
  store: StoreWithVectors
  library: Library
  /** The set's id of a tool by its name in the library. */
  ids: Map<string, string>
  close(): Promise<void>
}

/** A store in a folder of its own, filled with the tools the way any tool is saved. */
export async function fillLibrary(tools: Iterable<DataTool>, path?: string): Promise<FilledLibrary> {
  // In memory where there is such a folder: saving 100,000 tools would be 100,000 waits for the disk.
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'handaxe-retrieval-'))
  const store = await openStore({ path: path ?? join(folder, 'handaxe.db') })
  const library = openLibrary({ store })
  const ids = new Map<string, string>()
  for (const tool of tools) {
    const saved = await library.save(toNewTool(tool))
    if (ids.has(saved.name)) throw new Error(`Two tools are called ${saved.name}`)
    ids.set(saved.name, tool.id)
  }
  return {
    store,
    library,
    ids,
    close: async () => {
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The share of words that a copy has from elsewhere. */
const REPLACED = 0.15

/** The tools, and near-copies of them up to `size`: each word of a copy's description is at times another one of the set. */
export function* growTools(tools: readonly DataTool[], size: number): Generator<DataTool> {
  const words = tools.flatMap((tool) => tool.description.split(' '))
  const random = createRandom(20_261_122)
  const vary = (text: string): string =>
    text
      .split(' ')
      .map((word) => (random() < REPLACED ? (words[Math.floor(random() * words.length)] ?? word) : word))
      .join(' ')
  for (let index = 0; index < size; index += 1) {
    const tool = tools[index % tools.length]
    if (tool === undefined) throw new Error('There are no tools to copy')
    yield index < tools.length ? tool : { ...tool, id: `${tool.id}_copy${index}`, description: vary(tool.description) }
  }
}

/** A linear congruential generator (Numerical Recipes): the same tools in every run. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
