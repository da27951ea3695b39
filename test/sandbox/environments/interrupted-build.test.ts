import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createEnvironment } from '../../../src/sandbox/environments/create-environment.ts'
import { listEnvironments } from '../../../src/sandbox/environments/list-environments.ts'
import { makeBasePython } from './support/base-python.ts'
import { openLocalNpmRegistry } from './support/local-npm-registry.ts'
import { openLocalPythonIndex, type LocalIndex } from './support/local-python-index.ts'

let scratch: string
let folder: string
let index: LocalIndex
let pythonPath: string

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'handaxe-interrupted-'))
  index = await openLocalPythonIndex([
    { name: 'plain', version: '1.0', files: { 'plain.py': '' } },
    { name: 'bulky', version: '1.0', files: { 'bulky.py': '', 'bulky.txt': 'x'.repeat(6_000_000) } },
  ])
  pythonPath = await makeBasePython(join(scratch, 'base'))
})
afterAll(async () => {
  await index.close()
  await rm(scratch, { recursive: true, force: true })
})
beforeEach(async () => {
  folder = await mkdtemp(join(scratch, 'environments-'))
  index.intercept(() => false)
})

const options = () => ({
  name: 'test',
  language: 'python' as const,
  folder,
  pythonPath,
  environment: index.environment,
})

/** Leaves requests for these files unanswered; resolves with when the first one is there. */
function stall(prefix: string): { reached: Promise<void>; hungUp: Promise<void> } {
  const reached = Promise.withResolvers<void>()
  const hungUp = Promise.withResolvers<void>()
  index.intercept((request) => {
    if (request.url?.startsWith(prefix) !== true) return false
    request.socket.on('close', () => hungUp.resolve())
    reached.resolve()
    return true
  })
  return { reached: reached.promise, hungUp: hungUp.promise }
}

describe('an abort', () => {
  test.each(['/simple/', '/files/'])('while pip waits for %s ends pip and leaves nothing', async (prefix) => {
    const { reached, hungUp } = stall(prefix)
    const controller = new AbortController()
    const created = createEnvironment({ ...options(), packages: ['plain'], signal: controller.signal })
    await reached
    const started = performance.now()
    controller.abort()
    await expect(created).rejects.toMatchObject({ code: 'cancelled' })
    await hungUp
    expect(performance.now() - started).toBeLessThan(5000)
    expect(await readdir(join(folder, 'builds'))).toEqual([])
    expect(await listEnvironments(folder)).toEqual({ environments: [], damaged: [] })
  })

  test('while npm waits for the registry ends npm and leaves nothing', async () => {
    const registry = await openLocalNpmRegistry([], { stall: true })
    try {
      const controller = new AbortController()
      const environment = registry.environment
      const created = createEnvironment({
        name: 'test',
        language: 'javascript',
        packages: ['x'],
        folder,
        environment,
        signal: controller.signal,
      })
      await expect.poll(() => registry.requests.length, { timeout: 20_000 }).toBeGreaterThan(0)
      const started = performance.now()
      controller.abort()
      await expect(created).rejects.toMatchObject({ code: 'cancelled' })
      expect(performance.now() - started).toBeLessThan(5000)
      expect(await readdir(join(folder, 'builds'))).toEqual([])
    } finally {
      await registry.close()
    }
  })

  test('before the start does nothing', async () => {
    index.requests.length = 0
    const signal = AbortSignal.abort()
    await expect(createEnvironment({ ...options(), packages: ['plain'], signal })).rejects.toMatchObject({
      code: 'cancelled',
    })
    expect(index.requests).toEqual([])
  })
})

test('a host that is killed leaves nothing that looks finished, and the next build clears what is old', async () => {
  const { reached } = stall('/files/')
  const module = join(import.meta.dirname, '../../../src/sandbox/environments/create-environment.ts')
  const program = `const { createEnvironment } = await import(${JSON.stringify(module)}); await createEnvironment(JSON.parse(process.argv[1]))`
  const host = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    program,
    JSON.stringify({ ...options(), packages: ['plain'] }),
  ])
  await reached
  host.kill('SIGKILL')
  await once(host, 'close')

  const left = await readdir(join(folder, 'builds'))
  expect(left).toEqual([expect.stringMatching(/^\.building-/)])
  expect(await listEnvironments(folder)).toEqual({ environments: [], damaged: [] })

  index.intercept(() => false)
  await createEnvironment({ ...options(), packages: ['plain'] })
  expect(await readdir(join(folder, 'builds'))).toContain(left[0])
  const longAgo = new Date(Date.now() - 60 * 60_000)
  await utimes(join(folder, 'builds', left[0] ?? ''), longAgo, longAgo)
  await createEnvironment({ ...options(), packages: ['bulky'] })
  expect(existsSync(join(folder, 'builds', left[0] ?? ''))).toBe(false)
})

const mountSmall = (path: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'handaxe-test', path]).status === 0
const canMount = await (async () => {
  const probe = await mkdtemp(join(tmpdir(), 'handaxe-mount-'))
  const mounted = mountSmall(probe)
  if (mounted) spawnSync('umount', [probe])
  await rm(probe, { recursive: true, force: true })
  return mounted
})()
const reason = canMount ? '' : ' (skipped: a small file system cannot be mounted here)'

test.skipIf(!canMount)(`a full disk is said so, and leaves nothing behind${reason}`, async () => {
  const disk = await mkdtemp(join(scratch, 'disk-'))
  expect(mountSmall(disk)).toBe(true)
  try {
    const small = join(disk, 'environments')
    const created = createEnvironment({ ...options(), folder: small, packages: ['bulky'] })
    await expect(created).rejects.toMatchObject({ code: 'disk_full', hint: expect.stringContaining('Free some space') })
    expect(await readdir(join(small, 'builds'))).toEqual([])
    expect((await createEnvironment({ ...options(), folder: small, packages: ['plain'] })).lock).toHaveLength(1)
  } finally {
    spawnSync('umount', [disk])
  }
})
