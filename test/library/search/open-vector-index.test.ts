import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Embedder } from '../../../src/contracts/embeddings.ts'
import { HandaxeError } from '../../../src/contracts/errors.ts'
import type { Library } from '../../../src/contracts/library.ts'
import type { NewTool } from '../../../src/contracts/tool.ts'
import type { StoreWithVectors } from '../../../src/contracts/vectors.ts'
import { openLibrary } from '../../../src/library/open-library.ts'
import { openVectorIndex, type VectorIndex, type VectorWarning } from '../../../src/library/search/open-vector-index.ts'
import { openStore } from '../../../src/store/open-store.ts'
import { newTool } from '../support/library.ts'

/** What each text is about; texts about the same point the same way, whatever their words. */
const SUBJECTS = [/mean|average|durchschnitt|typical/i, /volatil|risk|schwank/i, /weather|wetter|rain/i]

/** A model that knows a few subjects, and else only the sound of words. */
class SubjectEmbedder implements Embedder {
  readonly model = 'made/subjects'
  readonly key = null
  readonly calls: string[][] = []
  dimensions = 16
  failure: HandaxeError | null = null

  async embed({ texts }: { texts: readonly string[] }) {
    if (this.failure !== null) throw this.failure
    this.calls.push([...texts])
    const vectors = texts.map((text) => {
      const vector = new Float32Array(this.dimensions)
      for (const [index, character] of [...text].entries()) {
        const place = 3 + ((character.charCodeAt(0) * 7 + index) % (this.dimensions - 3))
        vector[place] = (vector[place] ?? 0) + 1
      }
      const length = Math.hypot(...vector) || 1
      SUBJECTS.forEach((subject, index) => {
        if (subject.test(text)) vector[index] = 3 * length
      })
      return vector
    })
    const reported = { inputTokens: texts.length, reported: true }
    return { vectors, usage: reported, costUsd: 0.001 * texts.length, attempts: 1, wallMs: 1 }
  }
}

let store: StoreWithVectors
let library: Library
let index: VectorIndex
let embedder: SubjectEmbedder
let warnings: VectorWarning[]

/** As a process that starts over the same store. */
function reopen(): void {
  index = openVectorIndex({ store, embedder, onWarning: (warning) => warnings.push(warning) })
  library = openLibrary({ store, vectors: index })
}

beforeEach(async () => {
  store = await openStore({ path: ':memory:' })
  embedder = new SubjectEmbedder()
  warnings = []
  reopen()
})
afterEach(async () => store.close())

async function fill(count: number, changes: (place: number) => Partial<NewTool> = () => ({})): Promise<void> {
  for (let place = 0; place < count; place += 1) {
    await library.save(newTool(`gadget_${place}`, { description: `Gizmo number ${place}.`, ...changes(place) }))
  }
}

const saveMean = async (): Promise<void> => {
  await library.save(newTool('mean_value', { description: 'The arithmetic mean of numbers.' }))
}
const find = async (text: string): Promise<string[]> => (await library.search({ text })).map(({ tool }) => tool.name)

