import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findPublicNode, findPublicPython, isOpenToAll } from '../../support/ordinary-user.ts'
import { createHome, runCli } from '../../support/run-cli.ts'
import { execute, leftovers, listDaemons, NOTHING, onlyDaemon, stopDaemons, traces } from './support.ts'
import { usePlainPython } from '../../support/python.ts'

usePlainPython()

const isRoot = process.getuid?.() === 0
/** Nobody's id, as far as that can be known. */
const OTHER_USER = 64_322
let home: string
const folder = () => join(home, 'state', 'daemon')
const socketPath = () => join(folder(), readdirSync(folder()).find((name) => name.endsWith('.sock')) ?? '')

beforeEach(() => {
  home = createHome()
})
afterEach(() => stopDaemons(home))

/** What comes back for `text`, until the other end closes. */
function say(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(socketPath(), () => socket.write(text))
    socket.setEncoding('latin1').on('data', (piece: string) => (answer += piece))
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
    socket.setTimeout(8000, () => reject(new Error('no end')))
  })
}

/** Tries to connect and to read the record as another user. */
function tryAsOther(): { connected: string; record: string } {
  const program = `
    const { connect } = require('node:net'), { readFileSync, readdirSync } = require('node:fs')
    let record
    try { record = readFileSync(process.argv[1].replace(/-[^/]*$/, '.json'), 'utf8') } catch (error) { record = error.code }
    const socket = connect(process.argv[1])
    const end = (connected) => { console.log(JSON.stringify({ connected, record })); process.exit() }
    socket.on('error', (error) => end(error.code))
    socket.on('connect', () => socket.write('handaxe 1 ' + '0'.repeat(64) + '\\n'))
    socket.on('data', () => end('answered'))
    socket.on('close', () => end('closed'))`
  const outcome = spawnSync(findPublicNode(), ['-e', program, socketPath()], {
    uid: OTHER_USER,
    gid: OTHER_USER,
    cwd: '/',
    encoding: 'utf8',
  })
  expect(outcome, 'as another user').toMatchObject({ status: 0, stderr: '' })
  return JSON.parse(outcome.stdout)
}

