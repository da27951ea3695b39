import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findPython } from '../support/python.ts'

// Where the machine itself has cgroup version 1, a kernel of its own is started as a process (user-mode Linux), with the
// machine's files and cgroup version 2: nothing is pretended, but for the processor, of which there is one, and slow.

const START_MS = 480_000
const MIB = 1024 * 1024
const support = join(import.meta.dirname, 'support')
const hasKernel = spawnSync('linux.uml', ['--version']).status === 0
const isPossible = hasKernel && process.getuid?.() === 0

interface Outcome {
  status: string
  value?: unknown
  error?: string
  usage: { cpuMs: number; peakMemoryBytes: number }
}

let folder: string
let outcomes: Record<string, Outcome> & { guarantees: object; slots: string[][]; left: string[]; state: string[] }

describe.skipIf(!isPossible)('cgroup version 2, in a user-mode Linux (needs root and Debian’s user-mode-linux)', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'handaxe-cgroup2-'))
    const [state, result] = [join(folder, 'state'), join(folder, 'result.json')]
    mkdirSync(state)
    const kernel = ['mem=1500M', 'rootfstype=hostfs', 'rootflags=/', 'rw', 'init=/bin/sh', 'quiet', `uml_dir=${folder}`]
    const init = [join(support, 'cgroup2-init.sh'), state, result]
    const guest = [process.execPath, '--disable-warning=ExperimentalWarning', join(support, 'cgroup2-guest.ts'), state]
    const console = ['con=null', 'con0=null,fd:1']
    const args = [...kernel, ...console, '--', ...init, ...guest, findPython() ?? '']
    const environment = { PATH: process.env['PATH'] ?? '', HOME: folder, TMPDIR: folder }
    const { stdout } = await promisify(execFile)('linux.uml', args, { env: environment, timeout: START_MS })
    const errors = existsSync(`${result}.errors`) ? readFileSync(`${result}.errors`, 'utf8') : stdout
    expect(errors).toBe('')
    outcomes = JSON.parse(readFileSync(result, 'utf8'))
  }, START_MS)
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('is what the guarantees say, as root with a user of its own', () => {
    expect(outcomes.guarantees).toMatchObject({
      memory: 'cgroup2',
      processes: 'cgroup2',
      cpu: 'cgroup2',
      unprivilegedUser: true,
    })
  })

  test('programs are executed in groups without swap that end as a whole', () => {
    expect(outcomes['value']).toMatchObject({ status: 'ok', value: [1, 2] })
    expect(outcomes['javascript']).toMatchObject({ status: 'ok', value: 42 })
    expect(outcomes.slots.length).toBeGreaterThan(0)
    for (const [, whole, processes] of outcomes.slots) expect([whole, processes]).toEqual(['1', '64'])
  })

  test('M1, M2: memory is bounded for one process and for all together, to the byte', () => {
    for (const name of ['memory', 'memoryTogether']) {
      expect(outcomes[name]).toMatchObject({ status: 'out-of-memory', error: 'memoryBytes' })
    }
    expect(outcomes['memory']?.usage.peakMemoryBytes).toBeLessThanOrEqual(64 * MIB)
    expect(outcomes['memoryTogether']?.usage.peakMemoryBytes).toBeLessThanOrEqual(96 * MIB)
  })

  test('P1: processes are bounded', () => {
    expect(outcomes['processes']).toMatchObject({ status: 'ok', value: [true, 11] })
  })

  test('C2: CPU time counts for all processes together', () => {
    expect(outcomes['cpuTogether']).toMatchObject({ status: 'timeout', error: 'cpuMs' })
    expect(outcomes['cpuTogether']?.usage.cpuMs).toBeGreaterThanOrEqual(400)
  })

  test('P2: a daemon ends with its execution, and nothing is left of the groups afterwards', () => {
    expect(outcomes['daemon']).toMatchObject({ status: 'ok', value: 'left one' })
    expect(outcomes['after']).toMatchObject({ status: 'ok', value: 7 })
    expect([outcomes.left, outcomes.state]).toEqual([[], []])
  })
})
