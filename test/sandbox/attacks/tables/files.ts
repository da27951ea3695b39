import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { errorOf, type Attack } from '../../support/attack.ts'
import { withoutPlaceOfRoot } from '../../support/place-of-root.ts'

const project = join(import.meta.dirname, '..', '..', '..', '..')

/** Section F. */
export const FILES: Attack[] = [
  {
    id: 'F1',
    title: 'files of the host are not there at all',
    code: errorOf(
      "open('/etc/shadow').read()",
      `os.listdir(${JSON.stringify(homedir())})`,
      "os.listdir('/root')",
      "os.listdir('/home')",
      `os.listdir(${JSON.stringify(project)})`,
      "open('/root/.ssh/id_rsa').read()",
      "open('.env').read()",
      "os.listdir('/sys')",
      "os.listdir('/host')",
    ),
    expect: (result) => expect(result.value).toEqual(Array(9).fill('ENOENT')),
  },
  {
    id: 'F2',
    title: 'the system is read-only',
    code: errorOf(
      "open('/x', 'w')",
      "open('/usr/x', 'w')",
      "open('/etc/passwd', 'a')",
      "open('/usr/lib/x', 'w')",
      "open('/opt/guest/python/execute.py', 'w')",
      "open(__import__('numpy').__file__, 'a')",
      "os.mkdir('/dev/x')",
      "os.mkdir('/box/input/x')",
    ),
    expect(result) {
      const outcomes = result.value as string[]
      // Its owner is the code's own user where all slots have one.
      expect(['EROFS', 'EACCES']).toContain(outcomes[2])
      expect(outcomes.toSpliced(2, 1)).toEqual(Array(7).fill('EROFS'))
    },
  },
  {
    id: 'F3',
    title: 'links among the artifacts are dropped, the others are delivered',
    code: `
import os
os.chdir('/box/output')
for name, target in (('passwd', '/etc/passwd'), ('environ', '/proc/self/environ'), ('up', '../../x'),
                     ('dangling', '/nowhere'), ('loop', 'loop'), ('root', '/')):
    os.symlink(target, name)
open('good.txt', 'w').write('good')
`,
    expect(result) {
      expect(result.artifacts.map(({ name }) => name)).toEqual(['good.txt'])
      expect(result.droppedArtifacts.map(({ name, reason }) => `${name} ${reason}`).sort()).toEqual([
        'dangling not-regular',
        'environ not-regular',
        'loop not-regular',
        'passwd not-regular',
        'root not-regular',
        'up not-regular',
      ])
    },
  },
  {
    id: 'F4',
    title: 'a folder that became a link is dropped',
    code: `
import os
os.mkdir('/box/output/a')
open('/box/output/a/file', 'w').write('x')
os.rename('/box/output/a', '/box/output/b')
os.symlink('/etc', '/box/output/a')
`,
    expect(result) {
      expect(result.artifacts.map(({ name }) => name)).toEqual(['b/file'])
      expect(result.droppedArtifacts).toEqual([{ name: 'a', reason: 'not-regular' }])
    },
  },
  {
    id: 'F5',
    title: 'a process that swaps an artifact for a link while it is collected is dead before',
    code: `
import os, subprocess, sys
open('/box/output/a', 'wb').write(b'x' * 5_000_000)
if os.fork() == 0:
    os.setsid()
    while True:
        try:
            os.rename('/box/output/a', '/box/output/b'); os.symlink('/etc/passwd', '/box/output/a')
            os.unlink('/box/output/a'); os.rename('/box/output/b', '/box/output/a')
        except OSError:
            pass
`,
    expect(result) {
      expect(result.status).toBe('ok')
      for (const artifact of result.artifacts) expect(artifact.bytes).toBe(5_000_000)
      expect(result.artifacts.length).toBeLessThanOrEqual(1)
    },
  },
  {
    id: 'F6',
    title: 'FIFOs, sockets and devices as artifacts neither block nor arrive',
    code: `
import os, socket
os.mkfifo('/box/output/fifo')
one, other = socket.socketpair()
found = []
for mode, name in ((0o20666, 'char'), (0o60666, 'block')):
    try:
        os.mknod('/box/output/' + name, mode, os.makedev(1, 3))
        found.append('made')
    except OSError as error:
        found.append(error.errno)
try:
    os.mknod('/box/output/socket', 0o140666)
except OSError as error:
    found.append(error.errno)
result(found)
`,
    expect(result) {
      expect(result.status).toBe('ok')
      expect((result.value as number[]).slice(0, 2)).toEqual([1, 1])
      expect(result.artifacts).toEqual([])
      expect(result.droppedArtifacts).toContainEqual({ name: 'fifo', reason: 'not-regular' })
    },
    withinMs: 5_000,
  },
  {
    id: 'F7',
    title: 'a hard link to a file of the system cannot be made',
    code: errorOf("os.link('/usr/bin/env', '/box/x')", "os.link('/etc/passwd', '/box/output/x')"),
    expect: (result) => expect(result.value).toEqual(['EXDEV', 'EXDEV']),
  },
  {
    id: 'F8',
    title: 'a sparse file of a pebibyte is refused by its size',
    code: `
import os
try:
    os.truncate(os.open('/box/output/huge', os.O_CREAT | os.O_WRONLY), 1 << 50)
except OSError as error:
    print(error)
with open('/box/output/large', 'wb') as file:
    file.truncate(60 << 20)
with open('/box/output/other', 'wb') as file:
    file.truncate(60 << 20)
`,
    expect(result) {
      expect(result.artifacts.map(({ name }) => name)).toEqual(['huge', 'large'])
      expect(result.artifacts[0]?.bytes).toBe(0)
      expect(result.droppedArtifacts).toContainEqual({ name: 'other', reason: 'too-large' })
    },
  },
  {
    id: 'F9',
    title: 'a million files and deep folders end at the number of inodes',
    code: `
import os
made = 0
try:
    for number in range(1_000_000):
        open(f'/box/output/{number}', 'w').close()
        made += 1
except OSError as error:
    result([made, error.errno])
`,
    expect(result) {
      const [made, code] = result.value as [number, number]
      expect(code).toBe(28)
      expect(made).toBeLessThan(1000)
      expect(result.artifacts).toHaveLength(256)
    },
    withinMs: 10_000,
  },
  {
    id: 'F9',
    title: 'a folder a thousand levels deep is dropped',
    code: `
import os
os.chdir('/box/output')
try:
    for level in range(1000):
        os.mkdir('d'); os.chdir('d')
    open('bottom', 'w').write('x')
except OSError as error:
    print(error)
`,
    expect(result) {
      expect(result.artifacts).toEqual([])
      expect(result.droppedArtifacts.map(({ reason }) => reason)).toEqual(['too-deep'])
    },
  },
  {
    id: 'F10',
    title: 'the writable places end at their size: one file at 27 (EFBIG), all of them together at 28 (ENOSPC)',
    code: `
found = []
for path in ('/tmp/a', '/box/b', '/dev/shm/c'):
    try:
        with open(path, 'wb') as file:
            for _ in range(1000):
                file.write(b'x' * (1 << 20))
        found.append('no error')
    except OSError as error:
        found.append(error.errno)
result(found)
`,
    execution: { limits: { temporaryBytes: 64 << 20 } },
    expect: (result) => expect(result.value).toEqual([27, 28, 28]),
  },
  {
    id: 'F12',
    title: 'there are no devices but five harmless ones',
    code: `
import os
found = sorted(os.listdir('/dev'))
try:
    os.mknod('/tmp/kmem', 0o20600, os.makedev(1, 1))
except OSError as error:
    found.append(error.errno)
result(found)
`,
    expect: (result) =>
      expect((result.value as unknown[]).join(' ')).toBe('fd full null random shm stderr stdin stdout urandom zero 1'),
  },
  {
    id: 'F13',
    title: 'a setuid program of its own gains nothing',
    code: `
import os, shutil, subprocess
shutil.copy('/usr/bin/id', '/box/id')
os.chmod('/box/id', 0o6755)
result([subprocess.run(['/box/id', '-u'], capture_output=True, text=True).stdout.strip(), os.getuid(), os.geteuid()])
`,
    expect: (result) => expect(result.value).toEqual(['1000', 1000, 1000]),
  },
  {
    id: 'F14',
    title: 'no path of the host can be read',
    code: `
import os
texts = [open('/proc/self/' + name, 'rb').read().decode('utf-8', 'replace')
         for name in ('mountinfo', 'mounts', 'maps', 'cgroup', 'cmdline', 'environ')]
texts += [os.readlink('/proc/self/' + name) for name in ('exe', 'root', 'cwd')]
texts += [os.readlink('/proc/self/fd/' + name) for name in ('0', '1', '2', '3')]
result('\\n'.join(texts))
`,
    execution: { inputs: [{ name: 'data.csv', content: 'a\n1\n' }] },
    expect(result, opened) {
      const text = withoutPlaceOfRoot(String(result.value))
      const secrets = [project, homedir(), opened.folder, process.env['HANDAXE_PYTHON'] ?? project, 'handaxe']
      for (const secret of secrets) expect(text).not.toContain(secret)
    },
  },
  {
    id: 'F15',
    title: 'kernel settings are out of reach',
    code: errorOf(
      "open('/proc/sys/kernel/core_pattern', 'w')",
      "open('/proc/sysrq-trigger', 'w')",
      "os.write(os.open('/proc/self/oom_score_adj', os.O_WRONLY), b'-1000')",
      "os.write(os.open('/proc/self/uid_map', os.O_WRONLY), b'0 0 1')",
    ),
    expect: (result) => expect(result.value).toEqual(['ENOENT', 'ENOENT', 'EACCES', 'EPERM']),
  },
  {
    id: 'F16',
    title: 'what the kernel tells about the machine is absent',
    code: errorOf(
      ...['kcore', 'kallsyms', 'keys', 'timer_list', 'cmdline', 'version', 'modules', 'locks', 'net/unix'].map(
        (name) => `open('/proc/${name}').read()`,
      ),
    ),
    expect: (result) =>
      expect((result.value as string[]).every((one) => one === 'ENOENT' || one === 'EINVAL')).toBe(true),
  },
  {
    id: 'F17',
    title: 'file names that would confuse anybody are dropped, and what is told of them can be printed',
    code: `
import os
for name in (b'a\\nb', b'\\xff\\xfe', b'\\x1b[31mred', b'-rf', b'x' * 255, '\\u202egnp.exe'.encode()):
    open(b'/box/output/' + name, 'w').close()
`,
    expect(result) {
      expect(result.artifacts.map(({ name }) => name).sort()).toEqual(['-rf', 'x'.repeat(255)])
      expect(result.droppedArtifacts.map(({ reason }) => reason)).toEqual(Array(4).fill('unsafe-name'))
      for (const { name } of result.droppedArtifacts) expect(name).toMatch(/^[\p{L}\p{N}\p{P}\p{S} \ufffd]*$/u)
    },
  },
  {
    id: 'F18',
    title: 'files without a name count as memory',
    needs: 'cgroups',
    code: `
import os
files = []
while True:
    file = os.memfd_create('x')
    os.write(file, b'x' * (16 << 20))
    files.append(file)
`,
    execution: { limits: { memoryBytes: 128 << 20 } },
    expect: (result) => expect(result.status).toBe('out-of-memory'),
  },
  {
    id: 'F20',
    title: 'no other process and no inherited descriptor leads outside',
    code: `
import os
found = [os.getppid(), sorted(os.listdir('/proc/self/fd'))[:4], os.listdir('/proc/1/root/')]
try:
    found.append(os.listdir('/proc/0/root'))
except OSError as error:
    found.append(error.errno)
result(found)
`,
    expect(result) {
      const [parent, , root, zero] = result.value as [number, string[], string[], number]
      expect(parent).toBe(0)
      expect(root).not.toContain('slots')
      expect(zero).toBe(2)
    },
  },
]
