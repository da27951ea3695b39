import { expect } from 'vitest'
import { errorOf, type Attack } from '../../support/attack.ts'

const MIB = 1024 * 1024

/** Section F, as it ends in a container. */
export const FILES_IN_CONTAINER: Attack[] = [
  {
    id: 'F1',
    title: 'neither secrets nor the project are there',
    code: errorOf(
      "open('/etc/shadow').read()",
      "os.listdir('/root')",
      "os.stat('/var/run/docker.sock')",
      "os.stat('/run/podman/podman.sock')",
    ),
    expect: (result) => expect(result.value).toEqual(['EACCES', 'EACCES', 'ENOENT', 'ENOENT']),
  },
  {
    id: 'F2',
    title: 'nothing can be written but the working places',
    code: errorOf(
      "open('/x', 'w')",
      "open('/usr/bin/x', 'w')",
      "open('/etc/x', 'w')",
      "os.mkdir('/opt/guest/x')",
      "open('/opt/guest/python/execute.py', 'a')",
      "os.chmod('/opt/guest/python/execute.py', 0o777)",
      "os.mkdir('/box/input/x')",
    ),
    expect: (result) => expect(result.value).toEqual(['EROFS', 'EROFS', 'EROFS', 'EROFS', 'EACCES', 'EROFS', 'EROFS']),
  },
  {
    id: 'F3',
    title: 'links, pipes, sockets and folders behind links are no artifacts; the rest is delivered',
    code: `
import os, stat
os.chdir('/box/output')
os.symlink('/etc/passwd', 'link')
os.symlink('../../etc/passwd', 'relative')
os.symlink('loop', 'loop')
os.symlink('/etc', 'folder')
os.mkfifo('fifo')
os.mknod('socket', stat.S_IFSOCK | 0o600)
open('good', 'w').write('good')
`,
    expect(result) {
      expect(result.artifacts.map(({ name }) => name)).toEqual(['good'])
      expect(result.droppedArtifacts).toEqual(
        ['fifo', 'folder', 'link', 'loop', 'relative', 'socket'].map((name) => ({ name, reason: 'not-regular' })),
      )
    },
    withinMs: 10_000,
  },
  {
    id: 'F5',
    title: 'a process that outlives the program cannot swap an artifact while it is read',
    code: `
import os, time
if os.fork() == 0:
    os.setsid()
    while True:
        for turn in range(100):
            try:
                os.unlink('/box/output/a')
            except OSError: pass
            try:
                os.symlink('/etc/passwd', '/box/output/a') if turn % 2 else open('/box/output/a', 'w').write('x')
            except OSError: pass
time.sleep(0.3)
`,
    expect({ artifacts, droppedArtifacts }) {
      expect(
        [...artifacts.map(({ bytes }) => bytes), ...droppedArtifacts.map(({ reason }) => reason)].length,
      ).toBeLessThan(2)
      for (const { bytes } of artifacts) expect(bytes).toBeLessThanOrEqual(1)
    },
  },
  {
    id: 'F8',
    title: 'a file of a petabyte that is empty is not read',
    code: "os = __import__('os')\nfile = open('/box/output/a', 'w')\ntry:\n    os.truncate('/box/output/a', 1 << 50)\nexcept OSError as error:\n    result(error.errno)\n",
    expect({ artifacts, droppedArtifacts, value }) {
      // RLIMIT_FSIZE forbids it before the tmpfs is asked.
      if (value === undefined) expect(droppedArtifacts).toEqual([{ name: 'a', reason: 'too-large' }])
      else expect({ value, sizes: artifacts.map(({ bytes }) => bytes) }).toEqual({ value: 27, sizes: [0] })
    },
  },
  {
    id: 'F8',
    title: 'sparse files together larger than the limit are dropped by the size they claim',
    code: "import os\nfor name in 'abc':\n    open('/box/output/' + name, 'w').close()\n    os.truncate('/box/output/' + name, 40 << 20)\n",
    expect({ artifacts, droppedArtifacts }) {
      expect(artifacts.map(({ name, bytes }) => [name, bytes])).toEqual([['a', 40 * MIB]])
      expect(droppedArtifacts.map(({ name, reason }) => [name, reason])).toEqual([
        ['b', 'too-large'],
        ['c', 'too-large'],
      ])
    },
  },
  {
    id: 'F9',
    title: 'a million files end at the inodes, and are told of in a bounded way',
    code: `
import os, errno
made = 0
try:
    while made < 1_000_000:
        open(f'/box/output/{made}', 'w').close()
        made += 1
except OSError as error:
    result([made < 1000, error.errno])
`,
    expect(result) {
      expect(result.value).toEqual([true, 28])
      expect(result.artifacts).toHaveLength(result.limits.artifactCount)
      expect(result.droppedArtifacts).toHaveLength(100)
    },
    withinMs: 15_000,
  },
  {
    id: 'F9',
    title: 'folders in folders are left at a depth',
    code: "import os\nos.chdir('/box/output')\nfor _ in range(100):\n    open('a', 'w').close()\n    os.mkdir('d')\n    os.chdir('d')\n",
    expect(result) {
      expect(result.artifacts).toHaveLength(17)
      expect(result.droppedArtifacts.map(({ reason }) => reason)).toEqual(['too-deep'])
    },
  },
  {
    id: 'F10',
    title: 'every writable place is full at its limit',
    code: `
import os
found = []
for place in ('/tmp', '/box', '/dev/shm', '/box/output'):
    try:
        with open(place + '/x', 'wb') as file:
            while True: file.write(b'x' * (1 << 20))
    except OSError as error:
        found.append(error.errno)
    os.unlink(place + '/x')
result(found)
`,
    execution: { limits: { temporaryBytes: 16 * MIB, artifactBytes: 16 * MIB } },
    // EFBIG where RLIMIT_FSIZE is met first: it is as large as the place.
    expect: (result) => expect((result.value as number[]).every((number) => number === 28 || number === 27)).toBe(true),
  },
  {
    id: 'F12',
    title: 'no device can be made or opened',
    code: errorOf(
      "os.mknod('/box/null', 0o20666, os.makedev(1, 3))",
      "open('/dev/mem')",
      "open('/dev/kmsg')",
      "open('/dev/kvm')",
      "open('/dev/fuse')",
    ),
    expect: (result) => expect(result.value).toEqual(['EPERM', 'ENOENT', 'ENOENT', 'ENOENT', 'ENOENT']),
  },
  {
    id: 'F13',
    title: 'there is no way to other rights',
    code: `
import os, re
status = open('/proc/self/status').read()
found = {name: re.search(name + r':\\s*(\\S+)', status)[1] for name in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp')}
setuid = [os.path.join(root, name) for root, _, names in os.walk('/usr') for name in names
          if os.path.isfile(os.path.join(root, name)) and os.lstat(os.path.join(root, name)).st_mode & 0o6000]
result([found, setuid, os.getuid(), os.getgid(), os.getgroups()])
`,
    expect: (result) =>
      expect(result.value).toEqual([
        {
          CapInh: '0000000000000000',
          CapPrm: '0000000000000000',
          CapEff: '0000000000000000',
          CapBnd: '0000000000000000',
          CapAmb: '0000000000000000',
          NoNewPrivs: '1',
          Seccomp: '2',
        },
        [],
        65534,
        65534,
        expect.anything(),
      ]),
  },
  {
    id: 'F15',
    title: 'the settings of the kernel cannot be written',
    code: errorOf(
      "os.write(os.open('/proc/sys/kernel/core_pattern', os.O_WRONLY), b'x')",
      "open('/proc/sysrq-trigger', 'w')",
      "open('/sys/kernel/mm/ksm/run', 'w')",
      "os.write(os.open('/proc/self/oom_score_adj', os.O_WRONLY), b'-1000')",
    ),
    expect(result) {
      for (const outcome of result.value as string[]) expect(['EROFS', 'EACCES', 'EPERM', 'ENOENT']).toContain(outcome)
    },
  },
  {
    id: 'F17',
    title: 'names that could harm whoever reads them are dropped, in plain characters',
    code: `
import os
os.chdir(b'/box/output')
for name in (b'new\\nline', b'esc\\x1b[31m', b'\\xc3.txt', b'back\\\\slash', 'rtl\\u202e'.encode(), b'-rf', 'ü'.encode()):
    open(name, 'w').close()
`,
    expect({ artifacts, droppedArtifacts }) {
      expect(artifacts.map(({ name }) => name).sort()).toEqual(['-rf', 'ü'])
      expect(droppedArtifacts.map(({ reason }) => reason)).toEqual(Array(5).fill('unsafe-name'))
      for (const { name } of droppedArtifacts) expect(name).not.toMatch(/\p{Cc}|\p{Cf}/u)
    },
  },
]
