import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ToolState } from '../../src/contracts/tool.ts'
import type { StoreWithVectors, ToolVector, VectorTrust } from '../../src/contracts/vectors.ts'
import { indexText, sampleTool, setState } from './support/samples.ts'

const MODEL = 'local/small'

const vectorOf = (...numbers: number[]): Float32Array<ArrayBuffer> => Float32Array.from(numbers)

export interface OpenedVectorStore {
  store: StoreWithVectors
  /** A second connection to the same data. */
  openAgain(): Promise<StoreWithVectors>
  /** Closes what was opened and removes the data. */
  dispose(): Promise<void>
}

/** What every engine that can compare vectors has to do. `open` gives an empty store of its own to each test. */
export function vectorStoreContract(name: string, open: () => Promise<OpenedVectorStore>): void {
  describe(`${name}: the contract of vectors`, () => {
    let opened: OpenedVectorStore
    let store: StoreWithVectors

    beforeEach(async () => {
      opened = await open()
      store = opened.store
      expect(await store.vectors.support()).toEqual({ available: true, detail: expect.any(String) })
    })
    afterEach(async () => opened.dispose())

    const save = async (tool: string, changes: Parameters<typeof sampleTool>[1] = {}): Promise<void> => {
      await store.tools.saveVersion(sampleTool(tool, changes), indexText({ name: tool }))
    }
    const put = async (...vectors: (Partial<ToolVector> & { name: string })[]): Promise<void> =>
      store.vectors.put(
        MODEL,
        vectors.map((vector) => ({
          version: 1,
          textHash: `hash of ${vector.name}`,
          vector: vectorOf(1, 0),
          ...vector,
        })),
      )
    const near = async (vector: Float32Array<ArrayBuffer>, states: ToolState[] = ['verified'], limit = 10) =>
      store.vectors.search({ model: MODEL, vector, limit, states })
    const missing = async (): Promise<string[]> => (await store.vectors.missing(MODEL, 100)).map((tool) => tool.name)

    test('the nearest tools come first, with their similarity and their text', async () => {
      for (const tool of ['east', 'north', 'northeast', 'west']) await save(tool)
      await put(
        { name: 'east', vector: vectorOf(1, 0) },
        { name: 'north', vector: vectorOf(0, 3) },
        { name: 'northeast', vector: vectorOf(1, 1) },
        { name: 'west', vector: vectorOf(-2, 0) },
      )
      const { hits, compared, mean, deviation } = await near(vectorOf(5, 0))
      expect(hits.map((hit) => hit.name)).toEqual(['east', 'northeast', 'north', 'west'])
      for (const [index, similarity] of [1, Math.SQRT1_2, 0, -1].entries()) {
        expect(hits[index]?.similarity).toBeCloseTo(similarity, 3)
      }
      expect(hits[0]).toMatchObject({ version: 1, text: indexText({ name: 'east' }) })
      expect(compared).toBe(4)
      expect(mean).toBeCloseTo(Math.SQRT1_2 / 4, 3)
      expect(deviation).toBeCloseTo(Math.sqrt(2.5 / 4 - (Math.SQRT1_2 / 4) ** 2), 3)
      expect((await near(vectorOf(5, 0), ['verified'], 2)).hits).toHaveLength(2)
    })

    test('equally near tools come in the order in which they were made', async () => {
      for (const tool of ['c', 'a', 'b']) await save(tool)
      await put({ name: 'a' }, { name: 'b' }, { name: 'c' })
      expect((await near(vectorOf(1, 0))).hits.map((hit) => hit.name)).toEqual(['c', 'a', 'b'])
    })

    test('only the states asked for are compared', async () => {
      await save('old')
      await save('new', { state: 'candidate' })
      await put({ name: 'old' }, { name: 'new' })
      expect(await near(vectorOf(1, 0))).toMatchObject({ compared: 1, hits: [{ name: 'old' }] })
      expect((await near(vectorOf(1, 0), ['verified', 'candidate'])).compared).toBe(2)
      await setState(store, { name: 'old', version: 1, state: 'quarantined' })
      expect(await near(vectorOf(1, 0))).toEqual({ hits: [], compared: 0, mean: 0, deviation: 0 })
    })

    test('tools without a vector are told, oldest first, those out of use aside', async () => {
      for (const tool of ['b', 'a', 'c', 'd']) await save(tool)
      await setState(store, { name: 'c', version: 1, state: 'retired' })
      expect(await store.vectors.missing(MODEL, 100)).toEqual([
        { name: 'b', version: 1, textHash: null },
        { name: 'a', version: 1, textHash: null },
        { name: 'd', version: 1, textHash: null },
      ])
      expect(await store.vectors.missing(MODEL, 1)).toHaveLength(1)
      await put({ name: 'a' })
      expect(await missing()).toEqual(['b', 'd'])
      expect(await store.vectors.status(MODEL)).toEqual({ dimensions: 2, embedded: 1, missing: 2, trust: null })
      // Another model has vectors of its own.
      expect(await store.vectors.missing('local/other', 100)).toHaveLength(3)
    })

    test('a new version is without a vector until it has one of its own, or its text turns out to be the same', async () => {
      await save('mean')
      await put({ name: 'mean' })
      await save('mean', { code: 'repaired' })
      expect((await near(vectorOf(1, 0))).compared).toBe(0)
      expect(await store.vectors.missing(MODEL, 1)).toEqual([{ name: 'mean', version: 2, textHash: 'hash of mean' }])
      await put({ name: 'mean', version: 2, textHash: 'another', vector: null })
      expect(await missing()).toEqual(['mean'])
      await put({ name: 'mean', version: 2, vector: null })
      expect(await missing()).toEqual([])
      expect(await near(vectorOf(1, 0))).toMatchObject({ hits: [{ name: 'mean', version: 2 }] })
      await save('mean', { code: 'again' })
      await put({ name: 'mean', version: 3, textHash: 'new', vector: vectorOf(0, 1) })
      expect((await near(vectorOf(1, 0))).hits[0]?.similarity).toBeCloseTo(0, 3)
    })

    test('what is not there, or not the current version, is passed over', async () => {
      await save('mean')
      await save('mean', { code: 'second' })
      await put({ name: 'mean', version: 1 }, { name: 'nothing' })
      expect(await store.vectors.status(MODEL)).toMatchObject({ embedded: 0, missing: 1 })
      await put()
      await store.vectors.put(MODEL, [])
    })

    test('a removed tool takes its vectors along', async () => {
      await save('mean')
      await put({ name: 'mean' })
      await store.tools.remove('mean')
      expect(await near(vectorOf(1, 0))).toMatchObject({ hits: [], compared: 0 })
      await save('other')
      expect((await near(vectorOf(1, 0))).compared).toBe(0)
      expect(await missing()).toEqual(['other'])
    })

    test('vectors of another length are refused, all of them, with what to do', async () => {
      await save('mean')
      await save('sum')
      await put({ name: 'mean' })
      await expect(put({ name: 'sum', vector: vectorOf(1, 0, 0) })).rejects.toMatchObject({
        code: 'invalid_configuration',
        message: 'local/small gives vectors of 3 numbers, stored are 2',
        hint: expect.stringContaining('handaxe tools embed --again'),
      })
      await expect(
        store.vectors.put('local/other', [
          { name: 'mean', version: 1, textHash: 'a', vector: vectorOf(1) },
          { name: 'sum', version: 1, textHash: 'b', vector: vectorOf(1, 2) },
        ]),
      ).rejects.toMatchObject({ code: 'invalid_configuration' })
      expect(await store.vectors.status('local/other')).toMatchObject({ dimensions: null, embedded: 0 })
      expect(await near(vectorOf(1, 0, 0))).toMatchObject({ hits: [], compared: 0 })
      expect(await store.vectors.clear(MODEL)).toBe(1)
      await put({ name: 'sum', vector: vectorOf(1, 0, 0) })
      expect(await store.vectors.status(MODEL)).toMatchObject({ dimensions: 3, embedded: 1 })
    })

    test('models do not see the vectors of each other', async () => {
      await save('mean')
      await put({ name: 'mean' })
      const other = { model: 'local/other', vector: vectorOf(1, 0), limit: 5, states: ['verified' as const] }
      expect((await store.vectors.search(other)).hits).toEqual([])
      expect(await store.vectors.clear('local/other')).toBe(0)
      expect((await near(vectorOf(1, 0))).compared).toBe(1)
    })

    test('how far vectors are trusted is kept with them, and goes with them', async () => {
      const trust = { share: 0.3, floor: 4, probes: 120 }
      await store.vectors.setTrust(MODEL, trust)
      expect((await store.vectors.status(MODEL)).trust).toBeNull()
      await save('mean')
      await put({ name: 'mean' })
      await store.vectors.setTrust(MODEL, trust)
      const again = await opened.openAgain()
      expect(await again.vectors.support()).toMatchObject({ available: true })
      expect((await again.vectors.status(MODEL)).trust).toEqual(trust)
      await again.close()
      await store.vectors.clear(MODEL)
      expect((await store.vectors.status(MODEL)).trust).toBeNull()
    })

    test('what was measured before there was a share counts as not measured', async () => {
      await save('mean')
      await put({ name: 'mean' })
      const old: Partial<VectorTrust> & { weight: number } = { weight: 0.3, floor: 4, probes: 120 }
      await store.vectors.setTrust(MODEL, old as VectorTrust & { weight: number })
      expect((await store.vectors.status(MODEL)).trust).toBeNull()
    })

    test('vectors of thousands of numbers are kept to three digits, with names of any kind', async () => {
      const long = Float32Array.from({ length: 4096 }, (_, index) => Math.sin(index) / 40)
      const model = `local/"'; DROP TABLE tool; --`
      await save('mean')
      await store.vectors.put(model, [{ name: 'mean', version: 1, textHash: 'x', vector: long }])
      const { hits } = await store.vectors.search({ model, vector: long, limit: 1, states: ['verified'] })
      expect(hits[0]?.similarity).toBeCloseTo(1, 3)
    })

    test('processes that store vectors at once do not disturb each other', async () => {
      const again = await opened.openAgain()
      expect(await again.vectors.support()).toMatchObject({ available: true })
      const tools = Array.from({ length: 20 }, (_, index) => `tool_${index}`)
      for (const tool of tools) await save(tool)
      await Promise.all(
        [store, again].map(async ({ vectors }) =>
          vectors.put(
            MODEL,
            tools.map((tool) => ({ name: tool, version: 1, textHash: tool, vector: vectorOf(1, 1) })),
          ),
        ),
      )
      expect(await store.vectors.status(MODEL)).toMatchObject({ embedded: 20, missing: 0 })
      await again.close()
    })
  })
}
