import { expect } from 'vitest'
import type { Attack } from '../../support/attack.ts'

const MIB = 1024 * 1024

/** Section R: how a program ends, and what it leaves to be read. */
export const ENDING: Attack[] = [
  {
    id: 'R3',
    title: 'ten gigabytes of output end at the limit',
    code: "import os\nwhile True:\n    os.write(1, b'x' * 1_000_000)\n",
    execution: { limits: { outputBytes: 2 * MIB } },
    expect(result) {
      expect(result).toMatchObject({ status: 'output-limit', error: { type: 'outputBytes' } })
      expect(result.stdout.truncated).toBe(true)
      expect(result.stdout.totalBytes).toBeLessThan(8 * MIB)
      expect(result.stdout.head.length + result.stdout.tail.length).toBeLessThanOrEqual(result.limits.capturedBytes)
    },
    withinMs: 3_000,
  },
  {
    id: 'R3',
    title: 'a byte now and then, never a line, ends at the wall limit with what there was',
    code: "import os, time\nwhile True:\n    os.write(1, b'x')\n    time.sleep(0.01)\n",
    execution: { limits: { wallMs: 300 } },
    expect(result) {
      expect(result.status).toBe('timeout')
      expect(result.stdout.head).toMatch(/^x+$/)
    },
  },
  ...[0, 1, 124, 137, 143].map((code) => ({
    id: 'R8',
    title: `an exit with code ${code} before any result is what it is`,
    code: `import os\nos._exit(${code})\n`,
    expect: (result: { status: string; exitCode: number | null }) => {
      expect(result.status).toBe(code === 0 ? 'no-result' : 'error')
      expect(result.exitCode).toBe(code)
    },
  })),
  {
    id: 'R8',
    title: 'sys.exit with text is an error with code 1',
    code: "import sys\nsys.exit('no data')\n",
    expect(result) {
      expect(result).toMatchObject({
        status: 'error',
        exitCode: 1,
        error: { type: 'SystemExit', message: 'no data' },
      })
      expect(result.stderr.head).toContain('no data\n')
    },
  },
  {
    id: 'R8',
    title: 'SystemExit in a thread ends only the thread',
    code: 'import sys, threading\nt = threading.Thread(target=lambda: sys.exit(3))\nt.start(); t.join()\nresult(1)\n',
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: 1 }),
  },
  {
    id: 'R9',
    title: 'a program that closes all descriptors has no result',
    code: 'import os\nos.closerange(0, 256)\n',
    expect(result) {
      expect(result.value).toBeUndefined()
      expect(['error', 'no-result']).toContain(result.status)
    },
  },
  {
    id: 'R9',
    title: 'a program that puts a file in place of the control connection has no result',
    code: "import os\nos.dup2(os.open('/tmp/x', os.O_CREAT | os.O_RDWR), 3)\nresult(1)\n",
    expect(result) {
      expect(result.value).toBeUndefined()
      expect(['error', 'no-result']).toContain(result.status)
    },
    withinMs: 3_000,
  },
  {
    id: 'R9',
    title: 'a program that has used up all descriptors still has its result',
    code: "import os\nfiles = []\ntry:\n    while True: files.append(open('/dev/null'))\nexcept OSError:\n    result(len(files) > 100)\n",
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: true }),
  },
  {
    id: 'R11',
    title: 'no descriptor is open but 0, 1, 2 and the control connection',
    code: `
import os
folder = os.open('/proc/self/fd', os.O_RDONLY)
result([number for number in sorted(map(int, os.listdir(folder))) if number < folder])
`,
    expect: (result) => expect(result.value).toEqual([0, 1, 2, 3]),
  },
  {
    id: 'R11',
    title: 'no descriptor is open in Node that leads outside',
    language: 'javascript',
    code: `
import { readdirSync, readlinkSync } from 'node:fs'
const targets = []
for (const name of readdirSync('/proc/self/fd')) {
  try { targets.push(readlinkSync('/proc/self/fd/' + name)) } catch {}
}
result(targets.filter((target) => target.startsWith('/')))
`,
    expect: (result) => {
      for (const target of result.value as string[])
        expect(target).toMatch(/^\/(dev\/(null|random|urandom)|opt\/guest\/|proc\/)/)
    },
  },
  {
    id: 'R16',
    title: 'a thread that prints after the result is not waited for',
    code: `
import threading, time
def go():
    while True:
        print('x'); time.sleep(0.001)
threading.Thread(target=go, daemon=True).start()
time.sleep(0.05)
result(1)
`,
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: 1 }),
    withinMs: 3_000,
  },
  {
    id: 'R21',
    title: 'the caller ends an execution under way',
    code: "print('started', flush=True)\nwhile True: pass\n",
    get execution() {
      const controller = new AbortController()
      return {
        signal: controller.signal,
        onOutput: (_: string, text: string) => void (text.includes('started') && controller.abort()),
      }
    },
    expect: (result) => expect(result).toMatchObject({ status: 'killed', error: { type: 'Aborted' } }),
    withinMs: 3_000,
  },
]
