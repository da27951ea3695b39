import { expect } from 'vitest'
import type { Attack } from '../../support/attack.ts'

/** Section P, as it ends in a container. */
export const PROCESSES_IN_CONTAINER: Attack[] = [
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
    title: 'stopping everything ends at the wall time; the relay cannot be stopped, and hands the files over',
    code: "import os, signal\nopen('/box/output/left', 'w').write('x')\nfor pid in (1, os.getppid(), os.getpid()):\n    os.kill(pid, signal.SIGSTOP)\n",
    execution: { limits: { wallMs: 1_000 } },
    expect(result) {
      expect(result.status).toBe('timeout')
      expect(result.artifacts.map(({ name }) => name)).toEqual(['left'])
    },
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
    code: 'import os, time\nif os.fork() == 0:\n    time.sleep(60)\nos.kill(1, 9)\nos.kill(-1, 9)\nprint(os.wait()[1], flush=True)\nos.kill(os.getpid(), 9)\n',
    expect: (result) => expect(result).toMatchObject({ status: 'killed', signal: 'SIGKILL', stdout: { head: '9\n' } }),
    withinMs: 10_000,
  },
  {
    id: 'P6',
    title: 'no signal ends the relay, stops it or makes it do anything',
    code: "import os, time\nfor number in range(1, 65):\n    os.kill(os.getppid(), number)\ntime.sleep(0.3)\nresult([os.getppid(), 'alive'])\n",
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: [1, 'alive'] }),
    withinMs: 10_000,
  },
  {
    id: 'P9',
    title: 'what processes leave behind is reaped: zombies without a parent take no place of the program',
    code: `
import os
for _ in range(80):
    if os.fork() == 0:
        if os.fork() == 0:
            os._exit(0)
        os._exit(0)
    os.wait()
result('all of them')
`,
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: 'all of them' }),
    withinMs: 10_000,
  },
  {
    id: 'P11',
    title: 'another program runs under the same bounds',
    code: `
import subprocess, sys
code = "import os,socket\\ntry:\\n    socket.socket()\\nexcept OSError as e:\\n    print(e.errno, os.getuid())"
result(subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stdout)
`,
    expect: (result) => expect(result.value).toBe('1 65534\n'),
  },
  {
    id: 'P15',
    title: 'a signal of its own is told as it is',
    code: 'import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n',
    expect: (result) => expect(result).toMatchObject({ status: 'killed', signal: 'SIGSEGV', exitCode: null }),
  },
]
