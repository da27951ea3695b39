import { expect } from 'vitest'
import type { Attack } from '../../support/attack.ts'

const MIB = 1024 * 1024
/** Python that sends bytes on the control connection as the harness would. */
const FORGE = `
import os, struct, sys, time
def send(body, length=None):
    os.write(3, struct.pack('>I', len(body) if length is None else length) + body)
`

/** Section R. */
export const PROTOCOL: Attack[] = [
  {
    id: 'R1',
    title: 'a forged result on stdout, stderr and every descriptor is only output, or only a claimed value',
    code: `${FORGE}
frame = b'{"type":"result","ok":true,"hasValue":true,"value":"forged","outputs":0}'
for number in (1, 2):
    os.write(number, struct.pack('>I', len(frame)) + frame)
while True: pass
`,
    execution: { limits: { wallMs: 500 } },
    expect(result) {
      expect(result.status).toBe('timeout')
      expect(result.value).toBeUndefined()
      expect(result.stdout.head).toContain('forged')
    },
    withinMs: 3_000,
  },
  {
    id: 'R1',
    title: 'a forged result on the control connection is a claimed value and nothing more',
    code: `${FORGE}
send(b'{"type":"result","ok":true,"hasValue":true,"value":"claimed","outputs":0,"status":"ok","guarantees":{}}')
time.sleep(100)
`,
    expect(result) {
      expect(result).toMatchObject({ status: 'ok', value: 'claimed' })
      expect(result.guarantees.backend).toBe('linux')
    },
    withinMs: 3_000,
  },
  {
    id: 'R2',
    title: 'of two results the first counts',
    code: `${FORGE}
send(b'{"type":"result","ok":true,"hasValue":true,"value":1,"outputs":0}')
result(2)
`,
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: 1 }),
  },
  ...[
    ['a length of four gigabytes', "send(b'x', 0xffffffff)"],
    ['what is not JSON', 'send(b\'{"type":\')'],
    ['a frame that is no result', 'send(b\'{"type":"ready"}\')'],
    ['a result of the wrong shape', 'send(b\'{"type":"result","ok":"yes","outputs":-1}\')'],
    ['bytes that are not UTF-8', 'send(b\'{"type":"result","ok":true,"hasValue":true,"value":"\\xff","outputs":0}\')'],
    ['an empty frame', "send(b'')"],
  ].map(([title, act]) => ({
    id: 'R2',
    title: `${title} ends the execution with an error`,
    code: `${FORGE}\n${act}\ntime.sleep(100)\n`,
    expect: (result: { status: string; error?: { type: string } }) => {
      expect(result.status).toBe('error')
      expect(result.error?.type).toBe('InvalidResult')
    },
    withinMs: 3_000,
  })),
  {
    id: 'R2',
    title: 'part of a frame is no result',
    code: `${FORGE}\nos.write(3, struct.pack('>I', 1000) + b'{"type"')\nos._exit(0)\n`,
    expect: (result) => expect(result.status).toBe('no-result'),
    withinMs: 3_000,
  },
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
  {
    id: 'R4',
    title: 'a value nested a hundred thousand levels deep is refused',
    code: `${FORGE}
send(b'{"type":"result","ok":true,"hasValue":true,"value":' + b'[' * 100_000 + b']' * 100_000 + b',"outputs":0}')
time.sleep(100)
`,
    expect: (result) => expect(result).toMatchObject({ status: 'error', error: { type: 'InvalidResult' } }),
    withinMs: 3_000,
  },
  {
    id: 'R4',
    title: 'a value larger than its limit is refused',
    code: "result('x' * 20_000_000)\n",
    expect(result) {
      expect(result).toMatchObject({ status: 'error', error: { type: 'ValueTooLarge' } })
    },
  },
  {
    id: 'R4',
    title: 'keys that would poison prototypes do not',
    code: `${FORGE}
send(b'{"type":"result","ok":true,"hasValue":true,"value":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":1,"a":2},"outputs":0,"__proto__":{"ok":false}}')
time.sleep(100)
`,
    expect(result) {
      expect(result.status).toBe('ok')
      expect(JSON.stringify(result.value)).toBe('{"constructor":{"prototype":{"polluted":1}},"a":2}')
      expect(Object.assign({}, result.value)).not.toHaveProperty('polluted')
      expect({}).not.toHaveProperty('polluted')
    },
  },
  {
    id: 'R5',
    title: 'numbers and text that JSON cannot hold have a defined form',
    code: "result([float('nan'), float('inf'), float('-inf'), -0.0, 2**60, -(2**53), 2**53-1, '\\ud800x', '\\ufeff'])\n",
    expect: (result) =>
      expect(result.value).toEqual([
        { $number: 'NaN' },
        { $number: 'Infinity' },
        { $number: '-Infinity' },
        -0,
        { $number: '1152921504606846976' },
        { $number: '-9007199254740992' },
        9007199254740991,
        '\ufffdx',
        '\ufeff',
      ]),
  },
  {
    id: 'R5',
    title: 'a number beyond every double has a defined form',
    code: `${FORGE}\nsend(b'{"type":"result","ok":true,"hasValue":true,"value":[1e400,-1e400],"outputs":0}')\ntime.sleep(100)\n`,
    expect: (result) => expect(result.value).toEqual([{ $number: 'Infinity' }, { $number: '-Infinity' }]),
  },
  {
    id: 'R6',
    title: 'an object that would run code when it is unpickled is refused as a value',
    code: `
class Evil:
    def __reduce__(self):
        return (print, ('pwned',))
result(Evil())
`,
    expect(result) {
      expect(result).toMatchObject({ status: 'error', error: { type: 'UnsupportedValue' } })
      expect(result.stdout.head).toBe('')
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
    id: 'R10',
    title: 'shutting the control connection down and sending descriptors over it harms nobody',
    code: `
import array, os, socket
connection = socket.socket(fileno=os.dup(3))
connection.sendmsg([b'\\0\\0\\0\\2{}'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0, 1, 2]))])
connection.shutdown(socket.SHUT_RDWR)
result(1)
`,
    expect: (result) => expect(result).toMatchObject({ status: 'error', error: { type: 'InvalidResult' } }),
    withinMs: 3_000,
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
    id: 'R13',
    title: 'patching what the harness uses spoils at most the own result',
    code: `
import builtins, json, os, struct, sys
json.dumps = json.JSONEncoder.encode = lambda *_: 'patched'
sys.stdout = sys.stderr = None
builtins.print = builtins.len = builtins.isinstance = lambda *_: 1 / 0
os.write = os.listdir = os._exit = lambda *_: 1 / 0
struct.pack = lambda *_: b''
sys.settrace(lambda *_: 1 / 0)
result({'a': 1})
`,
    expect: (result) => expect(['ok', 'error', 'no-result', 'killed', 'timeout']).toContain(result.status),
    execution: { limits: { wallMs: 2_000 } },
  },
  {
    id: 'R14',
    title: 'walking the frames and the heap finds no request of another execution and no path of the host',
    code: `
import gc, inspect
texts = [repr(frame.frame.f_locals)[:20_000] for frame in inspect.stack()]
texts += [repr(item)[:500] for item in gc.get_objects() if isinstance(item, dict) and 'valueBytes' in item]
result([any(word in text for text in texts) for word in ('expec' + 'ted', 's' + 'k-', 'artifacts' + 'Folder')])
`,
    expect: (result) => expect(result.value).toEqual([false, false, false]),
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
    id: 'R17',
    title: 'a thread that changes the value while it is encoded makes an error at worst',
    code: `
import threading
value = {'a': list(range(1000))}
def go():
    while True:
        value[len(value) % 5000] = 1
threading.Thread(target=go, daemon=True).start()
result(value)
`,
    expect: (result) => expect(['ok', 'error']).toContain(result.status),
    withinMs: 5_000,
  },
  {
    id: 'R18',
    title: 'an exception whose text raises is told by its name',
    code: `
class Evil(Exception):
    def __str__(self): raise ValueError('no')
    __repr__ = __str__
raise Evil()
`,
    expect: (result) => expect(result).toMatchObject({ status: 'error', error: { type: 'Evil' } }),
  },
  {
    id: 'R18',
    title: 'an exception whose text is a gigabyte is cut',
    code: "raise ValueError('x' * 100_000_000)\n",
    expect(result) {
      expect(result.status).toBe('error')
      expect(result.error?.message.length).toBeLessThanOrEqual(20_000)
    },
  },
  {
    id: 'R18',
    title: 'an exception whose text never ends ends at the wall limit',
    code: 'class Evil(Exception):\n    def __str__(self):\n        while True: pass\nraise Evil()\n',
    execution: { limits: { wallMs: 500 } },
    expect: (result) => expect(result.status).toBe('timeout'),
    withinMs: 3_000,
  },
  {
    id: 'R19',
    title: 'a traceback names the program and nothing of the runner',
    code: 'def f():\n    return 1 / 0\nf()\n',
    expect(result) {
      expect(result.error).toMatchObject({ type: 'ZeroDivisionError', message: 'division by zero' })
      expect(result.error?.traceback).toContain('return 1 / 0')
      expect(result.error?.traceback).not.toContain('/opt/guest')
    },
  },
  ...[
    ['NUL in the source', 'x = 1\0'],
    ['an unfinished program', 'def f(:\n'],
    ['nesting beyond the parser', '('.repeat(100_000)],
    ['deep expressions', `x = ${'-'.repeat(100_000)}1`],
  ].map(([title, code]) => ({
    id: 'R20',
    title: `${title} is an error of the program`,
    code: code as string,
    neverRuns: true,
    expect: (result: { status: string }) => expect(['error', 'killed']).toContain(result.status),
    withinMs: 5_000,
  })),
  {
    id: 'R20',
    title: 'a byte order mark and a declared encoding change nothing',
    code: "# coding: utf-7\nresult('é+AGE-')\n",
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: 'é+AGE-' }),
  },
  {
    id: 'R20',
    title: 'five megabytes of source are read or refused, quickly',
    code: `x = 1\n${'# comment\n'.repeat(500_000)}result(x)\n`,
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: 1 }),
    withinMs: 5_000,
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
