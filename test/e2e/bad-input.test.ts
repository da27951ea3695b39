import { closeSync, mkdirSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { jsonReply } from '../support/model-replies.ts'
import { createHome, runCli } from '../support/run-cli.ts'
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts'

let home: string
let server: ScriptedServer

beforeEach(async () => {
  home = createHome()
  server = await startScriptedServer(() =>
    jsonReply({ understanding: 'x', difficulty: 'easy', steps: [], answer: 'ok' }),
  )
})

afterEach(() => server.close())

const model = () => ({ OPENAI_API_KEY: 'test-key', OPENAI_BASE_URL: server.baseUrl })
const ask = (args: string[], input = '') =>
  runCli(home, ['run', ...args, '-m', 'openai/scripted'], { environment: model(), input })

describe('bad input has a clear message and its own exit code', () => {
  test('no request', async () => {
    const outcome = await ask([])
    expect(outcome.exitCode).toBe(2)
    expect(outcome.stderr).toContain('There is no request')
  })

  test('a file that is not there, a folder, two files of one name', async () => {
    mkdirSync(join(home, 'folder', 'deep'), { recursive: true })
    writeFileSync(join(home, 'a.csv'), 'x\n1\n')
    writeFileSync(join(home, 'folder', 'a.csv'), 'x\n1\n')
    const cases: [string[], RegExp][] = [
      [['-f', 'missing.csv'], /missing\.csv does not exist/],
      [['-f', 'folder'], /folder is a folder/],
      [['-f', 'a.csv', '-f', 'folder/a.csv'], /Two of the files are called a\.csv/],
    ]
    for (const [args, message] of cases) {
      const outcome = await ask(['what?', ...args])
      expect(outcome.exitCode).toBe(2)
      expect(outcome.stderr).toMatch(message)
      expect(outcome.stdout).toBe('')
    }
    expect(server.requests).toHaveLength(0)
  })

  test('no key at all names every variable and the ways without a key', async () => {
    const outcome = await runCli(home, ['run', 'what?'])
    expect(outcome.exitCode).toBe(3)
    for (const name of ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'DEEPSEEK_API_KEY', '-m manual', '--replay'])
      expect(outcome.stderr).toContain(name)
  })

  test('an unknown provider and a missing key of a known one', async () => {
    const unknown = await runCli(home, ['run', 'what?', '-m', 'antropic/claude'])
    expect(unknown.exitCode).toBe(2)
    expect(unknown.stderr).toContain('anthropic')
    const missing = await runCli(home, ['run', 'what?', '-m', 'anthropic/claude'])
    expect(missing.exitCode).toBe(3)
    expect(missing.stderr).toContain('ANTHROPIC_API_KEY')
  })

  test('with --json the error is one object on stdout', async () => {
    const outcome = await runCli(home, ['run', 'what?', '--json'])
    expect(outcome.exitCode).toBe(3)
    expect(JSON.parse(outcome.stdout)).toEqual({
      error: { code: 'missing_key', message: expect.any(String), hint: expect.stringContaining('manual') },
    })
  })

  test('a number that is none', async () => {
    const outcome = await ask(['what?', '--max-cost-usd', 'much'])
    expect(outcome.exitCode).toBe(2)
    expect(outcome.stderr).toContain('--max-cost-usd')
  })
})

describe('files as they come', () => {
  const latin1 = Buffer.from('Straße;Wert\nK\u00f6ln;3,5\n', 'latin1')
  test.each([
    ['empty.csv', Buffer.alloc(0), /empty\.csv: empty/],
    ['bom.csv', Buffer.from('\uFEFFprice,day\n1,2\n'), /bom\.csv: table, 1 row.*utf-8/i],
    ['latin.csv', latin1, /latin\.csv: table, 1 row/],
    [
      'image.csv',
      Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex'),
      /image\.csv: image/,
    ],
    [
      'binary.csv',
      Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7) % 256)),
      /binary\.csv: (binary|text)/,
    ],
  ])('%s is described as what it is', async (name, content, described) => {
    writeFileSync(join(home, name), content)
    const outcome = await ask(['what?', '-f', name])
    expect(outcome.exitCode, outcome.stderr).toBe(0)
    expect(outcome.stderr).toMatch(described)
  })

  test('a table of 200,000 rows is counted', async () => {
    const file = openSync(join(home, 'large.csv'), 'w')
    writeSync(file, 'day,price,note\n')
    for (let block = 0; block < 200; block++) {
      writeSync(
        file,
        Array.from({ length: 1000 }, (_, row) => `2020-01-01,${block * 1000 + row},"a, ""b"""\n`).join(''),
      )
    }
    closeSync(file)
    const outcome = await ask(['what?', '-f', 'large.csv'])
    expect(outcome.exitCode, outcome.stderr).toBe(0)
    expect(outcome.stderr).toContain('200000 rows')
  })
})

describe('a library in trouble loses nothing', () => {
  const database = () => join(home, 'handaxe.db')

  test('a file that is no database is left as it is', async () => {
    writeFileSync(database(), 'this is not a database, '.repeat(400))
    const before = statSync(database())
    const outcome = await runCli(home, ['tools', 'list'])
    expect(outcome.exitCode).toBe(8)
    expect(outcome.stderr).toContain('store_corrupt')
    expect(statSync(database()).size).toBe(before.size)
  })

  test('a database of a newer version is refused', async () => {
    await runCli(home, ['tools', 'list'])
    const opened = new DatabaseSync(database())
    opened.exec('PRAGMA user_version = 9999')
    opened.close()
    const outcome = await runCli(home, ['tools', 'list'])
    expect(outcome.exitCode).toBe(8)
    expect(outcome.stderr).toContain('store_newer')
  })

  test('a database that another process holds locked is reported, not waited for without end', async () => {
    await runCli(home, ['tools', 'list'])
    const holder = new DatabaseSync(database())
    holder.exec('BEGIN EXCLUSIVE')
    try {
      const outcome = await ask(['what?'])
      expect(outcome.exitCode).toBe(8)
      expect(outcome.stderr).toContain('store_locked')
      expect(outcome.wallMs).toBeLessThan(20_000)
    } finally {
      holder.exec('ROLLBACK')
      holder.close()
    }
    expect((await ask(['what?'])).exitCode).toBe(0)
  })

  test('a home folder that cannot be made is an error with the way out', async () => {
    writeFileSync(join(home, 'file'), '')
    const outcome = await runCli(home, ['tools', 'list'], {
      environment: { HANDAXE_HOME: join(home, 'file', 'inside') },
    })
    expect(outcome.exitCode).toBe(8)
    expect(outcome.stderr).toContain('HANDAXE_HOME')
  })
})
