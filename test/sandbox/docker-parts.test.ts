import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/contracts/limits.ts'
import { containerOptions } from '../../src/sandbox/backends/docker/container-options.ts'
import { EngineStream } from '../../src/sandbox/backends/docker/engine-stream.ts'
import { findEngine, parseEndpoint } from '../../src/sandbox/backends/docker/find-engine.ts'
import { probeDocker } from '../../src/sandbox/backends/docker/probe-docker.ts'
import { describeOwner, ownerState } from '../../src/sandbox/owner.ts'
import { ArtifactReceiver } from '../../src/sandbox/relay/receive-artifacts.ts'
import { packTar } from '../../src/sandbox/relay/tar.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'handaxe-docker-parts-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the engine is found', () => {
  test('by DOCKER_HOST before anything else', () => {
    expect(findEngine({ DOCKER_HOST: 'unix:///a/b.sock', HOME: folder })).toEqual({ kind: 'socket', path: '/a/b.sock' })
    expect(findEngine({ DOCKER_HOST: 'tcp://127.0.0.1:2375' })).toEqual({ kind: 'tcp', host: '127.0.0.1', port: 2375 })
  })

  test('by the chosen context', async () => {
    const digest = createHash('sha256').update('mine').digest('hex')
    const meta = join(folder, 'config/contexts/meta', digest)
    await mkdir(meta, { recursive: true })
    await writeFile(join(folder, 'config/config.json'), '{"currentContext":"mine"}')
    await writeFile(join(meta, 'meta.json'), '{"Endpoints":{"docker":{"Host":"unix:///c.sock"}}}')
    const environment = { DOCKER_CONFIG: join(folder, 'config') }
    expect(findEngine(environment)).toEqual({ kind: 'socket', path: '/c.sock' })
    expect(() => findEngine({ ...environment, DOCKER_CONTEXT: 'other' })).toThrow(/context 'other'/)
  })

  test('at no address without TLS but this machine', () => {
    for (const bad of ['tcp://10.0.0.1:2375', 'ssh://host', 'https://x', 'tcp://127.0.0.1.evil.com:1', '', 'unix://']) {
      expect(() => parseEndpoint(bad)).toThrow(expect.objectContaining({ code: 'sandbox_unavailable' }))
    }
  })
})

test('the stream of an engine is taken apart wherever it is cut', () => {
  const frame = (stream: number, text: string) => {
    const head = Buffer.alloc(8)
    head[0] = stream
    head.writeUInt32BE(text.length, 4)
    return Buffer.concat([head, Buffer.from(text)])
  }
  const whole = Buffer.concat([frame(1, 'one'), frame(2, ''), frame(2, 'error'), frame(1, 'two')])
  for (let size = 1; size <= whole.length; size++) {
    const found = { stdout: '', stderr: '' }
    const stream = new EngineStream((name, chunk) => (found[name] += chunk.toString()))
    for (let at = 0; at < whole.length; at += size) stream.add(whole.subarray(at, at + size))
    expect(found).toEqual({ stdout: 'onetwo', stderr: 'error' })
  }
})

test('an archive is read back by tar, with long names, other alphabets and empty files', async () => {
  const path = join(folder, 'source')
  await writeFile(path, 'x'.repeat(1000))
  const names = ['plain', 'ü b.txt', 'x'.repeat(255), '-rf', 'empty']
  const archive = await buffer(
    packTar([
      ...names.slice(0, 4).map((name) => ({ name, content: Buffer.from(name) })),
      { name: 'empty', content: Buffer.alloc(0) },
      { name: 'file', path, bytes: 1000 },
    ]),
  )
  const target = join(folder, 'unpacked')
  await mkdir(target)
  execFileSync('tar', ['-xf', '-', '-C', target], { input: archive })
  for (const name of names.slice(0, 4)) expect(await readFile(join(target, name), 'utf8')).toBe(name)
  expect(await readFile(join(target, 'empty'), 'utf8')).toBe('')
  expect((await readFile(join(target, 'file'), 'utf8')).length).toBe(1000)
})

test('a file that became shorter while it was packed is an error of that file', async () => {
  const path = join(folder, 'short')
  await writeFile(path, 'abc')
  await expect(buffer(packTar([{ name: 'a', path, bytes: 10 }]))).rejects.toMatchObject({ code: 'invalid_input_file' })
})

