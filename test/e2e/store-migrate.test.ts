import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLibrary } from '../../src/library/open-library.ts'
import { openStore } from '../../src/store/open-store.ts'
import { sampleEvent, sampleResult, sampleRun, sampleTool } from '../store/support/samples.ts'
import { describePostgres, startPostgres, type TestPostgres } from '../support/postgres.ts'
import { createHome, runCli, type CliOutcome } from '../support/run-cli.ts'

/** What the test server's address must never show of itself. */
const SECRETS = ['p@ss/w#rd', encodeURIComponent('p@ss/w#rd: 100%')]

const TOOLS = 40

async function fill(path: string, events: number): Promise<void> {
  const store = await openStore({ path })
  const library = openLibrary({ store })
  for (let number = 0; number < TOOLS; number += 1) {
    const { pins: _pins, codeHash: _hash, ...tool } = sampleTool(`tool_${number}`)
    await library.save(tool)
  }
  await store.journal.createRun(sampleRun('r1'))
  const all = Array.from({ length: events }, (_, index) => sampleEvent('r1', index + 1, `event ${index} `.repeat(100)))
  await store.journal.appendEvents('r1', all)
  await store.journal.finishRun('r1', sampleResult('r1'))
  await store.close()
}

function expectNoSecret({ stdout, stderr }: CliOutcome): void {
  for (const secret of SECRETS) expect(stdout + stderr).not.toContain(secret)
}

describePostgres('handaxe store migrate', () => {
  let server: TestPostgres
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.close())

  test('moves a library from SQLite to PostgreSQL and back, the same by counts and hashes', async () => {
    const home = createHome()
    await fill(join(home, 'handaxe.db'), 250)
    const address = server.address({ schema: 'moved' })
    const there = await runCli(home, ['store', 'migrate', '--to', address, '--json'])
    expect(there.exitCode, there.stderr).toBe(0)
    expectNoSecret(there)
    const result = JSON.parse(there.stdout) as { tables: { table: string; rows: number; sha256: string }[] }
    expect(result).toMatchObject({ wasThere: false, from: join(home, 'handaxe.db') })
    expect(result.tables.find(({ table }) => table === 'tool')?.rows).toBe(TOOLS)
    expect(result.tables.find(({ table }) => table === 'run_event')?.rows).toBe(250)
    expect(there.stderr).toMatch(/copying run_event: 250 of 250[\s\S]*verifying run_event: 250 of 250/)
    const used = await runCli(home, ['tools', 'list', '--json'], { environment: { HANDAXE_STORE: address } })
    expect(JSON.parse(used.stdout)).toHaveLength(TOOLS)
    const back = await runCli(home, ['store', 'migrate', '--from', address, '--to', 'back.db', '--json'])
    expect(back.exitCode, back.stderr).toBe(0)
    expectNoSecret(back)
    expect((JSON.parse(back.stdout) as typeof result).tables).toEqual(result.tables)
    const again = await runCli(home, ['store', 'migrate', '--from', address, '--to', 'back.db'])
    expect(again.exitCode).toBe(0)
    expect(again.stderr).toContain('is there already, the same')
  }, 180_000)

  test('is refused where the target holds something else, and hides passwords in what it says', async () => {
    const home = createHome()
    await fill(join(home, 'handaxe.db'), 3)
    const address = server.address({ schema: 'taken' })
    const { exitCode } = await runCli(home, ['store', 'migrate', '--to', address])
    expect(exitCode).toBe(0)
    await fill(join(home, 'other.db'), 5)
    const refused = await runCli(home, ['store', 'migrate', '--from', 'other.db', '--to', address])
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('is not empty')])
    const itself = await runCli(home, ['store', 'migrate', '--from', address, '--to', address])
    const nowhere = await runCli(home, ['store', 'migrate', '--to', server.address({ port: 1 })])
    const typo = await runCli(home, ['store', 'migrate', '--to', address.replace('postgres:', 'mysql:')])
    expect([itself.exitCode, nowhere.exitCode, typo.exitCode]).toEqual([2, 8, 8])
    for (const outcome of [refused, itself, nowhere, typo]) expectNoSecret(outcome)
    expect((await runCli(home, ['store', 'migrate'])).stderr).toContain('--to is missing')
    expect((await runCli(home, ['store', 'migrate', '--from', 'no.db', '--to', 'new.db'])).exitCode).toBe(8)
  }, 180_000)

  test('interrupted by Ctrl-C it leaves nothing half-written, and can be begun again', async () => {
    const home = createHome()
    await fill(join(home, 'handaxe.db'), 20_000)
    const address = server.address({ schema: 'interrupted' })
    const stopped = await runCli(home, ['store', 'migrate', '--to', address], {
      onStart: (child) => {
        child.stderr?.on('data', (text: string) => {
          // Some tables are copied, the largest is under way.
          if (text.includes('copying run:')) child.kill('SIGINT')
        })
      },
    })
    expect(stopped.exitCode, stopped.stderr).toBe(130)
    const count = await server.query<{ rows: string }>('SELECT count(*) AS rows FROM interrupted.tool', {
      database: 'workshop',
    })
    expect(count).toEqual([{ rows: '0' }])
    const back = await runCli(home, ['store', 'migrate', '--to', 'new.db'], {
      onStart: (child) => {
        child.stderr?.on('data', (text: string) => {
          if (text.includes('copying run:')) child.kill('SIGINT')
        })
      },
    })
    expect(back.exitCode, back.stderr).toBe(130)
    if (existsSync(join(home, 'new.db'))) {
      const store = await openStore({ path: join(home, 'new.db') })
      expect(await store.tools.count()).toBe(0)
      await store.close()
    }
    for (const to of [address, 'new.db']) {
      const { exitCode, stderr } = await runCli(home, ['store', 'migrate', '--to', to])
      expect(exitCode, stderr).toBe(0)
    }
  }, 240_000)
})
