import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Sandbox } from '../../../src/contracts/sandbox.ts'
import {
  ask,
  engineObjects,
  ENVIRONMENT,
  hasEngine,
  IMAGE,
  openDocker,
  SOCKET,
  WITHOUT_ENGINE,
} from './support/engine.ts'
import { findPublicNode, isOpenToAll } from '../../support/ordinary-user.ts'
import { whenSaid } from './support/relay-process.ts'

let folder: string
let state: string
const opened: Sandbox[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'handaxe-docker-life-'))
  state = join(folder, 'state')
})
afterAll(async () => {
  await Promise.all(opened.map((sandbox) => sandbox.close()))
  await rm(folder, { recursive: true, force: true })
})

const open = async (more: object = {}) => {
  const sandbox = await openDocker(state, { idlePython: 1, idleJavascript: 0, ...more })
  opened.push(sandbox)
  return sandbox
}

/** How many containers and volumes a process has at the engine. */
async function countObjects(pid?: number): Promise<number> {
  const { containers, volumes } = await engineObjects(pid)
  return containers.length + volumes.length
}

/** Containers are started and removed in all of them: seconds each, on a busy machine many times that. */
const SLOW = { timeout: 240_000 }

describe.skipIf(!hasEngine)(`the life of a docker sandbox (${WITHOUT_ENGINE})`, SLOW, () => {
  test('closing leaves no container, no volume and no folder, and can be done twice', async () => {
    const sandbox = await open({ idleJavascript: 1 })
    expect((await sandbox.execute({ language: 'python', code: 'result(1)' })).value).toBe(1)
    expect(await countObjects()).toBeGreaterThan(2)
    await Promise.all([sandbox.close(), sandbox.close()])
    expect(await countObjects()).toBe(0)
    expect(await readdir(state)).toEqual([])
  })

  test('closing ends what is under way as killed and refuses what has not begun', async () => {
    const sandbox = await open({ maxConcurrent: 1 })
    let isRunning = () => {}
    const started = new Promise<void>((resolve) => (isRunning = resolve))
    const running = sandbox.execute({
      language: 'python',
      code: "print('x', flush=True)\nimport time\ntime.sleep(60)",
      onOutput: () => isRunning(),
    })
    const waiting = sandbox.execute({ language: 'python', code: 'result(1)' })
    waiting.catch(() => {})
    await started
    const startedAt = performance.now()
    await sandbox.close()
    // What goes wrong waits for the sixty seconds of the program.
    expect(performance.now() - startedAt).toBeLessThan(50_000)
    expect(await running).toMatchObject({ status: 'killed', signal: 'SIGKILL' })
    await expect(waiting).rejects.toMatchObject({ code: 'sandbox_broken' })
    await expect(sandbox.execute({ language: 'python', code: '' })).rejects.toMatchObject({ code: 'sandbox_broken' })
  })

  test('W6: what a host that was killed leaves behind ends by itself, and the next start removes it', async () => {
    const script = join(import.meta.dirname, 'support', 'host-process.ts')
    const host = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, join(folder, 'other')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise<void>((resolve) => host.stdout.once('data', () => resolve()))
    expect(await countObjects(host.pid)).toBeGreaterThan(2)
    host.kill('SIGKILL')
    await new Promise((resolve) => host.once('exit', resolve))
    // No process of theirs runs on: the relay ends when nobody holds its input.
    await vi.waitFor(
      async () => {
        const states = (await engineObjects(host.pid)).containers as unknown as { State: string }[]
        expect(states.filter(({ State }) => State === 'running')).toEqual([])
      },
      { timeout: 100_000, interval: 100 },
    )
    const survivor = await open()
    expect(await countObjects(host.pid)).toBe(0)
    // Those of a living process are left alone.
    const second = await open()
    expect((await survivor.execute({ language: 'python', code: 'result(2)' })).value).toBe(2)
    await survivor.close()
    await second.close()
  })

  test('a container that somebody removes from outside costs its execution only', async () => {
    const sandbox = await open()
    const before = (await engineObjects()).containers.map(({ Id }) => Id)
    const execution = sandbox.execute({
      language: 'python',
      code: "print('x', flush=True)\nimport time\ntime.sleep(60)",
      async onOutput() {
        for (const id of before) await ask('DELETE', `/v1.41/containers/${id}?force=true`)
      },
    })
    // The engine may have forgotten it before it was asked how it ended.
    const outcome = await execution.then(
      ({ status }) => status,
      (error: { code: string }) => error.code,
    )
    expect(['killed', 'sandbox_broken']).toContain(outcome)
    expect((await sandbox.execute({ language: 'python', code: 'result(3)' })).value).toBe(3)
    await sandbox.close()
  })

  test('P4, P6: a relay that is stopped or ended from outside costs its execution only', async () => {
    const sandbox = await open()
    const execute = (signal: NodeJS.Signals) =>
      sandbox.execute({
        language: 'python',
        code: "import os, time\nprint('NAMESPACE', os.readlink('/proc/self/ns/pid'), flush=True)\ntime.sleep(600)",
        limits: { wallMs: 3_000 },
        onOutput: whenSaid('NAMESPACE', (relay) => process.kill(relay, signal)),
      })
    // It hands nothing over any more: after a moment of silence the container is ended with it.
    expect((await execute('SIGSTOP')).status).toBe('timeout')
    expect(await execute('SIGKILL')).toMatchObject({ status: 'killed', signal: 'SIGKILL' })
    expect((await sandbox.execute({ language: 'python', code: 'result(4)' })).value).toBe(4)
    await sandbox.close()
  })

  test('an execution is never given a container that another one had', async () => {
    const sandbox = await open({ idlePython: 2, maxConcurrent: 3 })
    const code =
      "import os\nresult([os.path.exists('/tmp/used'), open('/proc/self/ns/pid', 'rb') and os.readlink('/proc/self/ns/mnt')])\nopen('/tmp/used', 'w').close()"
    const results = await Promise.all(Array.from({ length: 9 }, () => sandbox.execute({ language: 'python', code })))
    for (const { value } of results) expect(value).toEqual([false, expect.stringMatching(/^mnt:/)])
    await sandbox.close()
  })

  test('host functions are called from Python and from JavaScript', async () => {
    const sandbox = await open({ idleJavascript: 1 })
    const add = {
      name: 'add',
      description: 'adds',
      inputSchema: {
        type: 'object',
        properties: { a: { type: 'number' }, b: { type: 'number' } },
        required: ['a', 'b'],
      },
      execute: async (input: unknown) => (input as { a: number; b: number }).a + (input as { a: number; b: number }).b,
    }
    const python = await sandbox.execute({
      language: 'python',
      code: 'from host import add\nresult(add(a=1, b=2))',
      host: [add],
    })
    expect(python).toMatchObject({ status: 'ok', value: 3 })
    const code = "import { add } from 'host'\nresult(await add({ a: 1, b: 2 }))"
    expect(await sandbox.execute({ language: 'javascript', code, host: [add] })).toMatchObject({
      status: 'ok',
      value: 3,
    })
    await sandbox.close()
  })

  test('an image that is not there is told with the command that builds it', async () => {
    const opening = openDocker(state, { docker: { image: 'handaxe-sandbox:missing' } })
    await expect(opening).rejects.toMatchObject({
      code: 'sandbox_unavailable',
      hint: expect.stringContaining('handaxe setup --docker'),
    })
  })

  test('an image without Python is told as such', async () => {
    const opening = openDocker(state, { docker: { image: IMAGE, runtime: 'no-such-runtime' } })
    await expect(opening).rejects.toMatchObject({ code: 'sandbox_unavailable', hint: expect.stringContaining('runc') })
  })
})

