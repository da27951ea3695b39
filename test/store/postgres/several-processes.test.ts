import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Store } from '../../../src/contracts/store.ts'
import { openStore } from '../../../src/store/open-store.ts'
import { describePostgres, startPostgres, type TestPostgres } from '../../support/postgres.ts'
import { WRITES_OF_TWO } from '../../support/sizes.ts'
import { killedWriter, outputOf, startProcess } from '../support/processes.ts'
import { sampleRun } from '../support/samples.ts'
import { holdLock, untilWaiting } from './support/locks.ts'

function count(to: number): number[] {
  return Array.from({ length: to }, (_, index) => index + 1)
}

async function sequencesOf(store: Store, runId: string): Promise<number[]> {
  return (await store.journal.events(runId)).map(({ sequence }) => sequence)
}

describePostgres('several processes on one store of PostgreSQL', () => {
  let server: TestPostgres
  let schema: string
  let path: string
  let schemas = 0

  beforeAll(async () => {
    // With the settings of a real server: what is told to be saved has to survive its crash.
    server = await startPostgres({ durable: true })
  })
  afterAll(async () => server.close())
  beforeEach(() => {
    schema = `shared_${(schemas += 1)}`
    path = server.address({ schema })
  })

  test(`two that make the same new store and write ${WRITES_OF_TWO} times each lose nothing`, async () => {
    const outputs = await Promise.all(
      ['a', 'b'].map(async (runId) => outputOf(startProcess('write-events.ts', [path, runId, String(WRITES_OF_TWO)]))),
    )
    const versions = outputs.flatMap((output) => output.trim().split('\n')).map((line) => Number(line.split(' ')[1]))
    expect(versions.toSorted((left, right) => left - right)).toEqual(count(2 * WRITES_OF_TWO))

    const store = await openStore({ path })
    for (const runId of ['a', 'b']) expect(await sequencesOf(store, runId)).toEqual(count(WRITES_OF_TWO))
    expect((await store.tools.listVersions('shared')).map(({ version }) => version)).toEqual(count(2 * WRITES_OF_TWO))
    await store.close()
    await expectIntegrity(server, schema)
  }, 120_000)

  test('eight that open the same new store at once all find it ready', async () => {
    const runs = count(8).map((number) => `run${number}`)
    await Promise.all(runs.map(async (runId) => outputOf(startProcess('write-events.ts', [path, runId, '2']))))
    const store = await openStore({ path })
    expect((await store.journal.listRuns({ limit: 20 })).map(({ runId }) => runId).toSorted()).toEqual(runs)
    await store.close()
  }, 120_000)

  test('one that is killed leaves what it had reported, and nothing half-written', async () => {
    for (let round = 0; round < 3; round += 1) {
      const runId = `killed${round}`
      const { length: reported } = await killedWriter(path, runId, 20 + 60 * round)
      expect(reported).toBeGreaterThan(0)
      const store = await openStore({ path })
      const sequences = await sequencesOf(store, runId)
      expect(sequences).toEqual(count(sequences.length))
      expect(sequences.length).toBeGreaterThanOrEqual(reported)
      expect((await store.journal.findRun(runId))?.status).toBe('running')
      await store.close()
      await expectIntegrity(server, schema)
    }
  }, 120_000)

  test('one that is killed in the middle of a transaction leaves nothing of it, and no lock', async () => {
    const store = await openStore({ path })
    // The other process has written the tool and its version when it comes to the postings.
    const lock = await holdLock(server, `LOCK TABLE ${schema}.index_posting`)
    const child = startProcess('write-events.ts', [path, 'r1', '1'])
    const ended = outputOf(child)
    await untilWaiting(server)
    child.kill('SIGKILL')
    await ended
    await lock.release()
    // Its session goes on until the server has something to tell it.
    await store.journal.createRun(sampleRun('after'))
    expect(await store.tools.remove('shared')).toEqual({ removed: false, importers: [] })
    expect(await store.tools.count()).toBe(0)
    expect(await sequencesOf(store, 'r1')).toEqual([1])
    await store.close()
    await expectIntegrity(server, schema)
  }, 120_000)

  test('a server that crashes under two writers: what was reported is there, and nothing half-written', async () => {
    const children = ['a', 'b'].map((runId) => startProcess('write-events.ts', [path, runId, '100000']))
    const outputs = children.map(async (child) => outputOf(child))
    await Promise.all(children.map(async (child) => new Promise((resolve) => child.stdout?.once('data', resolve))))
    await sleep(200)
    await server.stop('immediate')
    for (const child of children) child.kill('SIGKILL')
    const reported = (await Promise.all(outputs)).map((output) => output.split('\n').slice(0, -1).length)
    await server.start()

    const store = await openStore({ path })
    for (const [index, runId] of ['a', 'b'].entries()) {
      const sequences = await sequencesOf(store, runId)
      expect(sequences).toEqual(count(sequences.length))
      expect(sequences.length).toBeGreaterThanOrEqual(reported[index] ?? 0)
      expect(sequences.length).toBeGreaterThan(0)
    }
    const versions = (await store.tools.listVersions('shared')).map(({ version }) => version)
    expect(versions).toEqual(count(versions.length))
    expect(versions.length).toBeGreaterThanOrEqual((reported[0] ?? 0) + (reported[1] ?? 0))
    await store.close()
    await expectIntegrity(server, schema)
  }, 120_000)
})

/** The counts beside the index agree with the texts, and every tool has its current version, its text and its history. */
async function expectIntegrity(server: TestPostgres, schema: string): Promise<void> {
  const check = async (sql: string): Promise<void> => {
    const found = await server.query(sql.replaceAll('@', `${schema}.`))
    expect(found, sql).toEqual([])
  }
  const words =
    "SELECT DISTINCT x.tool_id, w.stem FROM @tool_text x, regexp_split_to_table(x.stems, '[\\n ]') AS w (stem) WHERE w.stem <> ''"
  await check(`SELECT * FROM (${words}) w FULL JOIN @index_posting p USING (tool_id, stem)
    WHERE w.tool_id IS NULL OR p.length IS NULL`)
  await check(`SELECT * FROM (SELECT stem, count(*) AS tools FROM @index_posting GROUP BY stem) p
    FULL JOIN @index_stem s USING (stem) WHERE p.tools IS DISTINCT FROM s.tools`)
  await check(`SELECT * FROM @tool t LEFT JOIN @tool_version v ON v.tool_id = t.id AND v.version = t.current_version
    LEFT JOIN @tool_text x ON x.tool_id = t.id WHERE v.version IS NULL OR x.stems IS NULL`)
  await check(`SELECT * FROM @tool_version v LEFT JOIN @tool_change c USING (tool_id, version) WHERE c.id IS NULL`)
  await check(`SELECT FROM @index_length l WHERE l.field = '*' AND l.tools <> (SELECT count(*) FROM @tool)`)
  await check('SELECT FROM @run_event e LEFT JOIN @run r USING (run_id) WHERE r.status IS NULL')
}
