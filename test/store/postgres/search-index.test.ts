import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  INDEX_FIELDS,
  TEXT_SEPARATOR,
  type IndexHit,
  type Store,
  type ToolIndexText,
} from '../../../src/contracts/store.ts'
import { FIELD_WEIGHTS as weights } from '../../../src/library/search/rank-tools.ts'
import { openStore } from '../../../src/store/open-store.ts'
import { describePostgres, startPostgres, type TestPostgres } from '../../support/postgres.ts'
import { indexText, sampleTool, setState } from '../support/samples.ts'

const TOOLS = 300
const WORDS = 400

/** A linear congruential generator (Numerical Recipes): the same library in every run. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Words as unevenly common as those of a language (Zipf). */
function drawWord(random: () => number): string {
  return `w${Math.floor(WORDS ** random())}`
}

function drawText(random: () => number): ToolIndexText {
  const text = indexText({})
  for (const field of INDEX_FIELDS) {
    const length = Math.floor(random() * 12)
    text[field] = Array.from({ length }, () => (random() < 0.05 ? TEXT_SEPARATOR : drawWord(random))).join(' ')
  }
  return text
}

describePostgres('the index of PostgreSQL beside that of SQLite', () => {
  let server: TestPostgres
  let stores: { postgres: Store; sqlite: Store }

  beforeAll(async () => {
    server = await startPostgres()
    stores = { postgres: await openStore({ path: server.address() }), sqlite: await openStore({ path: ':memory:' }) }
    for (const store of Object.values(stores)) {
      const random = createRandom(42)
      for (let index = 0; index < TOOLS; index += 1) {
        const name = `tool_${index}`
        // Some are twins, and some may not be found.
        const text = index % 10 === 9 ? indexText({ name: 'w1 w2', description: 'w3' }) : drawText(random)
        await store.tools.saveVersion(sampleTool(name), text)
        if (index % 17 === 0) await setState(store, { name, version: 1, state: 'quarantined', reason: 'failed' })
      }
    }
  })
  afterAll(async () => {
    await Promise.all([stores.postgres.close(), stores.sqlite.close()])
    await server.close()
  })

  /** The same searches of both engines. */
  const searchBoth = async (limit: number): Promise<{ postgres: IndexHit[]; sqlite: IndexHit[] }[]> => {
    const random = createRandom(7)
    const results: { postgres: IndexHit[]; sqlite: IndexHit[] }[] = []
    for (let round = 0; round < 150; round += 1) {
      const stems = Array.from({ length: 1 + Math.floor(random() * 8) }, () =>
        random() < 0.1 ? 'unheard' : drawWord(random),
      )
      const query = { stems, weights, limit, states: ['verified' as const] }
      const [postgres, sqlite] = await Promise.all([
        stores.postgres.tools.searchIndex(query),
        stores.sqlite.tools.searchIndex(query),
      ])
      results.push({ postgres, sqlite })
    }
    return results
  }

  test('the same search gives the same tools in the same order, with the same texts', async () => {
    const results = await searchBoth(40)
    for (const { postgres, sqlite } of results) expect(postgres).toEqual(sqlite)
    expect(results.flatMap(({ postgres }) => postgres).length).toBeGreaterThan(1000)
  })

  test('the statistics are the same', async () => expectSameStatistics())

  const expectSameStatistics = async (): Promise<void> => {
    const stems = Array.from({ length: WORDS }, (_, index) => `w${index}`)
    expect(await stores.postgres.tools.indexStatistics(stems)).toEqual(await stores.sqlite.tools.indexStatistics(stems))
    const like = { prefix: 'w1', minLength: 2, maxLength: 3 }
    const similar = await stores.postgres.tools.stemsLike(like)
    expect([...similar]).toEqual([...(await stores.sqlite.tools.stemsLike(like))])
    expect(similar.size).toBeGreaterThan(5)
  }

  // FTS5 goes on counting the texts that were replaced when it weighs words and lengths; here they are forgotten.
  test('after texts were replaced and removed the same tools are found, in nearly the same order', async () => {
    for (const store of Object.values(stores)) {
      const random = createRandom(99)
      for (let index = 0; index < 60; index += 1) {
        const name = `tool_${index * 3}`
        if (index % 4 === 0) await store.tools.remove(name)
        else await store.tools.saveVersion(sampleTool(name, { code: 'other' }), drawText(random))
      }
    }
    const names = (hits: IndexHit[]): string[] => hits.map(({ name }) => name)
    let best = 0
    let shared = 0
    for (const { postgres, sqlite } of await searchBoth(1000)) {
      expect(names(postgres).toSorted()).toEqual(names(sqlite).toSorted())
      const first = names(sqlite).slice(0, 40)
      best += first.length
      shared += names(postgres)
        .slice(0, 40)
        .filter((name) => first.includes(name)).length
    }
    expect(best).toBeGreaterThan(1000)
    expect(shared / best).toBeGreaterThan(0.95)
    await expectSameStatistics()
  })

  test('words that are longer than any word are not found, and do no harm', async () => {
    const long = 'x'.repeat(5000)
    await stores.postgres.tools.saveVersion(sampleTool('long'), indexText({ name: `${long} short` }))
    const search = async (stem: string): Promise<string[]> =>
      (await stores.postgres.tools.searchIndex({ stems: [stem], weights, limit: 5, states: ['verified'] })).map(
        (hit) => hit.name,
      )
    expect(await search(long)).toEqual([])
    expect(await search('short')).toEqual(['long'])
    await stores.postgres.tools.remove('long')
    expect(await search('short')).toEqual([])
  })

  test('a word that stands forty thousand times in one field is counted as often as fits', async () => {
    const name = Array.from({ length: 40_000 }, () => 'echo').join(' ')
    await stores.postgres.tools.saveVersion(sampleTool('echo'), indexText({ name }))
    const hits = await stores.postgres.tools.searchIndex({ stems: ['echo'], weights, limit: 5, states: ['verified'] })
    expect(hits.map((hit) => [hit.name, hit.text.name.length])).toEqual([['echo', name.length]])
    await stores.postgres.tools.remove('echo')
  })
})