describe('without a usable engine', () => {
  const opening = (host: string) => openDocker(state, { environment: { DOCKER_HOST: host } })

  test('a socket that is not there, or that nobody listens at, is told with what to start', async () => {
    await writeFile(join(folder, 'plain-file'), '')
    for (const name of ['missing.sock', 'plain-file']) {
      await expect(opening(`unix://${join(folder, name)}`)).rejects.toMatchObject({
        code: 'sandbox_unavailable',
        hint: expect.stringContaining('Start Docker'),
      })
    }
  })

  test('something that listens and is no engine is refused in time', async () => {
    const path = join(folder, 'other.sock')
    const server = createServer((socket) => socket.resume().end('what?\r\n\r\n'))
    await new Promise<void>((resolve) => server.listen(path, resolve))
    await expect(opening(`unix://${path}`)).rejects.toMatchObject({ code: 'sandbox_unavailable' })
    await new Promise((resolve) => server.close(resolve))
  })

  test.skipIf(process.getuid?.() !== 0 || !hasEngine || !isOpenToAll(import.meta.dirname))(
    'a user without rights to the socket is told how to get them (needs root, the engine, and a project that others can read)',
    async () => {
      const script = join(import.meta.dirname, 'support', 'host-process.ts')
      const child = spawn(findPublicNode(), ['--disable-warning=ExperimentalWarning', script, '/tmp'], {
        uid: 65534,
        gid: 65534,
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { DOCKER_HOST: ENVIRONMENT.DOCKER_HOST, HOME: '/' },
      })
      let text = ''
      child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      await Promise.race([new Promise((resolve) => child.once('close', resolve)), delay(50_000)])
      expect(SOCKET).not.toBe('')
      expect(JSON.parse(text)).toMatchObject({ code: 'sandbox_unavailable', hint: expect.stringContaining('docker') })
    },
  )
})
