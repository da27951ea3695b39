import { expect } from 'vitest'
import { KERNEL } from '../../attacks/tables/kernel.ts'
import { errorOf, type Attack } from '../../support/attack.ts'

/** Section K, where a container shows something else than the jail of the `linux` backend; for x86-64. */
export const KERNEL_IN_CONTAINER: Attack[] = [
  {
    id: 'K2',
    title: 'the way by a nested user namespace ends at its first step',
    code: errorOf('call(272, 0x10000000 | 0x20000)', "open('/proc/sys/user/max_user_namespaces', 'w')"),
    expect: (result) => expect(result.value).toEqual(['EPERM', 'EROFS']),
  },
  {
    id: 'K3',
    title: 'no entering of namespaces, and those of the relay cannot even be opened',
    code: errorOf(
      "os.open('/proc/1/ns/user', os.O_RDONLY)",
      "call(308, os.open('/proc/self/ns/user', os.O_RDONLY), 0)",
      "call(308, os.open('/proc/self/ns/mnt', os.O_RDONLY), 0)",
    ),
    expect: (result) => expect(result.value).toEqual(['EACCES', 'EPERM', 'EPERM']),
  },
  {
    id: 'K12',
    title: 'nobody in the container is without the filter but the relay, which is the first process',
    code: `
import os
filters = {name: open(f'/proc/{name}/status').read().split('Seccomp_filters:')[-1].split()[0]
           for name in os.listdir('/proc') if name.isdigit()}
own = filters.pop(str(os.getpid()))
result([list(filters), int(own) - int(filters['1'])])
`,
    expect: (result) => expect(result.value).toEqual([['1'], 1]),
  },
  {
    id: 'K12',
    title: 'the filter cannot be got rid of by the memory of a process that is without it',
    code: errorOf(
      "open('/proc/1/mem', 'r+b')",
      'call(311, 1, 0, 0, 0, 0, 0)', // process_vm_writev
      'call(101, 16, 1, 0, 0)', // ptrace(PTRACE_ATTACH, 1)
    ),
    expect: (result) => expect(result.value).toEqual(['EACCES', 'EPERM', 'EPERM']),
  },
  {
    ...(KERNEL.find(({ id }) => id === 'K13') as Attack),
    id: 'K13',
    // As every container's user.
    expect: (result) => expect(result).toMatchObject({ status: 'ok', stdout: { head: '65534\n' } }),
  },
  {
    id: 'K19',
    title: 'there are no programs with setuid, and one would gain nothing',
    code: `
import os
found = [os.path.join(root, name) for root, _, names in os.walk('/usr') for name in names
         if os.path.isfile(os.path.join(root, name)) and os.lstat(os.path.join(root, name)).st_mode & 0o6000]
status = open('/proc/self/status').read()
result([found, 'NoNewPrivs:\\t1' in status, [os.statvfs(place).f_flag & os.ST_NOSUID != 0 for place in ('/box', '/tmp')]])
`,
    expect: (result) => expect(result.value).toEqual([[], true, [true, true]]),
  },
]
