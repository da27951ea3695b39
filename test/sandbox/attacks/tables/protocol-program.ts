import { expect } from 'vitest'
import type { Attack } from '../../support/attack.ts'

/** Section R: source texts, and programs that turn against what runs them. */
export const PROGRAM: Attack[] = [
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
]
