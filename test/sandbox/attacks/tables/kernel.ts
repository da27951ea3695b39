import { expect } from 'vitest'
import { errorOf, type Attack } from '../../support/attack.ts'

/** System calls by their number on x86-64, each with harmless arguments. */
function refused(id: string, title: string, numbers: Record<string, number>, error = 'EPERM'): Attack {
  const calls = Object.values(numbers).map((number) => `call(${number}, 0, 0, 0, 0, 0)`)
  return {
    id,
    title,
    code: errorOf(...calls),
    expect: (result) =>
      expect(
        Object.fromEntries(Object.keys(numbers).map((name, index) => [name, (result.value as string[])[index]])),
      ).toEqual(Object.fromEntries(Object.keys(numbers).map((name) => [name, error]))),
  }
}

const namespaces = ['0x20000', '0x2000000', '0x4000000', '0x8000000', '0x10000000', '0x20000000', '0x40000000', '0x80']

/** Section K, for x86-64: calls are given by their numbers. */
export const KERNEL: Attack[] = [
  {
    id: 'K1',
    title: 'no new namespace by unshare, clone or clone3',
    code: errorOf(
      ...namespaces.map((flag) => `call(272, ${flag})`),
      ...namespaces.slice(0, 7).map((flag) => `call(56, ${flag} | 17, 0, 0, 0, 0)`),
      'call(435, 0, 0)',
    ),
    expect: (result) => expect(result.value).toEqual([...Array(15).fill('EPERM'), 'ENOSYS']),
  },
  {
    id: 'K2',
    title: 'the way by a nested user namespace ends at its first step',
    code: errorOf('call(272, 0x10000000 | 0x20000)', "open('/proc/sys/user/max_user_namespaces').read()"),
    expect: (result) => expect(result.value).toEqual(['EPERM', 'ENOENT']),
  },
  {
    id: 'K3',
    title: 'no entering of namespaces',
    code: errorOf(
      "call(308, os.open('/proc/1/ns/user', os.O_RDONLY), 0)",
      "call(308, os.open('/proc/1/ns/mnt', 0), 0)",
    ),
    expect: (result) => expect(result.value).toEqual(['EPERM', 'EPERM']),
  },
  refused('K4', 'no mounts', {
    mount: 165,
    umount2: 166,
    pivot_root: 155,
    chroot: 161,
    fsopen: 430,
    fsconfig: 431,
    fsmount: 432,
    move_mount: 429,
    open_tree: 428,
    mount_setattr: 442,
  }),
  refused('K5', 'no bpf, perf, userfaultfd, io_uring, keys', {
    bpf: 321,
    perf_event_open: 298,
    userfaultfd: 323,
    io_uring_setup: 425,
    add_key: 248,
    request_key: 249,
    keyctl: 250,
  }),
  refused('K6', 'no modules, reboot, swap, accounting, kernel log', {
    kexec_load: 246,
    init_module: 175,
    finit_module: 313,
    delete_module: 176,
    reboot: 169,
    swapon: 167,
    acct: 163,
    quotactl: 179,
    syslog: 103,
  }),
  refused('K7', 'no tracing', {
    ptrace: 101,
    process_vm_readv: 310,
    process_vm_writev: 311,
    kcmp: 312,
    pidfd_getfd: 438,
    process_madvise: 440,
  }),
  {
    id: 'K8',
    title: 'no typing into a terminal, with high bits neither',
    code: errorOf(
      'call(16, 0, 0x5412, 0)',
      'call(16, 0, 0x5412 | (1 << 32), 0)',
      'call(16, 0, 0x541C, 0)',
      'call(16, 0, 0x12345, 0)',
    ),
    expect: (result) => expect(result.value).toEqual(['EPERM', 'EPERM', 'EPERM', 'ENOTTY']),
  },
  {
    id: 'K9',
    title: 'calls of x32 do not exist',
    code: errorOf('call(0x40000000 | 39)', 'call(0x40000000 | 59, 0, 0, 0)'),
    expect: (result) => expect(result.value).toEqual(['ENOSYS', 'ENOSYS']),
  },
  {
    id: 'K9',
    title: 'a call of 32-bit kind ends the process',
    code: `
import ctypes, mmap
# mov eax, 20 (getpid of i386); int 0x80; ret
area = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
area.write(bytes.fromhex('b814000000cd80c3'))
print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(area)))())
result('returned')
`,
    expect(result) {
      expect(result.status).toBe('killed')
      expect(['SIGSYS', 'SIGSEGV']).toContain(result.signal)
    },
  },
  refused('K10', 'no change of personality, no ports', {
    personality: 135,
    modify_ldt: 154,
    iopl: 172,
    ioperm: 173,
  }),
  refused('K11', 'no files by handle', { open_by_handle_at: 304, name_to_handle_at: 303 }),
  {
    id: 'K12',
    title: 'the filter cannot be relaxed, no right can be raised',
    code: errorOf(
      'call(157, 22, 0, 0, 0, 0)',
      'call(317, 0, 0, 0)',
      'call(157, 47, 2, 21, 0, 0)',
      'call(157, 4, 1, 0, 0, 0)',
      'call(157, 35, 1, 0, 0, 0)',
      'call(126, 0, 0)',
    ),
    expect: (result) => expect(result.value).toEqual(Array(6).fill('EPERM')),
  },
  {
    id: 'K12',
    title: 'the process has no rights and cannot get any',
    code: `
fields = dict(line.split(':\\t', 1) for line in open('/proc/self/status').read().splitlines() if ':\\t' in line)
result([fields[name].strip() for name in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp')])
`,
    expect: (result) => expect(result.value).toEqual([...Array(5).fill('0000000000000000'), '1', '2']),
  },
  {
    id: 'K13',
    title: 'a program in memory runs under the same bounds',
    code: `
import os, subprocess
file = os.memfd_create('x')
os.write(file, open('/usr/bin/id', 'rb').read())
if os.fork() == 0:
    os.execve(file, ['id', '-u'], {})
os.wait()
`,
    expect: (result) => expect(result).toMatchObject({ status: 'ok', stdout: { head: '1000\n' } }),
  },
  {
    id: 'K14',
    title: 'no notifications on files that others share',
    code: errorOf(
      'call(253)',
      'call(294, 0)',
      'call(300, 0, 0)',
      "call(72, os.open('/usr/bin/env', 0), 1026, 1)",
      "call(72, os.open('/usr/bin/env', 0), 1024, 0)",
    ),
    expect: (result) => expect(result.value).toEqual(Array(5).fill('EPERM')),
  },
  {
    id: 'K15',
    title: 'no locks that another execution could see',
    code: errorOf(
      "call(73, os.open('/usr/bin/env', 0), 2)",
      "call(73, os.open('/proc/self/ns/net', 0), 2)",
      ...[5, 36, 37, 38].map((command) => `call(72, os.open('/usr/bin/env', 0), ${command}, 0)`),
    ),
    expect: (result) => expect(result.value).toEqual(Array(6).fill('EPERM')),
  },
  refused('K16', 'no System V and POSIX queues', { shmget: 29, semget: 64, msgget: 68, mq_open: 240 }),
  {
    id: 'K17',
    title: 'calls that nobody knows yet do not exist',
    // Not 335: since Linux 6.11 that is uretprobe, which only the kernel's own code may call: anybody else gets SIGILL.
    code: errorOf(...[400, 423, 470, 500, 999].map((number) => `call(${number}, 0, 0, 0)`)),
    expect: (result) => expect(result.value).toEqual(Array(5).fill('ENOSYS')),
  },
  {
    id: 'K19',
    title: 'programs with setuid gain nothing',
    code: `
import glob, os, stat, subprocess
found = []
for path in ['/usr/bin/su', '/usr/bin/mount', '/usr/bin/newuidmap', '/usr/bin/passwd']:
    if os.path.exists(path):
        found.append(subprocess.run([path, '--version'], capture_output=True).returncode)
result(all(isinstance(code, int) for code in found) and os.statvfs('/usr').f_flag & os.ST_NOSUID != 0)
`,
    expect: (result) => expect(result.value).toBe(true),
  },
]
