import { expect } from 'vitest'
import { errorOf, type Attack } from '../../support/attack.ts'

/** Section P. */
export const PROCESSES: Attack[] = [
  {
    id: 'P1',
    title: 'a fork bomb meets the limit of processes',
    code: `
import os, time
made = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(100)
        made += 1
except OSError as error:
    result([made, error.errno])
`,
    expect(result) {
      expect(result.status).toBe('ok')
      const [made, code] = result.value as [number, number]
      expect(code).toBe(11)
      expect(made).toBeLessThan(64)
      expect(made).toBeGreaterThan(50)
    },
  },
  {
    id: 'P1',
    title: 'a fork bomb of which every process goes on forking ends at the wall limit',
    code: 'import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n',
    execution: { limits: { wallMs: 1000 } },
    expect: (result) => expect(result.status).toBe('timeout'),
    withinMs: 4_000,
  },
  {
    id: 'P2',
    title: 'a daemon that has left its session dies with the execution',
    code: `
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 256)
        time.sleep(100)
    os._exit(0)
os.wait()
result('started')
`,
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: 'started' }),
    withinMs: 3_000,
  },
  {
    id: 'P3',
    title: 'a child that keeps stdout open does not keep the host waiting',
    code: "import subprocess\nsubprocess.Popen(['sleep', '100'])\nprint('done')\n",
    expect: (result) => expect(result).toMatchObject({ status: 'ok', stdout: { head: 'done\n' } }),
    withinMs: 3_000,
  },
  {
    id: 'P4',
    title: 'a program whose child stops it ends at the wall limit',
    code: `
import os, signal, time
if os.fork() == 0:
    for pid in (1, os.getppid(), os.getpid()):
        os.kill(pid, signal.SIGSTOP)
time.sleep(100)
`,
    execution: { limits: { wallMs: 500 } },
    expect: (result) => expect(result.status).toBe('timeout'),
    withinMs: 3_000,
  },
  {
    id: 'P5',
    title: 'a program that ignores every signal and catches everything ends at the wall limit',
    code: `
import signal, time
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    try:
        time.sleep(1)
    except BaseException:
        pass
`,
    execution: { limits: { wallMs: 500 } },
    expect: (result) => expect(result).toMatchObject({ status: 'timeout', error: { type: 'wallMs' } }),
    withinMs: 3_000,
  },
  {
    id: 'P6',
    title: 'kill reaches nobody but itself',
    code: `
import os, signal
found = []
for pid in (-1, 0, os.getppid(), 2, 3, 1000):
    try:
        os.kill(pid, signal.SIGKILL if pid not in (0, 1) else 0)
        found.append('sent')
    except OSError as error:
        found.append(error.errno)
result(found)
`,
    expect(result) {
      expect(result.status).toBe('ok')
      expect((result.value as number[]).slice(3)).toEqual([3, 3, 3])
    },
  },
  {
    id: 'P7',
    title: 'tracing and reading other processes is refused',
    code: errorOf('call(101, 16, 1, 0, 0)', 'call(310, 1, 0, 0, 0, 0, 0)', 'call(438, 0, 0, 0)', 'call(312, 1, 1, 0)'),
    expect: (result) => expect(result.value).toEqual(Array(4).fill('EPERM')),
  },
  {
    id: 'P9',
    title: 'zombies count as processes',
    code: `
import os
made = 0
try:
    for _ in range(10_000):
        if os.fork() == 0:
            os._exit(0)
        made += 1
except OSError as error:
    result([made < 64, error.errno])
`,
    expect: (result) => expect(result.value).toEqual([true, 11]),
  },
  {
    id: 'P10',
    title: 'no child can be slipped to the supervisor',
    code: errorOf('call(56, 0x8000 | 17, 0, 0, 0, 0)', 'call(56, 0x20000000 | 17, 0, 0, 0, 0)', 'call(435, 0, 0)'),
    expect: (result) => expect(result.value).toEqual(['EPERM', 'EPERM', 'ENOSYS']),
  },
  {
    id: 'P11',
    title: 'another program runs under the same bounds',
    code: `
import subprocess, sys
code = "import os,socket\\ntry:\\n    socket.socket()\\nexcept OSError as e:\\n    print(e.errno, os.getuid(), os.path.exists('/root'))"
result(subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stdout)
`,
    expect: (result) => expect(result.value).toBe('1 1000 False\n'),
  },
  {
    id: 'P12',
    title: 'no higher priority',
    code: errorOf(
      'os.nice(-5)',
      'os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))',
      'os.setpriority(os.PRIO_PROCESS, 0, -5)',
    ),
    expect: (result) => expect(result.value).toEqual(['EPERM', 'EPERM', 'EPERM']),
  },
  {
    id: 'P13',
    title: 'a crash leaves no core',
    code: `
import os, resource, ctypes
print(resource.getrlimit(resource.RLIMIT_CORE), flush=True)
ctypes.string_at(0)
`,
    expect(result) {
      expect(result).toMatchObject({ status: 'killed', signal: 'SIGSEGV', stdout: { head: '(0, 0)\n' } })
      expect(result.artifacts).toEqual([])
    },
  },
  {
    id: 'P14',
    title: 'ten thousand threads meet the limit of processes',
    code: `
import threading, time
made = 0
try:
    for _ in range(10_000):
        threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
        made += 1
except RuntimeError:
    result(made)
`,
    expect(result) {
      expect(result.status).toBe('ok')
      expect(result.value).toBeLessThan(64)
    },
  },
  {
    id: 'P15',
    title: 'the end by a signal is told as it was',
    code: 'import os, resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass\n',
    expect: (result) => expect(result).toMatchObject({ status: 'killed', signal: 'SIGKILL' }),
  },
  {
    id: 'P15',
    title: 'abort is an end by a signal',
    code: 'import os\nos.abort()\n',
    expect: (result) => expect(result).toMatchObject({ status: 'killed', exitCode: null }),
  },
  {
    id: 'P1',
    title: 'a fork bomb from JavaScript meets the limit of processes',
    language: 'javascript',
    code: `
import { spawn } from 'node:child_process'
let failures = 0
for (let count = 0; count < 200; count++) spawn('sleep', ['100'], { stdio: 'ignore' }).on('error', () => failures++).unref()
await new Promise((resolve) => setTimeout(resolve, 300))
result(failures > 100)
`,
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: true }),
  },
  {
    id: 'P5',
    title: 'an endless loop in JavaScript ends at the wall limit',
    language: 'javascript',
    code: "process.on('SIGTERM', () => {})\nfor (;;) {}\n",
    execution: { limits: { wallMs: 700 } },
    expect: (result) => expect(result.status).toBe('timeout'),
    withinMs: 4_000,
  },
]
