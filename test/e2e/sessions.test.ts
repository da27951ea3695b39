import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { createHome, runCli } from '../support/run-cli.ts'

let home: string

beforeEach(() => {
  home = createHome()
})

const exec = (code: string, ...args: string[]) => runCli(home, ['exec', ...args, '-'], { input: code })

describe('handaxe exec --session', () => {
  test('values go from call to call; the list shows them, remove deletes them', async () => {
    const first = await exec(
      'import pandas as pd\ndf = pd.DataFrame({"a": [1, 2]})\nn = 3',
      '--session',
      'one',
      '--keep',
      'df',
      '--keep',
      'n',
    )
    expect(first, first.stderr).toMatchObject({ exitCode: 0, stderr: 'kept df, n (2 in the session)\n' })
    const next = await exec(
      'from tools import session\nprint(session.df.a.sum() + session.n)',
      '--session',
      'one',
      '--json',
    )
    expect(JSON.parse(next.stdout)).toMatchObject({
      status: 'ok',
      stdout: { head: '6\n' },
      artifacts: [],
      session: { kept: [], notes: [], values: [{ name: 'df', type: 'pandas.DataFrame (2, 1)' }, { name: 'n' }] },
    })
    expect((await exec('from tools import session\nprint(len(session))', '--session', 'two')).stdout).toBe('0\n')
    const listed = JSON.parse((await runCli(home, ['sessions', 'list', '--json'])).stdout)
    expect(listed.sessions).toMatchObject([
      { name: 'one', problem: null, values: [{ name: 'df' }, { name: 'n' }] },
      { name: 'two', values: [] },
    ])
    expect((await runCli(home, ['sessions', 'list'])).stdout).toContain('  df: pandas.DataFrame (2, 1), ')
    expect(await runCli(home, ['sessions', 'remove', 'one'])).toMatchObject({ exitCode: 0, stdout: 'removed one\n' })
    expect(existsSync(join(home, 'sessions', 'one'))).toBe(false)
    expect(await runCli(home, ['sessions', 'remove', 'one'])).toMatchObject({ exitCode: 2 })
    const left = existsSync(join(home, 'state', 'exec')) ? readdirSync(join(home, 'state', 'exec')) : []
    expect(left).toEqual([])
  })

  test('it goes through the daemon as well', async () => {
    const environment = { HANDAXE_DAEMON: 'always' }
    const run = (input: string, ...args: string[]) =>
      runCli(home, ['exec', '--session', 's', ...args, '-'], { input, environment })
    try {
      expect((await run('x = {1, 2}', '--keep', 'x')).stderr).toContain('kept x')
      expect((await run('from tools import session\nprint(session.x)')).stdout).toBe('{1, 2}\n')
    } finally {
      await runCli(home, ['daemon', 'stop', '--force'])
    }
  })

  test('two calls at one time leave a whole state', async () => {
    const program = (number: number) => `import time\na = b = c = [${number}] * 1000\ntime.sleep(0.3)`
    const keep = ['--keep', 'a', '--keep', 'b', '--keep', 'c']
    const outcomes = await Promise.all([1, 2, 3].map((number) => exec(program(number), '--session', 's', ...keep)))
    expect(outcomes.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0])
    const read = await exec(
      'from tools import session\nprint(session.a == session.b == session.c, len(session))',
      '--session',
      's',
    )
    expect(read.stdout).toBe('True 3\n')
  })

  test('a call that is killed in the middle loses nothing of the old state', async () => {
    await exec('a = 1', '--session', 's', '--keep', 'a')
    const killed = await runCli(home, ['exec', '--session', 's', '-'], {
      input:
        'import time\nfrom tools import session\nsession.keep(a=2, b=3)\nprint("kept", flush=True)\ntime.sleep(20)',
      onStart: (child) => child.stdout?.once('data', () => child.kill('SIGKILL')),
    })
    expect(killed.signal).toBe('SIGKILL')
    expect((await exec('from tools import session\nprint(session.a, list(session))', '--session', 's')).stdout).toBe(
      "1 ['a']\n",
    )
    // What the killed one had begun goes with the next one that keeps something.
    await exec('c = 1', '--session', 's', '--keep', 'c')
    expect(readdirSync(join(home, 'sessions', 's'))).toHaveLength(2)
  })

  test('wrong names and a damaged session are refused with what to do', async () => {
    expect(await exec('1', '--session', '../x')).toMatchObject({ exitCode: 2 })
    expect(await exec('1', '--keep', 'x')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--session NAME'),
    })
    expect(await exec('1', '--session', 's', '--keep', 'a b')).toMatchObject({ exitCode: 2 })
    await exec('a = 1', '--session', 's', '--keep', 'a')
    const manifest = join(home, 'sessions', 's', 'session.json')
    writeFileSync(manifest, readFileSync(manifest, 'utf8').slice(0, 30))
    expect(await exec('1', '--session', 's')).toMatchObject({
      exitCode: 8,
      stderr: expect.stringContaining('sessions remove'),
    })
    expect((await runCli(home, ['sessions', 'list'])).stdout).toContain('cannot be read')
  })
})