describe('nobody else', () => {
  test('the folder, the socket and the record are the user’s alone', async () => {
    await execute(home, 'print(1)')
    expect(statSync(folder()).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(folder())) expect(statSync(join(folder(), name)).mode & 0o777, name).toBe(0o600)
  })

  test.skipIf(!isRoot)('another user cannot connect; needs root to become one', async () => {
    await execute(home, 'print(1)')
    chmodSync(home, 0o755)
    chmodSync(join(home, 'state'), 0o755)
    expect(tryAsOther()).toEqual({ connected: 'EACCES', record: 'EACCES' })
    // Even where somebody has opened folder and socket to all: the token is missing.
    chmodSync(folder(), 0o755)
    chmodSync(socketPath(), 0o777)
    expect(tryAsOther()).toEqual({ connected: 'closed', record: 'EACCES' })
    expect((await execute(home, 'print(1)')).stderr).toContain('can be entered by others')
  })

  test.each([
    ['nothing', '\n'],
    ['another protocol', `handaxe 2 ${'0'.repeat(64)}\n`],
    ['a wrong token', `handaxe 1 ${'0'.repeat(64)}\n`],
    ['HTTP', 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'],
    ['a line without an end', 'x'.repeat(100_000)],
    ['zeros', '\0'.repeat(1000)],
  ])('who says %s gets no answer, and harms nobody', async (_, text) => {
    await execute(home, 'print(1)')
    const { pid } = await onlyDaemon(home)
    // A reset is an end as well: not all that was said had been read.
    expect(await say(text).catch((error: NodeJS.ErrnoException) => error.code)).toMatch(/^(|ECONNRESET|EPIPE)$/)
    expect((await execute(home, 'print(2)')).stdout).toBe('2\n')
    expect((await onlyDaemon(home)).pid).toBe(pid)
  })

  test('a folder that others can enter, or a link to another one, is not used', async () => {
    mkdirSync(folder(), { recursive: true })
    chmodSync(folder(), 0o755)
    const refused = await execute(home, 'print(1)')
    expect(refused).toMatchObject({ exitCode: 4, stdout: '' })
    expect(refused.stderr).toContain('chmod 700')
    const without = await execute(home, 'print(1)', [], { environment: { HANDAXE_DAEMON: 'auto' } })
    expect(without).toMatchObject({ exitCode: 0, stdout: '1\n' })
    expect(without.stderr).toContain('without the daemon')
    const linked = createHome()
    mkdirSync(join(linked, 'state'))
    chmodSync(folder(), 0o700)
    symlinkSync(folder(), join(linked, 'state', 'daemon'))
    expect((await execute(linked, 'print(1)')).exitCode).toBe(4)
  })

  test.skipIf(!isRoot)('a folder of another user is not used; needs root to make one', async () => {
    mkdirSync(folder(), { recursive: true, mode: 0o700 })
    chownSync(folder(), OTHER_USER, OTHER_USER)
    const refused = await execute(home, 'print(1)')
    expect(refused.exitCode).toBe(4)
    expect(refused.stderr).toContain('belongs to another user')
    chownSync(folder(), 0, 0)
  })
})

describe('what the first client has', () => {
  test('its environment is not the daemon’s, but for what finds commands and certificates', async () => {
    await execute(home, 'print(1)', [], {
      environment: { OPENAI_API_KEY: 'sk-first', MY_SECRET: 'first', LANG: 'C.UTF-8' },
    })
    const { pid } = await onlyDaemon(home)
    const names = readFileSync(`/proc/${pid}/environ`, 'latin1')
      .split('\0')
      .flatMap((line) => line.split('=')[0] || [])
    expect(names.sort()).toEqual(['HOME', 'LANG', 'PATH'])
    expect(readFileSync(`/proc/${pid}/cmdline`, 'latin1')).not.toContain('first')
    expect(
      (await execute(home, 'import os\nprint(sorted(os.environ))', [], { environment: { LANG: 'C.UTF-8' } })).stdout,
    ).not.toContain('SECRET')
  })

  test('a client with another path of commands, or another file mode mask, has a daemon of its own', async () => {
    await execute(home, 'print(1)')
    await execute(home, 'print(1)', [], { environment: { PATH: `${process.env['PATH']}:/nowhere` } })
    expect(await listDaemons(home)).toHaveLength(2)
    const masked = process.umask(0o002)
    try {
      await execute(home, 'open("/box/output/a", "w").close()', ['--artifacts', 'out'])
    } finally {
      process.umask(masked)
    }
    expect(statSync(join(home, 'out')).mode & 0o777).toBe(0o775)
    expect(await listDaemons(home)).toHaveLength(3)
  })
})

test.skipIf(!isRoot || !isOpenToAll(import.meta.dirname))(
  'an ordinary user has a daemon of its own; needs root to become one, and a project that others can read',
  async () => {
    chownSync(home, OTHER_USER, OTHER_USER)
    const main = join(import.meta.dirname, '..', '..', '..', 'src', 'cli', 'main.ts')
    const run = (...args: string[]) =>
      spawnSync(findPublicNode(), ['--disable-warning=ExperimentalWarning', main, ...args], {
        uid: OTHER_USER,
        gid: OTHER_USER,
        cwd: home,
        input: 'import os\nprint(6 * 7)',
        encoding: 'utf8',
        env: {
          PATH: process.env['PATH'],
          HOME: home,
          HANDAXE_HOME: home,
          HANDAXE_PYTHON: findPublicPython(),
        },
      })
    const first = run('exec', '--daemon', 'always', '-')
    expect(first.stdout, first.stderr).toBe('42\n')
    expect(run('exec', '--daemon', 'always', '-').stdout).toBe('42\n')
    const [{ pid, status }] = JSON.parse(run('daemon', 'status', '--json').stdout).daemons
    expect(status.executions).toBe(2)
    expect(statSync(`/proc/${pid}`).uid).toBe(OTHER_USER)
    // Root is another user, too: it does not talk to it.
    expect((await execute(home, 'print(1)')).stderr).toContain('belongs to another user')
    const before = traces(home, pid)
    expect(run('daemon', 'stop').stdout).toBe(`stopped ${pid}\n`)
    expect(await leftovers(home, before, 0)).toEqual(NOTHING)
  },
)

test('help names the commands and the switch', async () => {
  expect((await runCli(home, ['exec', '--help'])).stdout).toContain('--daemon WHEN')
  expect((await runCli(home, ['daemon', '--help'])).stdout).toContain('daemon stop')
})
