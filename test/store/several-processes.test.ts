import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStore } from '../../src/store/open-store.ts'
import { WRITES_OF_TWO } from '../support/sizes.ts'
import { killedWriter, outputOf, startProcess } from './support/processes.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'handaxe-processes-'))
  path = join(folder, 'handaxe.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test(`two processes that make the same new store and write ${WRITES_OF_TWO} times each lose nothing`, async () => {
  const count = WRITES_OF_TWO
  const outputs = await Promise.all(
    ['a', 'b'].map(async (runId) => outputOf(startProcess('write-events.ts', [path, runId, String(count)]))),
  )
  const versions = outputs
    .flatMap((output) => output.trim().split('\n'))
    .map((line) => Number(line.split(' ')[1]))
    .toSorted((left, right) => left - right)
  expect(versions).toEqual(Array.from({ length: 2 * count }, (_, index) => index + 1))

  const store = await openStore({ path })
  for (const runId of ['a', 'b']) {
    const sequences = (await store.journal.events(runId)).map(({ sequence }) => sequence)
    expect(sequences).toEqual(Array.from({ length: count }, (_, index) => index + 1))
  }
  expect(await store.tools.listVersions('shared')).toHaveLength(2 * count)
  // Only the last version is in the index, counted once.
  expect((await store.tools.indexStatistics(['share'])).documents).toEqual(new Map([['share', 1]]))
  await store.close()
  expectIntegrity(path)
}, 120_000)

test('eight processes that open the same new store at once all find it ready', async () => {
  const runs = Array.from({ length: 8 }, (_, index) => `run${index}`)
  await Promise.all(runs.map(async (runId) => outputOf(startProcess('write-events.ts', [path, runId, '3']))))
  const store = await openStore({ path })
  expect((await store.journal.listRuns({ limit: 20 })).map(({ runId }) => runId).toSorted()).toEqual(runs)
  await store.close()
}, 120_000)

test('a process that is killed leaves what it had reported, and nothing half-written', async () => {
  for (let round = 0; round < 4; round += 1) {
    const { length: reported } = await killedWriter(path, `killed${round}`, 20 + 60 * round)
    expect(reported).toBeGreaterThan(0)

    const store = await openStore({ path })
    const events = await store.journal.events(`killed${round}`)
    expect(events.map(({ sequence }) => sequence)).toEqual(Array.from(events, (_, index) => index + 1))
    expect(events.length).toBeGreaterThanOrEqual(reported)
    expect((await store.journal.findRun(`killed${round}`))?.status).toBe('running')
    await store.close()
    expectIntegrity(path)
  }
}, 120_000)

function expectIntegrity(file: string): void {
  const database = new DatabaseSync(file)
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  expect(database.prepare('PRAGMA foreign_key_check').all()).toEqual([])
  expect(database.prepare("INSERT INTO tool_index (tool_index) VALUES ('integrity-check')").run().changes).toBeDefined()
  // The counts beside the index agree with the texts that they were counted from.
  const texts = database.prepare('SELECT stems FROM tool_text').all() as { stems: string }[]
  const counted = new Map<string, number>()
  for (const { stems } of texts) {
    for (const stem of new Set(stems.split(/[\n ]/).filter(Boolean))) counted.set(stem, (counted.get(stem) ?? 0) + 1)
  }
  const kept = database.prepare('SELECT stem, tools FROM index_stem').all() as { stem: string; tools: number }[]
  expect(new Map(kept.map(({ stem, tools }) => [stem, tools]))).toEqual(counted)
  database.close()
}
