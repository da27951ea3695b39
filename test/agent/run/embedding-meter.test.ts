import { beforeEach, expect, test } from 'vitest'
import type { Embedder } from '../../../src/contracts/embeddings.ts'
import { openLibrary } from '../../../src/library/open-library.ts'
import { openVectorIndex } from '../../../src/library/search/open-vector-index.ts'
import { openStore } from '../../../src/store/open-store.ts'
import { newTool } from '../../library/support/library.ts'
import { eventsOf, noSandbox, openTestAgent, type TestAgent } from '../open-test-agent.ts'
import { json } from '../scripted-replies.ts'

/** An embedding model that counts seven tokens a text and costs a cent a call. */
class CountingEmbedder implements Embedder {
  readonly model = 'made/embedding'
  readonly key = null
  calls = 0

  async embed({ texts }: { texts: readonly string[] }) {
    this.calls += 1
    const vectors = texts.map((text) => {
      return Float32Array.from({ length: 8 }, (_, index) => 1 + (text.charCodeAt(index % text.length) % 5))
    })
    const usage = { inputTokens: 7 * texts.length, reported: true }
    return { vectors, usage, costUsd: 0.01, attempts: 1, wallMs: 3 }
  }
}

const NO_CODE = json({ understanding: 'u', difficulty: 'easy', steps: [], answer: 'Forty-two.' })

let embedder: CountingEmbedder
let subject: TestAgent

beforeEach(async () => {
  embedder = new CountingEmbedder()
  const store = await openStore({ path: ':memory:' })
  const vectors = openVectorIndex({ store, embedder })
  const library = openLibrary({ store, vectors })
  for (let index = 0; index < 40; index += 1) await library.save(newTool(`gadget_${index}`))
  await vectors.embedAll()
  embedder.calls = 0
  subject = await openTestAgent(noSandbox(), { library })
  return async () => {
    await subject.close()
    await store.close()
  }
})

test('the calls of an embedding model are on the account of the run whose search makes them', async () => {
  const { result, events } = await subject.play([{ reply: NO_CODE, costUsd: 0.02 }], 'What turns the gadget?')
  expect(embedder.calls).toBe(1)
  expect(eventsOf(events, 'embedding-called')).toMatchObject([
    { model: 'made/embedding', usage: { inputTokens: 7 }, costUsd: 0.01, wallMs: 3 },
  ])
  const [called] = eventsOf(events, 'model-called')
  const tokens = (called?.usage.inputTokens ?? 0) + (called?.usage.outputTokens ?? 0)
  expect(result.usage).toMatchObject({ calls: 2, tokens: tokens + 7, costKnown: true })
  expect(result.usage.costUsd).toBeCloseTo(0.03, 10)
})

test('a run that has no call to spare for it searches by words, and still answers', async () => {
  const { result } = await subject.play([{ reply: NO_CODE }], 'What turns the gadget?', { budget: { modelCalls: 1 } })
  expect(result).toMatchObject({ status: 'succeeded', usage: { calls: 1 } })
  const poor = await subject.play([], 'What turns the gadget?', { budget: { costUsd: 0 } })
  expect(poor.result.error?.code).toBe('budget_cost')
  expect(embedder.calls).toBe(0)
  const other = await subject.play([{ reply: NO_CODE }], 'What turns the other gadget?', { budget: { modelCalls: 2 } })
  expect(other.result).toMatchObject({ status: 'succeeded', usage: { calls: 2 } })
  expect(embedder.calls).toBe(1)
})

test('a search that nobody pays for is not counted anywhere', async () => {
  const store = await openStore({ path: ':memory:' })
  const vectors = openVectorIndex({ store, embedder })
  const library = openLibrary({ store, vectors })
  for (let index = 0; index < 40; index += 1) await library.save(newTool(`gadget_${index}`))
  await vectors.embedAll()
  const refused: string[] = []
  const meter = {
    begin: () => {
      refused.push('asked')
      return null
    },
  }
  const before = embedder.calls
  await library.search({ text: 'a gadget that turns', meter })
  expect([refused.length, embedder.calls]).toEqual([1, before])
  // That one has no budget is no reason for others to search by words.
  await library.search({ text: 'a gadget that turns' })
  expect(embedder.calls).toBe(before + 1)
  await store.close()
})
