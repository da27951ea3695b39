import { execFile } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCgroups } from '../../../src/sandbox/backends/linux/cgroups.ts'
import { openSandbox, type SandboxOptions } from '../../../src/sandbox/open-sandbox.ts'
import { findPublicNode, findPublicPython, isOpenToAll } from '../../support/ordinary-user.ts'
import { findPython } from '../../support/python.ts'

let folder: string
const { tier } = await openCgroups(`choose-${process.pid}`, { environment: process.env })
await tier?.remove()
const hasCgroups = tier !== null

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'handaxe-choose-'))
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'empty'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const open = (more: Partial<SandboxOptions>) =>
  openSandbox({
    pythonPath: findPython() ?? null,
    stateFolder: join(folder, 'state'),
    environment: process.env,
    idlePython: 1,
    idleJavascript: 0,
    ...more,
  })
/** No bubblewrap, and no engine: `tcp://127.0.0.1:1` is a port on which nobody listens. */
const bare = () => ({ PATH: join(folder, 'empty'), HOME: folder, DOCKER_HOST: 'tcp://127.0.0.1:1' })

describe('a floor', () => {
  test.skipIf(!hasCgroups)('memory=cgroup opens where cgroups can be written (skipped where not)', async () => {
    const sandbox = await open({ backend: 'linux', require: { memory: 'cgroup', processes: 'cgroup', cpu: 'cgroup' } })
    try {
      expect(sandbox.guarantees.memory).toMatch(/^cgroup[12]$/)
      expect(await sandbox.execute({ language: 'python', code: 'result(1)' })).toMatchObject({ status: 'ok' })
    } finally {
      await sandbox.close()
    }
  })

  test('what the linux backend cannot give is refused by name, with the remedy, and nothing stays behind', async () => {
    await expect(open({ backend: 'linux', require: { isolation: 'gvisor' } })).rejects.toMatchObject({
      code: 'sandbox_unavailable',
      message: expect.stringMatching(/linux.*isolation is namespaces, and gvisor is required/),
      hint: expect.stringContaining('runsc'),
    })
  })

  /** Nobody's id, as far as that can be known. */
  const USER_ID = 64_322
  const isRoot = process.getuid?.() === 0
  const isOpen = !isRoot || isOpenToAll(import.meta.dirname)

  async function openAsUser(policy: Partial<SandboxOptions>) {
    const state = mkdtempSync(join(folder, 'user-'))
    if (isRoot) chownSync(state, USER_ID, USER_ID)
    const python = isRoot ? findPublicPython() : (findPython() ?? '')
    const script = join(import.meta.dirname, '..', 'support', 'open-required.ts')
    const args = ['--disable-warning=ExperimentalWarning', script, state, python, JSON.stringify(policy)]
    const { stdout } = await promisify(execFile)(isRoot ? findPublicNode() : process.execPath, args, {
      ...(isRoot ? { uid: USER_ID, gid: USER_ID } : {}),
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '', HOME: state, DOCKER_HOST: 'tcp://127.0.0.1:1' },
    })
    return { outcome: JSON.parse(stdout), left: readdirSync(state) }
  }

  // Root can only hand over to a user who may read the project. A user with delegated cgroups has what is demanded.
  test.skipIf(!isOpen || (!isRoot && hasCgroups))(
    'memory=cgroup: without cgroups an ordinary user is refused, by every backend with its reason (skipped where the project is closed to others)',
    async () => {
      const { outcome, left } = await openAsUser({ require: { memory: 'cgroup' } })
      expect(outcome.code).toBe('sandbox_unavailable')
      expect(outcome.message).toContain('memory is rlimit, and cgroup is required')
      expect(outcome.hint).toContain('cgroup version 2 where the systemd of your user can be reached')
      expect(outcome.details.backends.map(({ backend }: { backend: string }) => backend)).toEqual([
        'linux',
        'docker',
        'e2b',
      ])
      // The sandbox that was opened to be measured is gone with all it had.
      expect(left).toEqual([])
      const named = await openAsUser({ backend: 'linux', require: { memory: 'cgroup' } })
      expect(named.outcome.message).toBe('The linux backend cannot be used: memory is rlimit, and cgroup is required')
      const without = await openAsUser({})
      expect(without.outcome).toMatchObject({ status: 'ok', value: 42, guarantees: { memory: 'rlimit' } })
      expect(without.outcome.guarantees.notes.join(' ')).toMatch(/not for all processes .* because \S.*\. \S/)
    },
    60_000,
  )
})

describe('the choice', () => {
  test('with nothing to choose from, each backend says why and what to do', async () => {
    await expect(open({ environment: bare() })).rejects.toMatchObject({
      code: 'sandbox_unavailable',
      message: expect.stringMatching(/linux: bubblewrap is not installed; docker: No container engine answers/),
      hint: expect.stringMatching(/apt-get install bubblewrap.*Start Docker.*E2B_API_KEY/),
    })
  })

  test('linux is taken where it can be, and nothing is said', async () => {
    const lines: string[] = []
    const sandbox = await open({ onProgress: (line) => lines.push(line) })
    await sandbox.close()
    expect(sandbox.guarantees.backend).toBe('linux')
    expect(lines).toEqual([])
  })

  test('a backend that was asked for is not replaced by another', async () => {
    await expect(
      open({ backend: 'docker', environment: { ...process.env, DOCKER_HOST: 'tcp://127.0.0.1:1' } }),
    ).rejects.toMatchObject({
      code: 'sandbox_unavailable',
      message: expect.stringContaining('No container engine answers'),
    })
  })

  test('a policy of networks with a fault in it opens nothing', async () => {
    await expect(open({ network: [{ allow: ['http://x.example.com'] }] })).rejects.toMatchObject({
      code: 'invalid_configuration',
    })
  })
})
