import { createServer } from 'node:net'
import { hostname } from 'node:os'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { ExecutionResult } from '../../../src/contracts/sandbox.ts'
import type { TestSandbox } from '../../support/open-test-sandbox.ts'
import { errorOf, testAttacks, type Attack } from '../support/attack.ts'
import { DOCKER_HOST } from './support/docker-host.ts'
import { hasEngine, openTestDocker, WITHOUT_ENGINE } from './support/engine.ts'

const MIB = 1024 * 1024

const files: Attack[] = [
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
import os, socket
os.chdir('/box/output')
os.symlink('/etc/passwd', 'link')
os.symlink('../../etc/passwd', 'relative')
os.symlink('loop', 'loop')
os.symlink('/etc', 'folder')
os.mkfifo('fifo')
socket.socket(socket.AF_UNIX).bind('socket')
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

const processes: Attack[] = [
  {
    id: 'P1',
    title: 'a fork bomb ends at the number of processes',
    code: 'import os, time\nmade = 0\ntry:\n    while True:\n        if os.fork() == 0:\n            time.sleep(60)\n            os._exit(0)\n        made += 1\nexcept OSError as error:\n    result([made <= 64, error.errno])\n',
    expect: (result) => expect(result.value).toEqual([true, 11]),
    withinMs: 10_000,
  },
  {
    id: 'P2',
    title: 'a daemon that left the program ends with it',
    code: "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(60)\n    os._exit(0)\nos.wait()\nresult('done')\n",
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: 'done' }),
    withinMs: 10_000,
  },
  {
    id: 'P3',
    title: 'a child that holds the output open does not hold the result up',
    code: "import os, time\nif os.fork() == 0:\n    time.sleep(60)\nresult('done')\n",
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: 'done' }),
    withinMs: 10_000,
  },
  {
    id: 'P4',
    title: 'stopping everything, the relay too, ends at the wall time',
    code: 'import os, signal, time\ntime.sleep(0.3)\nos.kill(os.getppid(), signal.SIGSTOP)\nos.kill(os.getpid(), signal.SIGSTOP)\n',
    execution: { limits: { wallMs: 1_000 } },
    expect: (result) => expect(result.status).toBe('timeout'),
    withinMs: 10_000,
  },
  {
    id: 'P5',
    title: 'ignoring signals does not help',
    code: 'import signal\nfor number in range(1, 32):\n    try: signal.signal(number, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True:\n    try:\n        while True: pass\n    except BaseException: pass\n',
    execution: { limits: { wallMs: 700 } },
    expect: (result) => expect(result.status).toBe('timeout'),
    withinMs: 10_000,
  },
  {
    id: 'P6',
    title: 'killing everything in reach ends only the execution itself',
    code: 'import os, time\ntime.sleep(0.3)\nos.kill(-1, 9)\nos.kill(os.getpid(), 9)\n',
    expect: (result) => expect(result).toMatchObject({ status: 'killed', signal: 'SIGKILL' }),
    withinMs: 10_000,
  },
  {
    id: 'P6',
    title: 'killing the relay ends the execution, whatever it has to say',
    code: "import os, time\ntime.sleep(0.3)\nresult('forged')\nos.kill(os.getppid(), 9)\ntime.sleep(5)\n",
    expect: (result) => expect(result).toMatchObject({ status: 'killed', signal: 'SIGKILL' }),
    withinMs: 10_000,
  },
  {
    id: 'P15',
    title: 'a signal of its own is told as it is',
    code: 'import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n',
    expect: (result) => expect(result).toMatchObject({ status: 'killed', signal: 'SIGSEGV', exitCode: null }),
  },
]

const memoryAndTime: Attack[] = [
  {
    id: 'M1',
    title: 'two gigabytes end at the memory limit',
    code: 'x = bytearray(2 << 30)\nresult(len(x))\n',
    expect: (result) => expect(result).toMatchObject({ status: 'out-of-memory', error: { type: 'memoryBytes' } }),
    withinMs: 10_000,
  },
  {
    id: 'M2',
    title: 'many processes, each below the limit, are counted together',
    code: "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        x = bytearray(50 << 20)\n        time.sleep(100)\ntime.sleep(3)\nresult('all alive')\n",
    execution: { limits: { memoryBytes: 128 * MIB } },
    expect: (result) => expect(result.status).toBe('out-of-memory'),
    withinMs: 15_000,
  },
  {
    id: 'M3',
    title: 'files in memory count',
    code: "open('/dev/shm/x', 'wb').write(b'x' * (120 << 20))\nopen('/box/x', 'wb').write(b'x' * (120 << 20))\nresult('written')\n",
    execution: { limits: { memoryBytes: 64 * MIB } },
    expect: (result) => expect(result.status).toBe('out-of-memory'),
    withinMs: 15_000,
  },
  {
    id: 'M8',
    title: 'a child that is killed for memory ends the execution as out of memory, whatever the program says',
    code: "import os\nif os.fork() == 0:\n    x = bytearray(1 << 30)\n    os._exit(0)\nos.wait()\nresult('fine')\n",
    execution: { limits: { memoryBytes: 128 * MIB } },
    expect(result) {
      expect(result.status).toBe('out-of-memory')
      expect(result.value).toBeUndefined()
    },
    withinMs: 15_000,
  },
  {
    id: 'C2',
    title: 'the CPU time of all processes is counted together',
    code: 'import os\nos.fork()\nos.fork()\nwhile True: pass\n',
    execution: { limits: { cpuMs: 1_000 } },
    expect: (result) => expect(result).toMatchObject({ status: 'timeout', error: { type: 'cpuMs' } }),
    withinMs: 15_000,
  },
  {
    id: 'C3',
    title: 'sleeping ends at the wall time',
    code: 'import time\ntime.sleep(1e6)\n',
    execution: { limits: { wallMs: 500 } },
    expect: (result) => expect(result).toMatchObject({ status: 'timeout', error: { type: 'wallMs' } }),
    withinMs: 10_000,
  },
]

