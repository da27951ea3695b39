import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore } from '../../src/store/open-store.ts'
import { mountSmall } from './support/processes.ts'
import { indexText, sampleEvent, sampleRun, sampleTool } from './support/samples.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'handaxe-open-'))
  path = join(folder, 'handaxe.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const isRoot = process.getuid?.() === 0
const canMount = ((): boolean => {
  const probe = mkdtempSync(join(tmpdir(), 'handaxe-mount-'))
  const mounted = mountSmall(probe, 65_536)
  mounted?.unmount()
  rmSync(probe, { recursive: true })
  return mounted !== null
})()

describe('opening', () => {
  test('makes the file and its folders, for the owner only', async () => {
    const deep = join(folder, 'a', 'b', 'handaxe.db')
    const store = await openStore({ path: deep })
    expect(statSync(deep).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o700)
    await store.close()
  })

  test('an empty file is a new store', async () => {
    writeFileSync(path, '')
    const store = await openStore({ path })
    expect(await store.tools.count()).toBe(0)
    await store.close()
  })

  test('a store in memory needs no file', async () => {
    const store = await openStore({ path: ':memory:' })
    await store.tools.saveVersion(sampleTool('mean'), indexText({}))
    expect(await store.tools.count()).toBe(1)
    await store.close()
    expect(readdirSync(folder)).toEqual([])
  })

  test('commits are synchronous and the journal is a write-ahead log', async () => {
    const store = await openStore({ path })
    await store.journal.createRun(sampleRun('r1'))
    expect(existsSync(`${path}-wal`)).toBe(true)
    await store.close()
    const database = new DatabaseSync(path)
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    database.close()
  })

  test('opening a store that is there takes milliseconds', async () => {
    const first = await openStore({ path })
    await first.close()
    const durations: number[] = []
    for (let index = 0; index < 9; index += 1) {
      const startedAt = performance.now()
      const store = await openStore({ path })
      durations.push(performance.now() - startedAt)
      await store.close()
    }
    expect(durations.toSorted((left, right) => left - right)[4]).toBeLessThan(500)
  })
})

describe('what stands in the way is named, with what to do', () => {
  test('a store of a newer handaxe is left alone', async () => {
    const store = await openStore({ path })
    await store.close()
    const database = new DatabaseSync(path)
    database.exec('PRAGMA user_version = 999')
    database.close()
    const before = readFileSync(path)
    await expect(openStore({ path })).rejects.toMatchObject({ code: 'store_newer', details: { version: 999 } })
    expect(readFileSync(path)).toEqual(before)
  })

  test('another program’s database is not taken over', async () => {
    const database = new DatabaseSync(path)
    database.exec('CREATE TABLE bookmarks (url TEXT)')
    database.close()
    const before = readFileSync(path)
    await expect(openStore({ path })).rejects.toMatchObject({
      code: 'store_corrupt',
      message: expect.stringContaining('another program'),
    })
    expect(readFileSync(path)).toEqual(before)
  })

  test.each([
    ['text', Buffer.from('This is no database, it is a shopping list. '.repeat(100))],
    ['noise', Buffer.from(Array.from({ length: 20_000 }, (_, index) => (index * 7919) % 251))],
  ])('a file of %s is no store, and stays as it is', async (_, content) => {
    writeFileSync(path, content)
    await expect(openStore({ path })).rejects.toMatchObject({
      code: 'store_corrupt',
      hint: expect.stringContaining(`mv ${path}`),
    })
    expect(readFileSync(path)).toEqual(content)
  })

  test('a damaged store is reported when the damage is met, and nothing is deleted', async () => {
    const store = await openStore({ path })
    for (let index = 0; index < 50; index += 1) {
      await store.tools.saveVersion(
        sampleTool(`tool_${index}`, { code: 'x'.repeat(5000) + index }),
        indexText({ name: 'same' }),
      )
    }
    await store.close()
    const content = readFileSync(path)
    content.fill(0xa5, 4096 * 2)
    writeFileSync(path, content)
    const damaged = openStore({ path }).then(async (opened) => {
      try {
        await opened.tools.listVersions('tool_49')
        return await opened.tools.list()
      } finally {
        await opened.close()
      }
    })
    await expect(damaged).rejects.toMatchObject({ code: 'store_corrupt', details: { path } })
    expect(statSync(path).size).toBe(content.length)
  })

  test('a copy that was made before an upgrade is named in the hint', async () => {
    writeFileSync(path, 'broken '.repeat(1000))
    writeFileSync(`${path}.before-v2`, 'copy')
    await expect(openStore({ path })).rejects.toMatchObject({ hint: expect.stringContaining(`${path}.before-v2`) })
  })

  test('a folder in place of the file', async () => {
    mkdirSync(path)
    await expect(openStore({ path })).rejects.toMatchObject({
      code: 'store_unavailable',
      hint: expect.stringContaining('folder'),
    })
  })

  test('a file in place of the folder', async () => {
    writeFileSync(path, '')
    await expect(openStore({ path: join(path, 'handaxe.db') })).rejects.toMatchObject({ code: 'store_unavailable' })
  })

  test('a lock that another process keeps: it waits as long as it was told, and the event loop goes on', async () => {
    const store = await openStore({ path, lockTimeoutMs: 400 })
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    let ticks = 0
    const ticking = setInterval(() => (ticks += 1), 10)
    const startedAt = performance.now()
    await expect(store.journal.createRun(sampleRun('r1'))).rejects.toMatchObject({ code: 'store_locked' })
    const waitedMs = performance.now() - startedAt
    clearInterval(ticking)
    expect(waitedMs).toBeGreaterThan(350)
    expect(waitedMs).toBeLessThan(5000)
    expect(ticks).toBeGreaterThan(3)
    // Readers are not kept out, and writing works again when the lock is gone.
    expect(await store.tools.count()).toBe(0)
    other.exec('ROLLBACK')
    other.close()
    await store.journal.createRun(sampleRun('r1'))
    await store.close()
  })

  test.skipIf(isRoot)('a folder without the right to write (skipped for root, who may write everywhere)', async () => {
    const store = await openStore({ path })
    await store.close()
    chmodSync(folder, 0o500)
    await expect(openStore({ path })).rejects.toMatchObject({ code: 'store_read_only' })
    chmodSync(folder, 0o700)
    chmodSync(path, 0o400)
    await expect(openStore({ path })).rejects.toMatchObject({ code: 'store_read_only' })
  })

  test.skipIf(!canMount)('a read-only file system (skipped where this user may not mount)', async () => {
    const mounted = mountSmall(folder, 4_000_000)
    try {
      const store = await openStore({ path })
      await store.close()
      mounted?.remountReadOnly()
      await expect(openStore({ path })).rejects.toMatchObject({ code: 'store_read_only' })
      await expect(openStore({ path: join(folder, 'new.db') })).rejects.toMatchObject({ code: 'store_read_only' })
    } finally {
      mounted?.unmount()
    }
  })

  test.skipIf(!canMount)(
    'a full disk: what was saved before stays whole (skipped where this user may not mount)',
    async () => {
      const mounted = mountSmall(folder, 1_500_000)
      try {
        const store = await openStore({ path })
        await store.journal.createRun(sampleRun('r1'))
        let written = 0
        const fill = async (): Promise<void> => {
          for (;;) {
            const batch = [sampleEvent('r1', written + 1, 'x'.repeat(50_000))]
            await store.journal.appendEvents('r1', batch)
            written += 1
          }
        }
        await expect(fill()).rejects.toMatchObject({ code: 'disk_full', details: { path } })
        expect(written).toBeGreaterThan(2)
        expect(await store.journal.events('r1')).toHaveLength(written)
        await store.close()
        const again = await openStore({ path })
        expect(await again.journal.events('r1')).toHaveLength(written)
        await again.close()
      } finally {
        mounted?.unmount()
      }
    },
  )

  test.skipIf(!canMount)('a disk that is full from the start (skipped where this user may not mount)', async () => {
    const mounted = mountSmall(folder, 65_536)
    try {
      spawnSync('dd', ['if=/dev/zero', `of=${join(folder, 'filler')}`, 'bs=4096'])
      await expect(openStore({ path })).rejects.toMatchObject({ code: 'disk_full' })
    } finally {
      mounted?.unmount()
    }
  })
})
