import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Store } from '../../../src/contracts/store.ts'
import type { DatabaseOptions } from '../../../src/store/postgres/database.ts'
import { openPostgresStore } from '../../../src/store/postgres/open-postgres-store.ts'
import { describePostgres, startPostgres, type TestPostgres } from '../../support/postgres.ts'
import { indexText, sampleEvent, sampleRun, sampleTool, setState } from '../support/samples.ts'
import { holdLock, untilWaiting } from './support/locks.ts'
import { openProxy, once, type Proxy } from './support/proxy.ts'

describePostgres('connections to PostgreSQL that are lost', () => {
  let server: TestPostgres
  let proxy: Proxy
  let stores: Store[]
  let schemas = 0

  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(async () => server.close())
  beforeEach(async () => {
    proxy = await openProxy(server.port)
    schemas += 1
    stores = []
  })
  afterEach(async () => {
    await Promise.all(stores.map(async (store) => store.close()))
    await proxy.close()
  })

  const open = async (options: Partial<DatabaseOptions> & { port?: number } = {}): Promise<Store> => {
    const { port = proxy.port, ...rest } = options
    const store = await openPostgresStore(server.address({ schema: `lost_${schemas}`, port }), {
      lockTimeoutMs: 5000,
      ...rest,
    })
    stores.push(store)
    return store
  }

  const terminateAll = async (): Promise<number> => {
    const ended = await server.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'handaxe'",
    )
    return ended.length
  }

  test('idle connections that the server ends are replaced without a word', async () => {
    const store = await open()
    await Promise.all(Array.from({ length: 8 }, async () => store.tools.count()))
    expect(await terminateAll()).toBeGreaterThan(1)
    await sleep(50)
    expect(await Promise.all(Array.from({ length: 8 }, async () => store.tools.count()))).toEqual(Array(8).fill(0))
  })

  test('a connection that is ended in the middle of a transaction: all of it is done again', async () => {
    const store = await open()
    const lock = await holdLock(server, `LOCK TABLE lost_${schemas}.index_posting`)
    const saving = store.tools.saveVersion(sampleTool('mean'), indexText({ name: 'mean' }))
    await untilWaiting(server)
    expect(await terminateAll()).toBeGreaterThan(0)
    await lock.release()
    expect(await saving).toMatchObject({ name: 'mean', version: 1 })
    expect(await store.tools.listVersions('mean')).toHaveLength(1)
    expect((await store.tools.indexStatistics(['mean'])).documents).toEqual(new Map([['mean', 1]]))
  })

  test.each([
    ['before the server sees the end', 'cut'],
    ['before the server’s answer arrives', 'cut-answer'],
  ] as const)(
    'a connection that is cut at the end of a transaction, %s: what was saved is there once',
    async (_, how) => {
      const store = await open()
      await store.journal.createRun(sampleRun('r1'))
      const before = proxy.connections
      proxy.judge = once('COMMIT\0', how)
      await store.journal.appendEvents('r1', [sampleEvent('r1', 1)])
      expect(await store.journal.events('r1')).toEqual([sampleEvent('r1', 1)])
      proxy.judge = once('COMMIT\0', how)
      const saved = await store.tools.saveVersion(sampleTool('mean'), indexText({ name: 'mean' }))
      expect(saved?.version).toBe(1)
      expect(await store.tools.listVersions('mean')).toHaveLength(1)
      expect(proxy.connections).toBeGreaterThan(before)
    },
  )

  test('where nobody can tell what became of it, the error says that', async () => {
    const store = await open({ reconnectTimeoutMs: 300 })
    await store.journal.createRun(sampleRun('r1'))
    const cut = once('COMMIT\0', 'cut-answer')
    proxy.judge = (data) => {
      const verdict = cut(data)
      if (verdict !== 'pass') proxy.refuse = true
      return verdict
    }
    const startedAt = performance.now()
    await expect(store.journal.appendEvents('r1', [sampleEvent('r1', 1)])).rejects.toMatchObject({
      code: 'store_unavailable',
      hint: expect.stringContaining('may be there or not'),
    })
    expect(performance.now() - startedAt).toBeLessThan(5000)
    proxy.refuse = false
    expect(await store.journal.events('r1')).toHaveLength(1)
  })

  test('a connection that is cut while something is read: it is read again', async () => {
    const store = await open()
    await store.tools.saveVersion(sampleTool('mean'), indexText({ name: 'mean' }))
    proxy.judge = once('tool_version', 'cut')
    expect((await store.tools.findVersion('mean'))?.version).toBe(1)
    proxy.judge = once('tool_version', 'cut-answer')
    expect((await store.tools.findVersion('mean'))?.version).toBe(1)
    proxy.judge = once('COMMIT\0', 'cut')
    expect((await store.tools.findVersion('mean'))?.version).toBe(1)
  })

  test('a connection that falls silent is given up, and another one answers', async () => {
    const store = await open({ statementTimeoutMs: 200, reconnectTimeoutMs: 20_000 })
    await store.tools.saveVersion(sampleTool('mean'), indexText({ name: 'mean' }))
    proxy.judge = once('tool_version', 'freeze')
    const startedAt = performance.now()
    expect((await store.tools.findVersion('mean'))?.version).toBe(1)
    expect(performance.now() - startedAt).toBeGreaterThan(5000)
    expect(performance.now() - startedAt).toBeLessThan(20_000)
  })

  test('a statement that ends its session each time is not tried forever', async () => {
    const store = await open()
    await store.tools.count()
    let cuts = 0
    proxy.judge = (data) => {
      if (!data.includes('tool_version')) return 'pass'
      cuts += 1
      return 'cut'
    }
    await expect(store.tools.findVersion('mean')).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(cuts).toBe(4)
    expect(await store.tools.count()).toBe(0)
  })

  test('a server that stays away: calls fail after a while, and work again when it is back', async () => {
    const store = await open({ reconnectTimeoutMs: 400 })
    await store.tools.count()
    proxy.refuse = true
    proxy.judge = () => 'cut'
    const startedAt = performance.now()
    await expect(store.tools.count()).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(performance.now() - startedAt).toBeGreaterThan(300)
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    proxy.refuse = false
    proxy.judge = () => 'pass'
    expect(await store.tools.count()).toBe(0)
  })

  test('closing while calls are running lets them end, and takes no others', async () => {
    const store = await open()
    await store.journal.createRun(sampleRun('r1'))
    const running = Array.from({ length: 20 }, async (_, index) =>
      store.journal.appendEvents('r1', [sampleEvent('r1', index + 1)]),
    )
    const closing = store.close()
    await expect(store.tools.count()).rejects.toMatchObject({ code: 'store_unavailable' })
    await Promise.all(running)
    await closing
    const again = await open()
    expect(await again.journal.events('r1')).toHaveLength(20)
    expect(await terminateAll()).toBe(1)
  })

  describe('locks', () => {
    test('one that another process keeps: it waits as long as it was told, and readers go on', async () => {
      const store = await open({ lockTimeoutMs: 300 })
      const lock = await holdLock(
        server,
        `SELECT pg_advisory_xact_lock(hashtextextended('handaxe lost_${schemas}', 0))`,
      )
      const startedAt = performance.now()
      const saving = store.tools.saveVersion(sampleTool('mean'), indexText({}))
      await expect(saving).rejects.toMatchObject({ code: 'store_locked', hint: expect.stringContaining('pg_stat') })
      expect(performance.now() - startedAt).toBeGreaterThan(250)
      expect(performance.now() - startedAt).toBeLessThan(5000)
      expect(await store.tools.count()).toBe(0)
      // Nor are runs kept from their journal.
      await store.journal.createRun(sampleRun('r1'))
      await lock.release()
      expect((await store.tools.saveVersion(sampleTool('mean'), indexText({})))?.version).toBe(1)
    })

    test('a deadlock is tried again', async () => {
      const store = await open({ lockTimeoutMs: 20_000 })
      await store.tools.saveVersion(sampleTool('mean'), indexText({ name: 'mean' }))
      // We change the version and wait for the tool; the other has the tool and comes to wait for the version.
      const lock = await holdLock(server, `SELECT FROM lost_${schemas}.tool FOR UPDATE`)
      const retiring = setState(store, { name: 'mean', version: 1, state: 'retired', reason: 'old' })
      await untilWaiting(server)
      await lock.run(`SELECT FROM lost_${schemas}.tool_version FOR UPDATE`).catch((error: unknown) => {
        // Either of the two may be the one that is sacrificed.
        expect(error).toMatchObject({ code: '40P01' })
      })
      await lock.release()
      expect(await retiring).toBe(true)
      expect((await store.tools.findVersion('mean'))?.state).toBe('retired')
    })

    test('a statement that takes too long is stopped', async () => {
      const store = await open({ statementTimeoutMs: 300, lockTimeoutMs: 20_000 })
      const lock = await holdLock(server, `LOCK TABLE lost_${schemas}.tool`)
      const startedAt = performance.now()
      await expect(store.tools.count()).rejects.toMatchObject({
        code: 'store_unavailable',
        message: expect.stringContaining('too long'),
      })
      expect(performance.now() - startedAt).toBeLessThan(5000)
      await lock.release()
      expect(await store.tools.count()).toBe(0)
    })
  })
})