const kernelAndNetwork: Attack[] = [
  {
    id: 'K1',
    title: 'no namespace can be made, no file system mounted, no key kept, no other kernel started',
    code: errorOf(
      'call(272, 0x10000000)', // unshare(CLONE_NEWUSER)
      'call(165, 0, 0, 0, 0, 0)', // mount
      'call(155, 0, 0)', // pivot_root
      'call(250, 0, 0, 0)', // keyctl
      'call(321, 0, 0, 0)', // bpf
      'call(298, 0, 0, -1, -1, 0)', // perf_event_open
      'call(246, 0, 0, 0, 0, 0)', // kexec_load
      'call(175, 0, 0, 0)', // init_module
      'call(304, -1, 0, 0)', // open_by_handle_at
    ),
    expect: (result) => expect(result.value).toEqual(Array(9).fill('EPERM')),
  },
  {
    id: 'K5',
    title: 'no page faults of its own to handle',
    code: errorOf('call(323, 0)'), // userfaultfd
    expect: (result) => expect(result.value).toEqual(['EPERM']),
  },
  {
    id: 'N1',
    title: 'nothing is connected, looked up or sent',
    code: errorOf(
      "socket.create_connection(('1.1.1.1', 443), 1)",
      "socket.socket(socket.AF_INET6).connect(('2606:4700:4700::1111', 443))",
      "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('8.8.8.8', 53))",
      "socket.create_connection(('169.254.169.254', 80), 1)",
      'socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)',
      'socket.socket(socket.AF_PACKET, socket.SOCK_RAW)',
    ),
    expect(result) {
      for (const outcome of result.value as string[]) {
        expect(['ENETUNREACH', 'EADDRNOTAVAIL', 'EPERM', 'EAFNOSUPPORT']).toContain(outcome)
      }
    },
    withinMs: 10_000,
  },
]

const FORGED = `
import os, struct
def forge():
    body = b'{"type":"result","ok":true,"hasValue":true,"value":"forged","outputs":0}'
    frame = struct.pack('>I', len(body)) + body
    bye = b'{"event":"bye","signal":null,"exitCode":0,"peakMemoryBytes":0}'
    channels = struct.pack('>IB', len(frame) + 1, 0) + frame + struct.pack('>IB', len(bye) + 1, 3) + bye
    os.write(os.open('/proc/1/fd/1', os.O_WRONLY), channels)
`

