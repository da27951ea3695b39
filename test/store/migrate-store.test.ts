import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FieldWeights, Store, ToolDecision } from '../../src/contracts/store.ts'
import { INDEX_FIELDS } from '../../src/contracts/store.ts'
import { migrateStore, type StoreMigrationProgress } from '../../src/store/migrate-store.ts'
import { openStore } from '../../src/store/open-store.ts'
import { describePostgres, startPostgres, type TestPostgres } from '../support/postgres.ts'
import {
  indexText,
  sampleEvent,
  sampleIndexOf,
  sampleResult,
  sampleRun,
  sampleScript,
  sampleTool,
  sampleUse,
  setState,
} from './support/samples.ts'

const TABLES = [
  'tool',
  'tool_version',
  'tool_pin',
  'tool_change',
  'tool_use',
  'tool_call',
  'tool_text',
  'solved_script',
  'run',
  'run_event',
]
const EVEN = Object.fromEntries(INDEX_FIELDS.map((field) => [field, 1])) as FieldWeights

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'handaxe-move-'))
  file = join(folder, 'handaxe.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A library with a past: versions, pins, states, uses, gaps in the numbers, odd text, a journal over several pages. */
async function fill(path: string): Promise<void> {
  const store = await openStore({ path })
  const { tools, journal } = store
  await tools.saveVersion(sampleTool('gone'), indexText({ name: 'gone' }))
  await tools.saveVersion(sampleTool('sum'), indexText({ name: 'sum', description: 'sum of number' }))
  await tools.remove('gone')
  await tools.saveVersion(
    sampleTool('mean', { pins: [{ name: 'sum', version: 1 }] }),
    indexText({ name: 'mean', description: 'averag of number', requests: 'what is mean | typic valu' }),
  )
  await tools.saveVersion(sampleTool('mean', { code: 'second' }), indexText({ name: 'mean', code: 'second 平均' }))
  const odd = `zero \0, noncharacter \ufdd0, 'quotes" \\ and 🪓`
  await tools.saveVersion(sampleTool('odd', { summary: odd, description: `${odd}\ud800` }), indexText({ name: 'odd' }))
  await setState(store, { name: 'mean', version: 1, state: 'retired', reason: odd })
  await setState(store, { name: 'odd', version: 1, state: 'quarantined', reason: 'failed' })
  await changeMore(store)
  await tools.recordUse(
    sampleUse('mean', {
      version: 2,
      wallMs: 0.1 + 0.2,
      runId: 'r1',
      costSavedUsd: 0.001,
      inputHash: 'a',
      call: { arguments: { text: odd }, value: [1.5, null, `${odd}\ud800`] },
    }),
  )
  await tools.recordUse(sampleUse('mean', { version: 1, reused: false, outcome: 'failure', tokensSaved: -12.5 }))
  await store.scripts.save(sampleScript('s1', { request: odd, value: odd }), 'mean 平均')
  await store.scripts.mark('s1', 'mean')
  await journal.createRun(sampleRun('r1', { request: odd }))
  await journal.appendEvents(
    'r1',
    Array.from({ length: 250 }, (_, index) => sampleEvent('r1', index + 1, `${odd} ${index}`)),
  )
  await journal.finishRun('r1', sampleResult('r1'))
  await journal.createRun(sampleRun('Ä', { startedAt: '2026-04-01T00:00:00.000Z' }))
  await journal.appendEvents('Ä', [sampleEvent('Ä', 1, 'x'.repeat(1_000_000))])
  await store.close()
}

/** What people decided. */
async function changeMore({ tools }: Store): Promise<void> {
  const decide = async (name: string, decision: Omit<ToolDecision, 'reason' | 'by'>): Promise<void> => {
    await tools.change(name, () => ({ ...decision, reason: 'because', by: 'person' }), sampleIndexOf)
  }
  await decide('sum', { pinnedVersion: 1 })
  await decide('odd', { disabled: true })
  await decide('mean', { annotation: 'slow 🐌' })
}

/** Everything that a store can be asked. */
async function readAll(store: Store): Promise<unknown> {
  const names = (await store.tools.list()).map(({ name }) => name)
  const runs = await store.journal.listRuns({ limit: 100 })
  return {
    list: await store.tools.list(),
    versions: await Promise.all(names.map(async (name) => store.tools.listVersions(name))),
    records: await Promise.all(names.map(async (name) => store.tools.findRecord(name))),
    changes: await Promise.all(names.map(async (name) => store.tools.changes(name))),
    ledgers: await store.tools.ledgers(),
    calls: await store.tools.keptCalls('mean', 2),
    statistics: await store.tools.indexStatistics(['sum', 'mean', 'averag', 'second', 'gone', '平均', '|']),
    hits: await store.tools.searchIndex({
      stems: ['number', 'mean', 'valu', '平均'],
      weights: EVEN,
      limit: 10,
      states: ['verified', 'quarantined'],
    }),
    runs,
    events: await Promise.all(runs.map(async ({ runId }) => store.journal.events(runId))),
  }
}

async function contentOf(path: string): Promise<unknown> {
  const store = await openStore({ path })
  try {
    return await readAll(store)
  } finally {
    await store.close()
  }
}

describe('a store that moves to another file', () => {
  test('is the same there, table by table', async () => {
    await fill(file)
    const to = join(folder, 'new', 'handaxe.db')
    const moved = await migrateStore({ from: file, to })
    expect(moved.wasThere).toBe(false)
    expect(moved.tables.map(({ table, rows }) => [table, rows])).toEqual([
      ['tool', 3],
      ['tool_version', 4],
      ['tool_pin', 1],
      ['tool_change', 10],
      ['tool_use', 2],
      ['tool_call', 1],
      ['tool_text', 3],
      ['solved_script', 1],
      ['run', 2],
      ['run_event', 251],
    ])
    expect(await contentOf(to)).toEqual(await contentOf(file))
  })

  test('reports how far it is, ending with all rows of each table, copied and verified', async () => {
    await fill(file)
    const reports: StoreMigrationProgress[] = []
    await migrateStore({ from: file, to: join(folder, 'b.db'), onProgress: (progress) => reports.push(progress) })
    for (const phase of ['copy', 'verify']) {
      const ends = reports.filter((report) => report.phase === phase && report.rows === report.total)
      expect(ends.map(({ table }) => table)).toEqual(TABLES)
    }
    expect(reports.filter(({ table, phase }) => table === 'run_event' && phase === 'copy').length).toBeGreaterThan(1)
  })

  test('may be moved again to where it is already, and is not mixed with anything else', async () => {
    await fill(file)
    const to = join(folder, 'b.db')
    const first = await migrateStore({ from: file, to })
    expect(await migrateStore({ from: file, to })).toEqual({ ...first, wasThere: true })
    expect(await migrateStore({ from: file, to: file })).toEqual({ ...first, wasThere: true })
    const other = await openStore({ path: to })
    await other.tools.recordUse(sampleUse('sum'))
    await other.close()
    const before = await contentOf(to)
    await expect(migrateStore({ from: file, to })).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('not empty'),
      hint: expect.stringContaining('schema'),
    })
    expect(await contentOf(to)).toEqual(before)
  })

  test('an empty one leaves an empty one', async () => {
    await (await openStore({ path: file })).close()
    const moved = await migrateStore({ from: file, to: join(folder, 'b.db') })
    expect(moved.tables.every(({ rows }) => rows === 0)).toBe(true)
  })

  test('one that is not there is an error, and nothing is made', async () => {
    const to = join(folder, 'b.db')
    await expect(migrateStore({ from: file, to })).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('There is no store'),
    })
    expect([file, to].map((path) => existsSync(path))).toEqual([false, false])
    await expect(migrateStore({ from: 'mysql://h/d', to })).rejects.toMatchObject({ code: 'store_unavailable' })
    await expect(migrateStore({ from: file, to: 'mysql://h/d' })).rejects.toMatchObject({ code: 'store_unavailable' })
  })
})

