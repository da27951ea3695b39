import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { assetPath } from '../../src/util/asset-path.ts'

const PROGRAM = join(import.meta.dirname, 'support', 'evaluate-filter.py')
const hasPython = spawnSync('python3', ['--version']).status === 0

type Case = [call: string | number, ...values: number[]]

/** What becomes of the calls on that machine; `x86_64/i386` is a call of the other kind on the first. */
function outcomes(machine: string, cases: Case[], withNetwork = false): string[] {
  const input = JSON.stringify(cases.map(([call, ...values]) => [machine, withNetwork, call, values]))
  const found = spawnSync('python3', ['-I', '-B', PROGRAM, assetPath('sandbox/guest/python')], {
    input,
    encoding: 'utf8',
  })
  expect(found.stderr).toBe('')
  return JSON.parse(found.stdout)
}

describe.skipIf(!hasPython).each(['x86_64', 'aarch64'])(
  'the filter of system calls on %s, evaluated (needs python3)',
  (machine) => {
    test('what programs live on is allowed', () => {
      const calls: Case[] = [['read'], ['openat'], ['mmap'], ['execve'], ['futex'], ['exit_group'], ['socketpair', 1]]
      expect(outcomes(machine, [...calls, ['clone', 0x01200011], ['ioctl', 0, 0x5401]])).toEqual(Array(9).fill('allow'))
    })

    test('what is dangerous is refused', () => {
      const calls =
        'socket connect bind unshare setns mount pivot_root bpf perf_event_open userfaultfd io_uring_setup keyctl ptrace ' +
        'process_vm_writev pidfd_getfd personality seccomp open_by_handle_at flock inotify_init1 shmget mq_open init_module'
      const cases: Case[] = calls.split(' ').map((name) => [name, 1, 1])
      expect(outcomes(machine, cases)).toEqual(cases.map(() => 'EPERM'))
    })

    test('by their arguments: namespaces, typing into terminals, locks, an end of the filter', () => {
      expect(
        outcomes(machine, [
          ['clone', 0x10000000],
          ['clone', 0x00008000],
          ['ioctl', 0, 0x5412],
          ['ioctl', 0, 0x100005412],
          ['ioctl', 0, 0x12345],
          ['fcntl', 0, 37],
          ['prctl', 22],
          ['prctl', 4],
          ['socketpair', 2],
          ['madvise', 0, 0, 12],
        ]),
      ).toEqual(['EPERM', 'EPERM', 'EPERM', 'EPERM', 'ENOTTY', 'EPERM', 'EPERM', 'EPERM', 'EPERM', 'EPERM'])
    })

    test('what nobody knows does not exist, and neither does clone3', () => {
      const unknown: Case[] = [['clone3'], [500], [999], [0x3fffffff], [0xffffffff], [machine === 'x86_64' ? 335 : 245]]
      expect(outcomes(machine, unknown)).toEqual(unknown.map(() => 'ENOSYS'))
    })

    test('another architecture is killed before its number is looked at, and x32 does not exist', () => {
      const [foreign, other] = machine === 'x86_64' ? ['i386', 'aarch64'] : ['arm', 'x86_64']
      for (const kind of [foreign, other]) {
        expect(outcomes(`${machine}/${kind}`, [['read'], [0], [999]])).toEqual(['kill', 'kill', 'kill'])
      }
      expect(outcomes(machine, [[0x40000000], [0x40000027]])).toEqual(['ENOSYS', 'ENOSYS'])
    })

    test('with an allow-list of hosts: TCP, and nothing that serves', () => {
      const cases: Case[] = [
        ['socket', 2, 1, 0],
        ['socket', 10, 0o2004001, 6],
        ['connect'],
        ['setsockopt'],
        ['socket', 1, 1, 0],
        ['socket', 2, 2, 0],
        ['socket', 2, 3, 1],
        ['socket', 16, 3, 0],
        ['bind'],
        ['listen'],
        ['accept4'],
      ]
      const expected = [...Array(4).fill('allow'), ...Array(7).fill('EPERM')]
      expect(outcomes(machine, cases, true)).toEqual(expected)
    })
  },
)

test.skipIf(!hasPython)('there is no filter for a machine without a table (needs python3)', () => {
  const code = `import sys; sys.path.insert(0, sys.argv[1]); import seccomp; seccomp.build_program("riscv64")`
  const { status, stderr } = spawnSync('python3', ['-I', '-B', '-c', code, assetPath('sandbox/guest/python')], {
    encoding: 'utf8',
  })
  expect(status).toBe(1)
  expect(stderr).toContain('riscv64')
})