const protocol: Attack[] = [
  {
    id: 'R1',
    title: "a result forged in the container's own stream is a claim like any other",
    code: `${FORGED}\nimport time\ntime.sleep(0.3)\nforge()\ntime.sleep(60)\n`,
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: 'forged' }),
    withinMs: 10_000,
  },
  {
    id: 'R1',
    title: 'a result and an end that are forged decide nothing where the engine says otherwise',
    code: `${FORGED}\nif os.fork() == 0:\n    x = bytearray(4 << 30)\nos.wait()\nforge()\n`,
    expect(result) {
      expect(result.status).toBe('out-of-memory')
      expect(result.value).toBeUndefined()
    },
    withinMs: 10_000,
  },
  {
    id: 'R2',
    title: 'a frame of four gigabytes is refused by what it claims',
    code: "import os\nos.write(3, b'\\xff\\xff\\xff\\xff')\nimport time\ntime.sleep(60)\n",
    expect: (result) => expect(result).toMatchObject({ status: 'error', error: { type: 'InvalidResult' } }),
    withinMs: 10_000,
  },
  {
    id: 'R2',
    title: 'rubbish in the stream of the container itself ends it',
    code: "import os, time\ntime.sleep(0.3)\nos.write(os.open('/proc/1/fd/1', os.O_WRONLY), b'\\xff' * 100_000)\ntime.sleep(60)\n",
    expect: (result) => expect(result).toMatchObject({ status: 'error', error: { type: 'InvalidResult' } }),
    withinMs: 10_000,
  },
  {
    id: 'R3',
    title: 'output without end ends at its limit',
    code: "import os\nwhile True: os.write(1, b'x' * 65536)\n",
    expect(result: ExecutionResult) {
      expect(result.status).toBe('output-limit')
      expect(result.stdout.head.length).toBeLessThanOrEqual(result.limits.capturedBytes)
    },
    withinMs: 10_000,
  },
  {
    id: 'R8',
    title: 'exit codes that look like signals are exit codes',
    code: 'import os\nos._exit(137)\n',
    expect: (result) => expect(result).toMatchObject({ status: 'error', exitCode: 137, signal: null }),
  },
  {
    id: 'R8',
    title: 'a process that leaves without a result is no-result, never ok',
    code: 'import os\nos._exit(0)\n',
    expect: (result) => expect(result).toMatchObject({ status: 'no-result', exitCode: 0 }),
  },
  {
    id: 'R9',
    title: 'closing every descriptor leaves no result',
    code: 'import os\nos.closerange(0, 256)\nos._exit(0)\n',
    expect: (result) => expect(result.status).toBe('no-result'),
  },
  {
    id: 'R11',
    title: 'no descriptor but the four',
    code: "import os\nresult(sorted(name for name in os.listdir('/proc/self/fd') if os.path.exists('/proc/self/fd/' + name)))\n",
    expect: (result) => expect(result.value).toEqual(['0', '1', '2', '3']),
  },
  {
    id: 'R13',
    title: 'the relay shows neither its memory nor its descriptors',
    code: errorOf("os.listdir(f'/proc/{os.getppid()}/fd')", "open(f'/proc/{os.getppid()}/mem', 'rb')"),
    expect: (result) => expect(result.value).toEqual(['EACCES', 'EACCES']),
  },
]

const secrets: Attack[] = [
  {
    id: 'X1',
    title: 'no variable, name or process of the host is seen',
    code: "import os, socket\nresult([sorted(os.environ), socket.gethostname(), sorted(int(name) for name in os.listdir('/proc') if name.isdigit())[:1]])\n",
    expect(result) {
      const [names, name, [first]] = result.value as [string[], string, number[]]
      const fixed = ['HOME', 'HOSTNAME', 'LANG', 'MPLBACKEND', 'MPLCONFIGDIR', 'MKL_NUM_THREADS', 'NODE_NO_WARNINGS']
      const more = [
        'OMP_NUM_THREADS',
        'NUMEXPR_MAX_THREADS',
        'NUMEXPR_NUM_THREADS',
        'OPENBLAS_NUM_THREADS',
        'PATH',
        'PYTHONDONTWRITEBYTECODE',
        'TMPDIR',
        'TZ',
        'USER',
      ]
      expect(names).toEqual([...fixed, ...more, 'UV_USE_IO_URING'].sort())
      expect(name).toBe('sandbox')
      expect(name).not.toBe(hostname())
      expect(first).toBe(1)
    },
  },
  {
    id: 'S1',
    title: 'random numbers differ between executions',
    code: 'import random, numpy, uuid\nresult([random.random(), float(numpy.random.rand()), str(uuid.uuid4())])\n',
    async expect(result, _, execute) {
      const again = await execute({
        language: 'python',
        code: 'import random, numpy, uuid\nresult([random.random(), float(numpy.random.rand()), str(uuid.uuid4())])\n',
      })
      const [one, other] = [result.value as unknown[], again.value as unknown[]]
      one.forEach((value, index) => expect(value).not.toBe(other[index]))
    },
  },
  {
    id: 'S4',
    title: 'no file of one execution is there in the next',
    code: "for folder in ('/tmp', '/box', '/dev/shm', '/box/output'):\n    open(folder + '/left', 'w').write('x')\n",
    async expect(_, __, execute) {
      const code =
        "import os\nresult([name for f in ('/tmp', '/box', '/dev/shm', '/box/output') for name in os.listdir(f)])"
      const next = await execute({ language: 'python', code })
      expect(next.value).toEqual(['output', 'input'])
    },
  },
]

describe.skipIf(!hasEngine)(`attacks on a container (${WITHOUT_ENGINE})`, () => {
  let opened: TestSandbox
  let connections = 0
  const service = createServer((socket) => {
    connections++
    socket.destroy()
  })
  beforeAll(async () => {
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
    opened = await openTestDocker({ idlePython: 1, idleJavascript: 0 })
  })
  afterAll(async () => {
    service.close()
    await opened.close()
  })
  const own = [...files, ...processes, ...memoryAndTime, ...kernelAndNetwork, ...protocol, ...secrets]
  testAttacks(() => opened, own, DOCKER_HOST)

  testAttacks(
    () => opened,
    [
      {
        id: 'N4',
        title: "the host's own services are not reached",
        get code() {
          const address = service.address()
          const port = typeof address === 'object' ? address?.port : 0
          return `import socket\nresult(socket.socket().connect_ex(('127.0.0.1', ${port})))\n`
        },
        expect(result) {
          expect(result.value).toBe(111)
          expect(connections).toBe(0)
        },
      },
    ],
    DOCKER_HOST,
  )
})
