import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { chmod, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findPublicPython, isOpenToAll } from '../support/ordinary-user.ts'
import { findPython } from '../support/python.ts'
import type { Outcome } from './support/cgroup2-programs.ts'
import { GUEST_MS, hasUserModeLinux, runUserModeLinux } from './support/user-mode-linux.ts'

// Where the machine itself has cgroup version 1, a kernel of its own is started as a process (user-mode Linux), with the
// machine's files and cgroup version 2: nothing is pretended, but for the processor, of which there is one, and slow.

const MIB = 1024 * 1024
/** Nobody's id, as far as that can be known. */
const USER_ID = 64_323
const support = join(import.meta.dirname, 'support')
// The guest's ordinary user reads the project and the programs by their paths.
const isOpen = isOpenToAll(import.meta.dirname) && isOpenToAll(join(process.execPath, '..'))

interface Outcomes {
  guarantees: object
  programs: Record<string, Outcome>
  slots: string[][]
  instances: string[]
  groups: string[]
  left: string[]
  state: string[]
}

describe.skipIf(!hasUserModeLinux)(
  'cgroup version 2, in a user-mode Linux (needs root and Debian’s user-mode-linux)',
  () => {
    describe('as root, with a user of its own', () => {
      boundsExecutions(0, findPython() ?? '', { unprivilegedUser: true })
    })
    describe.skipIf(!isOpen)('as an ordinary user with a delegated group (needs a project that is open to all)', () => {
      boundsExecutions(USER_ID, isOpen ? findPublicPython() : '', { unprivilegedUser: false })
    })
  },
)

function boundsExecutions(userId: number, python: string, guarantees: object) {
  let folder: string
  let outcomes: Outcomes
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'handaxe-cgroup2-'))
    await chmod(folder, 0o755)
    const [state, result] = [join(folder, 'state'), join(folder, 'result.json')]
    mkdirSync(state)
    const guest = [process.execPath, '--disable-warning=ExperimentalWarning', join(support, 'cgroup2-guest.ts'), state]
    const init = [join(support, 'cgroup2-init.sh'), state, result, String(userId)]
    const messages = await runUserModeLinux(folder, [...init, ...guest, python])
    const errors = existsSync(`${result}.errors`) ? readFileSync(`${result}.errors`, 'utf8') : messages
    expect(errors).toBe('')
    outcomes = JSON.parse(readFileSync(result, 'utf8'))
  }, GUEST_MS)
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('is what the guarantees say', () => {
    const tier = { memory: 'cgroup2', processes: 'cgroup2', cpu: 'cgroup2' }
    expect(outcomes.guarantees).toMatchObject({ ...tier, ...guarantees })
  })

  test('handaxe stays in the group in which it was started, and its groups lie beside that', () => {
    const [above, own] = userId === 0 ? ['', '/'] : ['/delegated', '/delegated/host']
    expect(outcomes.groups).toEqual([`0::${own}`, `0::${own}`])
    expect(outcomes.instances).toEqual([expect.stringContaining(`${above}/handaxe/sandbox-`)])
  })

  test('programs are executed in groups without swap that end as a whole', () => {
    expect(outcomes.programs['value']).toMatchObject({ status: 'ok', value: [1, 2] })
    expect(outcomes.programs['javascript']).toMatchObject({ status: 'ok', value: 42 })
    expect(outcomes.slots.length).toBeGreaterThan(0)
    for (const [, whole, processes] of outcomes.slots) expect([whole, processes]).toEqual(['1', '64'])
  })

  test('M1, M2: memory is bounded for one process and for all together, to the byte', () => {
    for (const name of ['memory', 'memoryTogether']) {
      expect(outcomes.programs[name]).toMatchObject({ status: 'out-of-memory', error: 'memoryBytes' })
    }
    expect(outcomes.programs['memory']?.usage.peakMemoryBytes).toBeLessThanOrEqual(64 * MIB)
    expect(outcomes.programs['memoryTogether']?.usage.peakMemoryBytes).toBeLessThanOrEqual(96 * MIB)
  })

  test('P1: processes are bounded', () => {
    expect(outcomes.programs['processes']).toMatchObject({ status: 'ok', value: [true, 11] })
  })

  test('C2: CPU time counts for all processes together', () => {
    expect(outcomes.programs['cpuTogether']).toMatchObject({ status: 'timeout', error: 'cpuMs' })
    expect(outcomes.programs['cpuTogether']?.usage.cpuMs).toBeGreaterThanOrEqual(400)
  })

  test('P2: a daemon ends with its execution, and nothing is left of the groups afterwards', () => {
    expect(outcomes.programs['daemon']).toMatchObject({ status: 'ok', value: 'left one' })
    expect(outcomes.programs['after']).toMatchObject({ status: 'ok', value: 7 })
    expect([outcomes.left, outcomes.state]).toEqual([[], []])
  })
}
