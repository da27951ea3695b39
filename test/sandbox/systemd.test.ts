import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Guarantees } from '../../src/contracts/sandbox.ts'
import type { ProbeCheck } from '../../src/sandbox/probe-check.ts'
import { hasSystemdRoot, isOpenFolder, SYSTEMD_ROOT, TESTER } from '../support/find-systemd-root.ts'
import { findPython } from '../support/python.ts'
import type { Outcome } from './support/cgroup2-programs.ts'
import { GUEST_MS, hasUserModeLinux, runUserModeLinux } from './support/user-mode-linux.ts'

// A Linux of its own, started as a process, with systemd as it is after a login: a system manager, one of the user, D-Bus, and
// a session, in which handaxe runs as that user. Only the processor is pretended.

const MIB = 1024 * 1024
const project = join(import.meta.dirname, '../..')
const support = join(import.meta.dirname, 'support')
const python = findPython() ?? ''
const folders = hasSystemdRoot() ? shownFolders() : []
const problem = findProblem()

/** What a handaxe got that was started by systemd. */
interface Placed {
  own: string
  groups: string[]
  memory: string
  programs: Record<string, Outcome>
}

interface Outcomes {
  groups: string[]
  guarantees: Guarantees
  programs: Record<string, Outcome>
  slots: string[][]
  units: string[]
  ended: { programs: Record<string, Outcome>; units: string[] }
  left: string[]
  doctor: ProbeCheck[]
  without: { guarantees: Guarantees; programs: Record<string, Outcome> }
  killed: { held: string[]; left: string[] }
  inScope: Placed
  inService: Placed
}

/** Why this cannot be tried here; null where it can. */
function findProblem(): string | null {
  if (!hasUserModeLinux) return 'needs root and Debian’s user-mode-linux'
  if (!hasSystemdRoot()) return '`npm run test:all` makes the root folder that it needs'
  return folders.every(isOpenFolder) ? null : 'the project, its Node or the Python of the tests is closed to others'
}

/** What the guest sees of this machine. Python's standard library is the guest's own where it lies below /usr. */
function shownFolders(): string[] {
  const code = 'import sys; print(sys.prefix); print(sys.base_prefix)'
  const { stdout } = spawnSync(python, ['-I', '-c', code], { encoding: 'utf8' })
  const modules = realpathSync(join(project, 'node_modules'))
  const found = [project, modules, dirname(process.execPath), ...stdout.trim().split('\n')].filter(
    (path) => path !== '/usr',
  )
  return [...new Set(found)]
}