describePostgres('a server of PostgreSQL that is restarted', () => {
  test.each(['fast', 'immediate'] as const)(
    '(%s) while a run is written: nothing is lost, nothing twice',
    async (how) => {
      const server = await startPostgres()
      try {
        const store = await openPostgresStore(server.address(), { lockTimeoutMs: 5000, reconnectTimeoutMs: 30_000 })
        await store.journal.createRun(sampleRun('r1'))
        let written = 0
        const done = new AbortController()
        const writing = (async () => {
          for (; !done.signal.aborted; written += 1) {
            const next = written + 1
            await store.journal.appendEvents('r1', [sampleEvent('r1', next)])
            await store.tools.saveVersion(sampleTool('mean', { code: `v${next}` }), indexText({ name: `m ${next}` }))
          }
        })()
        for (const progress of [3, 6]) {
          await vi.waitUntil(() => written >= progress, { timeout: 30_000, interval: 5 })
          await server.stop(how)
          await server.start()
        }
        await vi.waitUntil(() => written >= 9, { timeout: 30_000, interval: 5 })
        done.abort()
        await writing
        const expected = Array.from({ length: written }, (_, index) => index + 1)
        expect((await store.journal.events('r1')).map(({ sequence }) => sequence)).toEqual(expected)
        expect((await store.tools.listVersions('mean')).map(({ version }) => version)).toEqual(expected)
        await store.close()
      } finally {
        await server.close()
      }
    },
  )
})
