import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadConfig } from '../../src/app/config.ts'
import { openAgent } from '../../src/app/open-agent.ts'
import { openApp } from '../../src/app/open-app.ts'
import { openLibrary } from '../../src/library/open-library.ts'
import { openVectorIndex } from '../../src/library/search/open-vector-index.ts'
import { openStore } from '../../src/store/open-store.ts'
import { scriptedGateway } from '../../src/testing/index.ts'
import { newTool } from '../library/support/library.ts'
import { findPython } from '../support/python.ts'

const NO_CODE = '```json\n{"understanding":"u","difficulty":"easy","steps":[],"answer":"Forty-two."}\n```'
let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'handaxe-agent-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const environment = (more: Record<string, string> = {}) => ({
  PATH: process.env['PATH'] ?? '',
  HANDAXE_PYTHON: findPython() ?? '',
  ...more,
})

test('a gateway that is given answers in place of the configured models, and stays open', async () => {
  let closed = 0
  const gateway = { ...scriptedGateway([{ reply: NO_CODE }]), close: async () => void (closed += 1) }
  const agent = await openAgent({ home, environment: environment(), gateway })
  const { answer, status } = await agent.run('What?').result
  expect({ answer, status }).toEqual({ answer: 'Forty-two.', status: 'succeeded' })
  await agent.close()
  expect(closed).toBe(0)
})

test.each([
  ['of the named model', { model: 'openai/gpt-6-luna' }, 'OPENAI_API_KEY'],
  ['of every model', { model: 'deepseek/deepseek-flash' }, 'DEEPSEEK_API_KEY'],
])('the missing key %s is told before a sandbox is begun', async (_, options, variable) => {
  const opening = openAgent({ home, environment: environment(), ...options })
  await expect(opening).rejects.toMatchObject({ code: 'missing_key', message: expect.stringContaining(variable) })
  // The first that a sandbox makes is the folder of its state.
  expect(existsSync(loadConfig({ environment: {}, home }).folders.state)).toBe(false)
})

test('all parts of an app are closed, whichever of them throws', async () => {
  const gateway = scriptedGateway([])
  const app = openApp(loadConfig({ environment: environment(), home }), { gateway })
  const store = await app.store()
  const { close } = store
  let closed = false
  Object.assign(await app.agent(), { close: () => Promise.reject(new Error('a run hangs')) })
  Object.assign(store, {
    close: async () => {
      closed = true
      await close.call(store)
    },
  })
  await expect(app.close()).rejects.toMatchObject({ errors: [expect.objectContaining({ message: 'a run hangs' })] })
  expect(closed).toBe(true)
})

test('a run beside an embedding server that hangs is cancelled within a second', async () => {
  const store = await openStore({ path: join(home, 'handaxe.db') })
  const embedder = {
    model: 'openai/text-embedding-3-small',
    key: null,
    embed: async ({ texts }: { texts: readonly string[] }) => ({
      vectors: texts.map((text) => Float32Array.from({ length: 8 }, (_, at) => 1 + text.charCodeAt(at % text.length))),
      usage: { inputTokens: 1, reported: true },
      costUsd: 0,
      attempts: 1,
      wallMs: 1,
    }),
  }
  const vectors = openVectorIndex({ store, embedder })
  const library = openLibrary({ store, vectors })
  for (let index = 0; index < 40; index += 1) await library.save(newTool(`gadget_${index}`))
  await vectors.embedAll()
  await store.close()
  let asked = 0
  const server = createServer(() => void (asked += 1))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const agent = await openAgent({
    home,
    gateway: scriptedGateway([]),
    environment: environment({
      HANDAXE_EMBEDDING: 'openai/text-embedding-3-small',
      OPENAI_API_KEY: 'sk-test-0123456789',
      OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
    }),
  })
  try {
    const run = agent.run('What turns the gadget?')
    await expect.poll(() => asked, { timeout: 20_000 }).toBe(1)
    const stoppedAt = performance.now()
    run.cancel()
    const result = await run.result
    expect(performance.now() - stoppedAt).toBeLessThan(1_000)
    expect(result).toMatchObject({ status: 'cancelled', usage: { calls: 1 } })
  } finally {
    await agent.close()
    server.closeAllConnections()
    server.close()
  }
})
