import { afterAll, beforeAll, expect } from 'vitest'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { errorOf, testAttacks } from '../support/attack.ts'

let opened: TestSandbox

beforeAll(async () => {
  opened = await openTestSandbox({ idleJavascript: 0 })
})
afterAll(() => opened.close())

testAttacks(
  () => opened,
  [
    {
      id: 'C1',
      title: 'a busy loop ends at the CPU limit',
      code: 'while True: pass\n',
      execution: { limits: { cpuMs: 300 } },
      expect(result) {
        expect(result).toMatchObject({ status: 'timeout', error: { type: 'cpuMs' } })
        expect(result.usage.cpuMs).toBeGreaterThanOrEqual(300)
        expect(result.usage.cpuMs).toBeLessThan(3000)
      },
      withinMs: 4_000,
    },
    {
      id: 'C2',
      title: 'the CPU time of all processes counts together',
      code: `
import os
for _ in range(3):
    os.fork()
while True: pass
`,
      execution: { limits: { cpuMs: 400 } },
      expect(result) {
        expect(result).toMatchObject({ status: 'timeout', error: { type: 'cpuMs' } })
        expect(result.usage.cpuMs).toBeLessThan(3_000)
      },
      withinMs: 4_000,
    },
    {
      id: 'C3',
      title: 'sleeping for ever ends at the wall limit',
      code: 'import time\ntime.sleep(1e8)\n',
      execution: { limits: { wallMs: 300 } },
      expect(result) {
        expect(result).toMatchObject({ status: 'timeout', error: { type: 'wallMs' }, signal: 'SIGKILL' })
        expect(result.usage.wallMs).toBeGreaterThanOrEqual(295)
      },
      withinMs: 2_000,
    },
    {
      id: 'C3',
      title: 'reading stdin finds its end at once',
      code: 'import sys\nresult(sys.stdin.read())\n',
      expect: (result) => expect(result).toMatchObject({ status: 'ok', value: '' }),
    },
    {
      id: 'C4',
      title: 'a regular expression that never ends is killed from outside',
      code: "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')\n",
      execution: { limits: { wallMs: 500 } },
      expect: (result) => expect(result.status).toBe('timeout'),
      withinMs: 3_000,
    },
    {
      id: 'C4',
      title: 'a power that never ends is killed from outside',
      code: 'x = 7 ** (10 ** 9)\n',
      execution: { limits: { wallMs: 500 } },
      expect: (result) => expect(result.status).toBe('timeout'),
      withinMs: 3_000,
    },
    {
      id: 'C5',
      title: 'own timers and signal handlers change nothing',
      code: `
import signal
signal.alarm(0)
signal.setitimer(signal.ITIMER_PROF, 0)
for name in ('SIGPROF', 'SIGALRM', 'SIGXCPU'):
    signal.signal(getattr(signal, name), lambda *_: None)
while True: pass
`,
      execution: { limits: { cpuMs: 300 } },
      expect: (result) => expect(result.status).toBe('timeout'),
      withinMs: 3_000,
    },
    {
      id: 'C7',
      title: 'exit handlers count as running time',
      code: 'import atexit, time\natexit.register(time.sleep, 100)\nresult(1)\n',
      execution: { limits: { wallMs: 500 } },
      expect(result) {
        expect(result.status).toBe('timeout')
        expect(result.value).toBeUndefined()
      },
      withinMs: 3_000,
    },
    {
      id: 'C7',
      title: 'a thread that does not end counts as running time',
      code: 'import threading, time\nthreading.Thread(target=time.sleep, args=(100,)).start()\nresult(1)\n',
      execution: { limits: { wallMs: 500 } },
      expect: (result) => expect(result.status).toBe('timeout'),
      withinMs: 3_000,
    },
    {
      id: 'C8',
      title: 'clocks cannot be set',
      code: errorOf('call(227, 0, 0)', 'call(164, 0, 0)', 'call(159, 0)'),
      expect: (result) => expect(result.value).toEqual(['EPERM', 'EPERM', 'EPERM']),
    },
  ],
)