describePostgres('a store that moves between SQLite and PostgreSQL', () => {
  let server: TestPostgres
  let address: string
  let schemas = 0

  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(async () => server.close())
  beforeEach(() => {
    address = server.address({ schema: `moved_${(schemas += 1)}` })
  })

  test('is the same there, and the same again when it has come back', async () => {
    await fill(file)
    const there = await migrateStore({ from: file, to: address })
    expect(await contentOf(address)).toEqual(await contentOf(file))
    const back = join(folder, 'back.db')
    expect(await migrateStore({ from: address, to: back })).toEqual(there)
    expect(await contentOf(back)).toEqual(await contentOf(file))
    expect(await migrateStore({ from: file, to: address })).toEqual({ ...there, wasThere: true })
  })

  test('one that grew on PostgreSQL goes to a file and to another schema', async () => {
    await fill(address)
    const expected = await contentOf(address)
    const elsewhere = server.address({ schema: `moved_${(schemas += 1)}` })
    const moves = [
      await migrateStore({ from: address, to: file }),
      await migrateStore({ from: address, to: elsewhere }),
    ]
    expect(moves[0]).toEqual(moves[1])
    expect(await contentOf(file)).toEqual(expected)
    expect(await contentOf(elsewhere)).toEqual(expected)
  })

  test.each(['sqlite', 'postgres'])(
    'works on there as before: new numbers follow the old ones (to %s)',
    async (engine) => {
      const [from, to] = engine === 'sqlite' ? [address, file] : [file, address]
      await fill(from)
      await migrateStore({ from, to })
      const store = await openStore({ path: to })
      await store.tools.saveVersion(sampleTool('new'), indexText({ name: 'new mean' }))
      expect((await store.tools.saveVersion(sampleTool('mean', { code: 'third' }), indexText({})))?.version).toBe(3)
      await store.tools.recordUse(sampleUse('new'))
      await setState(store, { name: 'new', version: 1, state: 'trusted' })
      expect((await store.tools.indexStatistics(['mean'])).documents).toEqual(new Map([['mean', 1]]))
      expect(await store.tools.remove('sum')).toMatchObject({ removed: false })
      expect((await store.tools.remove('odd')).removed).toBe(true)
      await store.close()
    },
  )

  test.each(['copy', 'verify'] as const)(
    'that is cancelled (%s) leaves the target as empty as it was',
    async (phase) => {
      await fill(file)
      const cancelling = new AbortController()
      const moving = migrateStore({
        from: file,
        to: address,
        signal: cancelling.signal,
        onProgress: (progress) => {
          if (progress.phase === phase && progress.table === 'run_event') cancelling.abort()
        },
      })
      await expect(moving).rejects.toMatchObject({ code: 'cancelled', hint: expect.stringContaining('again') })
      const store = await openStore({ path: address })
      expect([await store.tools.count(), await store.journal.listRuns({ limit: 1 })]).toEqual([0, []])
      await store.close()
      expect((await migrateStore({ from: file, to: address })).wasThere).toBe(false)
    },
  )

  test.each(['sqlite', 'postgres'])(
    'whose process is killed in the middle can be begun again (to %s)',
    async (engine) => {
      const [from, to] = engine === 'sqlite' ? [address, file] : [file, address]
      await fill(from)
      await killedInTheMiddle(from, to)
      expect((await migrateStore({ from, to })).wasThere).toBe(false)
      expect(await contentOf(to)).toEqual(await contentOf(from))
    },
  )

  test('a store that is not there is not made', async () => {
    await expect(migrateStore({ from: address, to: file })).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(await server.query(`SELECT FROM pg_namespace WHERE nspname = 'moved_${schemas}'`)).toEqual([])
    expect(existsSync(file)).toBe(false)
  })
})

/** A process that stops in the middle of the events, and is killed there. */
async function killedInTheMiddle(from: string, to: string): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'support', 'stuck-migration.ts'), from, to], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), ended])
  expect(child.exitCode).toBeNull()
  child.kill('SIGKILL')
  await ended
}