describe('files from a stranger', () => {
  const receive = (name: string) =>
    new ArtifactReceiver(join(folder, name), { ...DEFAULT_LIMITS, artifactBytes: 4096, artifactCount: 3 })
  const entry = (name: string | Buffer, bytes: number) => ({
    name: Buffer.from(name as string).toString('base64'),
    kind: 'file' as const,
    bytes,
  })

  test('nothing is written outside, whatever the names', async () => {
    const receiver = receive('names')
    const bad = [
      '../x',
      '/etc/x',
      'a/../../x',
      '.',
      '..',
      '',
      'a//b',
      'a/',
      'a\\b',
      'a\0b',
      'a\nb',
      '\u202ea',
      'x'.repeat(513),
    ]
    for (const name of [...bad, Buffer.from([0xc3, 0x28])]) {
      receiver.onEntry(entry(name, 1))
      receiver.onContent(Buffer.from('x'))
    }
    const { artifacts, dropped } = receiver.end()
    expect(artifacts).toEqual([])
    expect(dropped.map(({ reason }) => reason)).toEqual(Array(bad.length + 1).fill('unsafe-name'))
    await expect(readFile(join(folder, 'x'))).rejects.toThrow(/ENOENT/)
  })

  test('more, larger, deeper or repeated files are dropped; bytes beyond what was announced are cut off', async () => {
    const receiver = receive('bounds')
    receiver.onEntry(entry('a', 3))
    receiver.onContent(Buffer.from('abcdef'))
    receiver.onEntry(entry('a', 3))
    receiver.onEntry(entry('large', 5000))
    receiver.onEntry(entry('d/'.repeat(17) + 'x', 1))
    receiver.onEntry(entry('a/b', 1))
    receiver.onEntry(entry('b', 0))
    receiver.onEntry(entry('c', 1))
    receiver.onContent(Buffer.from('c'))
    receiver.onEntry(entry('e', 1))
    const { artifacts, dropped } = receiver.end()
    expect(artifacts.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['a', 3],
      ['b', 0],
      ['c', 1],
    ])
    expect(await readFile(join(folder, 'bounds', 'a'), 'utf8')).toBe('abc')
    expect(artifacts[0]?.sha256).toBe(createHash('sha256').update('abc').digest('hex'))
    expect(dropped.map(({ reason }) => reason)).toEqual([
      'unsafe-name',
      'too-large',
      'too-deep',
      'unreadable',
      'too-many',
    ])
  })

  test('a file that ends early is not delivered and not left behind', async () => {
    const receiver = receive('early')
    receiver.onEntry(entry('a', 10))
    receiver.onContent(Buffer.from('abc'))
    expect(receiver.end()).toEqual({ artifacts: [], dropped: [{ name: 'a', reason: 'unreadable' }] })
    await expect(readFile(join(folder, 'early', 'a'))).rejects.toThrow(/ENOENT/)
  })

  test('content that nobody announced is ignored, and dropped entries are told up to a hundred', () => {
    const receiver = receive('many')
    receiver.onContent(Buffer.alloc(1 << 20))
    for (let count = 0; count < 1000; count++) receiver.onEntry({ name: '', kind: 'not-regular', bytes: 0 })
    expect(receiver.end().dropped).toHaveLength(100)
  })
})

test('an owner that has ended is gone, also where nobody takes its exit status', async () => {
  // A shell that becomes `sleep` never looks after the child that it had.
  const parent = spawn('sh', ['-c', 'sleep 0.5 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => void parent.kill('SIGKILL'))
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const stat = readFileSync(`/proc/${Number(line)}/stat`, 'latin1')
  const owner = `${describeOwner().split(' ')[0]} ${Number(line)} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  expect(ownerState(owner)).toBe('alive')
  await expect.poll(() => readFileSync(`/proc/${Number(line)}/stat`, 'latin1')).toContain(') Z ')
  expect(ownerState(owner)).toBe('gone')
})

test('the owner of a container is alive, gone or unknown', () => {
  const own = describeOwner()
  expect(ownerState(own)).toBe('alive')
  const [where = '', pid = ''] = own.split(' ')
  expect(ownerState(`${where} ${pid} 1`)).toBe('gone')
  expect(ownerState(`${where} 4194300 1`)).toBe('gone')
  for (const other of ['', 'x', `elsewhere/boot/1 ${pid} 1`]) expect(ownerState(other)).toBe('unknown')
})

test('an engine that is not there is one failed check with a remedy', async () => {
  const probe = await probeDocker({ environment: { DOCKER_HOST: 'unix:///nonexistent/docker.sock' } })
  expect(probe).toMatchObject({ usable: false, runtimes: [], checks: [{ name: 'engine', ok: false, required: true }] })
  expect(probe.checks[0]?.remedy).toMatch(/Start Docker/)
})

test('the runtime is passed on, and only where one is asked for', () => {
  const plan = {
    image: 'x',
    guest: 'python' as const,
    limits: { ...DEFAULT_LIMITS },
    hasNetwork: false,
    volumes: { guest: 'a', input: 'b', environment: null },
    labels: {},
  }
  expect(containerOptions({ ...plan, runtime: 'runsc' })).toMatchObject({ HostConfig: { Runtime: 'runsc' } })
  expect(containerOptions({ ...plan, runtime: null })).not.toHaveProperty('HostConfig.Runtime')
})