describe.skipIf(problem !== null)(
  `a user’s systemd, in a user-mode Linux${problem === null ? '' : ` (skipped: ${problem})`}`,
  () => {
    let folder: string
    let outcomes: Outcomes
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'handaxe-systemd-'))
      const [stage, results] = [join(folder, 'stage'), join(folder, 'results')]
      for (const path of [stage, results]) mkdirSync(path)
      const init = [join(support, 'systemd-init.sh'), stage, SYSTEMD_ROOT, results, folders.join(':')]
      const guest = [
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        join(support, 'systemd-guest.ts'),
        `/home/${TESTER.name}/state`,
        python,
      ]
      const messages = await runUserModeLinux(folder, [...init, join(support, 'systemd-guest.service'), ...guest])
      const errors = join(results, 'errors.txt')
      expect(existsSync(errors) ? readFileSync(errors, 'utf8') : messages).toBe('')
      outcomes = JSON.parse(readFileSync(join(results, 'result.json'), 'utf8'))
    }, GUEST_MS)
    afterAll(() => rm(folder, { recursive: true, force: true }))

    test('an ordinary user in a session gets what `require` demands: memory, processes and CPU by cgroup 2', () => {
      const tier = { memory: 'cgroup2', processes: 'cgroup2', cpu: 'cgroup2', unprivilegedUser: false }
      expect(outcomes.guarantees).toMatchObject(tier)
      expect(outcomes.guarantees.notes.join(' ')).not.toContain('bounded for each process')
    })

    test('handaxe stays where it is, and the executions are in one unit of the user’s systemd', () => {
      const [before, after] = outcomes.groups
      expect(before).toMatch(/^0::\/user\.slice\/user-4242\.slice\/session-\w+\.scope$/)
      expect(after).toBe(before)
      expect(outcomes.units).toEqual([
        expect.stringMatching(
          /^\/user\.slice\/user-4242\.slice\/user@4242\.service\/.*handaxe-sandbox-[\w-]+\.service$/,
        ),
      ])
      expect(outcomes.slots.length).toBeGreaterThan(0)
      for (const [, whole, processes] of outcomes.slots) expect([whole, processes]).toEqual(['1', '64'])
    })

    test('memory, processes and CPU time are bounded for all processes together, and the unit outlives that', () => {
      const { programs } = outcomes
      expect(programs['value']).toMatchObject({ status: 'ok', value: [1, 2] })
      expect(programs['javascript']).toMatchObject({ status: 'ok', value: 42 })
      for (const name of ['memory', 'memoryTogether']) {
        expect(programs[name]).toMatchObject({ status: 'out-of-memory', error: 'memoryBytes' })
      }
      expect(programs['memoryTogether']?.usage.peakMemoryBytes).toBeLessThanOrEqual(96 * MIB)
      expect(programs['processes']).toMatchObject({ status: 'ok', value: [true, 11] })
      expect(programs['cpuTogether']).toMatchObject({ status: 'timeout', error: 'cpuMs' })
      expect(programs['daemon']).toMatchObject({ status: 'ok', value: 'left one' })
      expect(programs['after']).toMatchObject({ status: 'ok', value: 7 })
    })

    test('a unit that somebody has ended is made again before anything is executed, and bounds as before', () => {
      expect(outcomes.ended.programs['value']).toMatchObject({ status: 'ok', value: [1, 2] })
      expect(outcomes.ended.programs['memory']).toMatchObject({ status: 'out-of-memory' })
      expect(outcomes.ended.units).toEqual(outcomes.units)
    })

    test('after close() systemd knows of nothing, no group is left, and no file', () => {
      expect(outcomes.left).toEqual([])
    })

    test('a host that is killed takes its unit with it', () => {
      expect(outcomes.killed.held).toHaveLength(1)
      expect(outcomes.killed.left).toEqual([])
    })

    test('a scope that is delegated to handaxe is left alone: systemd may end it when one process in it wants too much', () => {
      const { own, groups } = outcomes.inScope
      expect(own).toMatch(/\/user@4242\.service\/.*\.scope$/)
      expect(groups).toEqual([expect.stringMatching(/\/handaxe-sandbox-[\w-]+\.service$/)])
    })

    test('in a service that is delegated to handaxe, started in a subgroup of it, the groups are made there', () => {
      const { own, groups } = outcomes.inService
      expect(own).toMatch(/\.service\/own$/)
      expect(groups).toEqual([own.replace(/own$/, 'handaxe')])
    })

    test('either way memory is bounded by the group, and the next program runs', () => {
      for (const { memory, programs } of [outcomes.inScope, outcomes.inService]) {
        expect(memory).toBe('cgroup2')
        expect(programs['value']).toMatchObject({ status: 'ok', value: [1, 2] })
        expect(programs['memory']).toMatchObject({ status: 'out-of-memory' })
        expect(programs['after']).toMatchObject({ status: 'ok', value: 7 })
      }
    })

    test('doctor says which it is; without systemd the rlimits hold, which the guarantees say with the reason', () => {
      const [found, lacking] = outcomes.doctor
      expect(found).toMatchObject({ ok: true, found: "version 2, in a unit of this user's systemd" })
      expect(lacking).toMatchObject({
        ok: false,
        found: 'none that can be used',
        problem: expect.stringContaining('no systemd of this user is reached at /nowhere'),
        remedy: expect.stringContaining('loginctl enable-linger'),
      })
      expect(outcomes.without.guarantees).toMatchObject({ memory: 'rlimit', processes: 'rlimit', cpu: 'rlimit' })
      expect(outcomes.without.guarantees.notes.join(' ')).toContain('no systemd of this user is reached')
      expect(outcomes.without.programs['value']).toMatchObject({ status: 'ok', value: [1, 2] })
    })
  },
)