describe('a library with an embedding model', () => {
  test('finds by meaning what no word finds', async () => {
    await saveMean()
    await fill(40)
    expect(await find('Durchschnitt bitte')).toEqual(['mean_value'])
    expect(warnings).toEqual([])
    const byWords = openLibrary({ store })
    expect(await byWords.search({ text: 'Durchschnitt bitte' })).toEqual([])
  })

  test('still answers "none fits" where neither words nor vectors speak for a tool', async () => {
    await saveMean()
    await fill(40)
    expect(await find('Übersetze dieses Gedicht')).toEqual([])
  })

  test('with fewer than thirty tools words decide, and nothing is sent to the model', async () => {
    await saveMean()
    await fill(20)
    expect(await find('mean of numbers')).toEqual(['mean_value'])
    expect(await find('Durchschnitt')).toEqual([])
    expect(embedder.calls).toEqual([])
  })

  test('a new tool gets its vector with the next search, a text that was asked before is not embedded again', async () => {
    await fill(40)
    await find('rain')
    const calls = embedder.calls.length
    await find('rain')
    expect(embedder.calls).toHaveLength(calls)
    reopen()
    await library.save(newTool('umbrella_advice', { description: 'Tells of rain.' }))
    expect(await find('Wetter')).toEqual(['umbrella_advice'])
    expect(embedder.calls.slice(calls).flat()).toEqual([expect.stringContaining('umbrella'), 'Wetter'])
  })

  test('a search gives a vector to a few tools only, and says what to do about the rest, once', async () => {
    await fill(150)
    await find('rain')
    await find('gizmo')
    expect(await store.vectors.status(embedder.model)).toMatchObject({ embedded: 128, missing: 22 })
    expect(warnings.map(({ message, hint }) => [message, hint])).toEqual([
      [
        '86 of 150 tools have no vector of made/subjects yet and are found by words alone',
        'Run `handaxe tools embed`.',
      ],
      [
        '22 of 150 tools have no vector of made/subjects yet and are found by words alone',
        'Run `handaxe tools embed`.',
      ],
    ])
  })

  test('a repaired tool that says the same keeps its vector', async () => {
    await fill(40)
    await index.embedAll()
    embedder.calls.length = 0
    await library.save(newTool('gadget_7', { description: 'Gizmo number 7.', code: 'def gadget_7():\n    return 2\n' }))
    expect(await index.embedAll()).toMatchObject({ embedded: 0, unchanged: 1, inputTokens: 0 })
    expect(embedder.calls.flat()).toEqual([])
    expect(await store.vectors.status(embedder.model)).toMatchObject({ embedded: 40, missing: 0 })
  })

  test('a model that cannot be reached leaves search to words, says so once, and is left alone for a while', async () => {
    await saveMean()
    await fill(40)
    embedder.failure = new HandaxeError('missing_key', 'The key is not set', { hint: 'Set KEY.' })
    expect(await find('mean')).toEqual(['mean_value'])
    embedder.failure = new HandaxeError('missing_key', 'Asked again', {})
    expect(await find('mean value')).toEqual(['mean_value'])
    expect(warnings).toEqual([{ message: 'Searching by words alone: The key is not set', hint: 'Set KEY.' }])
  })

  test('a store that cannot compare vectors leaves search to words and says why', async () => {
    await saveMean()
    const vectors = {
      ...store.vectors,
      support: async () => ({ available: false as const, reason: 'There is no extension', hint: 'Install it.' }),
    }
    const crippled = openVectorIndex({
      store: { tools: store.tools, vectors },
      embedder,
      onWarning: (warning) => warnings.push(warning),
    })
    const found = await openLibrary({ store, vectors: crippled }).search({ text: 'mean' })
    expect(found.map(({ tool }) => tool.name)).toEqual(['mean_value'])
    expect(warnings).toEqual([{ message: 'Searching by words alone: There is no extension', hint: 'Install it.' }])
    await expect(crippled.embedAll()).rejects.toMatchObject({ code: 'store_unavailable', hint: 'Install it.' })
  })

  test('vectors of another length: words decide, and the warning says how to make all anew', async () => {
    await saveMean()
    await fill(40)
    await index.embedAll()
    embedder.dimensions = 24
    reopen()
    expect(await find('mean')).toEqual(['mean_value'])
    expect(warnings[0]?.message).toContain('gives vectors of 24 numbers, stored are 16')
    expect(warnings[0]?.hint).toContain('handaxe tools embed --again')
    await library.save(newTool('another', { description: 'Another one.' }))
    await expect(index.embedAll()).rejects.toMatchObject({ code: 'invalid_configuration' })
    expect(await index.embedAll({ again: true })).toMatchObject({ embedded: 42 })
    expect(await store.vectors.status(embedder.model)).toMatchObject({ dimensions: 24, embedded: 42, missing: 0 })
  })

  test('trust is measured on example requests, which vectors have not seen', async () => {
    await fill(40, (place) => ({ exampleRequests: ['first', `gizmo number ${place} please`] }))
    const report = await index.embedAll()
    expect(report).toMatchObject({ embedded: 40, costUsd: expect.closeTo(0.04), trust: { probes: 40 } })
    expect((await store.vectors.status(embedder.model)).trust).toEqual(report.trust)
    const embedded = embedder.calls.flat().filter((text) => text.startsWith('gadget'))
    expect(embedded.every((text) => text.includes('first') && !text.includes('please'))).toBe(true)
  })

  test('an interrupted embedding keeps what is done, and goes on from there', async () => {
    await fill(100)
    const progress: number[] = []
    const stopped = index.embedAll({
      onProgress: ({ embedded }) => {
        progress.push(embedded)
        throw new HandaxeError('cancelled', 'Stopped')
      },
    })
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' })
    expect(progress).toEqual([64])
    expect(await store.vectors.status(embedder.model)).toMatchObject({ embedded: 64, missing: 36 })
    expect(await index.embedAll()).toMatchObject({ embedded: 36 })
  })

  test('an empty library and an empty text are no error', async () => {
    expect(await index.embedAll()).toMatchObject({ embedded: 0, inputTokens: 0 })
    await fill(40)
    expect(await find('')).toEqual([])
    expect(await find('\n ')).toEqual([])
    expect(await find('🪓')).toEqual([])
  })
})
