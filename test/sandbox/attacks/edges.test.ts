import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { safeText } from '../../../src/cli/terminal.ts'
import { Zygote } from '../../../src/sandbox/backends/linux/zygote.ts'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { testAttacks } from '../support/attack.ts'
import { testItem } from '../support/invariants.ts'

let opened: TestSandbox

beforeAll(async () => {
  opened = await openTestSandbox()
})
afterAll(() => opened.close())

/** A module of WebAssembly with one function `f`, whose body is an endless loop. */
const ENDLESS = '0061736d0100000001040160000003020100070501016600000a0901070003400c000b0b'

testAttacks(
  () => opened,
  [
    {
      id: 'C6',
      title: 'a process that waits where no signal but the last one reaches it ends at the wall limit',
      // The child of a vfork opens a FIFO that nobody writes to; its parent sleeps uninterruptibly for as long.
      code: `
import os
os.mkfifo('/box/fifo')
os.posix_spawn('/usr/bin/env', ['env'], {}, file_actions=[(os.POSIX_SPAWN_OPEN, 5, '/box/fifo', os.O_RDONLY, 0)])
`,
      execution: { limits: { wallMs: 400 } },
      expect: (result) => expect(result).toMatchObject({ status: 'timeout', error: { type: 'wallMs' } }),
      withinMs: 3_000,
    },
    {
      id: 'F11',
      title: 'no output is a file of the host that could be grown or cut',
      code: `
import os
found = []
for number in (1, 2, 3):
    found.append(os.readlink(f'/proc/self/fd/{number}').split(':')[0])
    for act in (lambda: os.posix_fallocate(number, 0, 1 << 40), lambda: os.ftruncate(number, 0)):
        try:
            act(); found.append('done')
        except OSError as error:
            found.append('refused')
result(found)
`,
      expect: (result) => expect(result.value).toEqual([1, 2, 3].flatMap(() => ['socket', 'refused', 'refused'])),
    },
    {
      id: 'F19',
      title: 'an artifact that a process would cut while it is read is whole or dropped: nobody is left to cut it',
      code: `
import mmap, os
with open('/box/output/a', 'wb') as file:
    file.write(b'x' * 2_000_000)
if os.fork() == 0:
    os.setsid()
    file = os.open('/box/output/a', os.O_RDWR)
    area = mmap.mmap(file, 2_000_000)
    while True:
        os.ftruncate(file, 0); os.ftruncate(file, 2_000_000)
`,
      expect(result) {
        expect(result.status).toBe('ok')
        expect(result.artifacts.length + result.droppedArtifacts.length).toBe(1)
        for (const { bytes } of result.artifacts) expect([0, 2_000_000]).toContain(bytes)
      },
    },
    {
      id: 'R7',
      title: 'escapes for a terminal arrive as text and are made visible before they are shown',
      code: "print('\\x1b[2J\\x1b]52;c;aGk=\\x07\\x1b]8;;http://evil\\x07click\\u202egnp.exe')\n",
      expect(result) {
        expect(result.stdout.head).toContain('\u001b]52;c;')
        const shown = safeText(result.stdout.head)
        for (const hidden of ['\u001b', '\u0007', '\u202e']) expect(shown).not.toContain(hidden)
        expect(shown).toContain('click')
      },
    },
    {
      id: 'R15',
      title: 'replaced functions of packages and builtins change what the program claims, not what the host decides',
      code: `
import builtins, json, os, struct
import numpy as np, pandas as pd
pd.DataFrame.to_dict = pd.DataFrame.to_json = lambda *_, **__: 'evil'
np.ndarray = np.generic = int
json.dumps = json.loads = json.encoder = lambda *_, **__: 'evil'
os.write = os.listdir = struct.pack = lambda *_, **__: b'evil'
for name in ('len', 'isinstance', 'type', 'repr', 'str', 'getattr', 'open'):
    setattr(builtins, name, lambda *_, **__: 1)
raise KeyError('true end')
`,
      expect(result) {
        expect(result.status).toBe('error')
        expect(result.value).toBeUndefined()
      },
      withinMs: 5_000,
    },
    {
      id: 'W2',
      title: 'an endless loop of WebAssembly ends at the CPU limit',
      language: 'javascript',
      code: `const { instance } = await WebAssembly.instantiate(Buffer.from('${ENDLESS}', 'hex'))\ninstance.exports.f()\n`,
      execution: { limits: { cpuMs: 500 } },
      expect: (result) => expect(result).toMatchObject({ status: 'timeout', error: { type: 'cpuMs' } }),
      withinMs: 5_000,
    },
    {
      id: 'W2',
      title: 'growing the memory of WebAssembly ends at the memory limit',
      language: 'javascript',
      code: `
const all = []
for (;;) {
  const memory = new WebAssembly.Memory({ initial: 1024 })
  new Uint8Array(memory.buffer).fill(1)
  all.push(memory)
}
`,
      execution: { limits: { memoryBytes: 256 << 20 } },
      expect(result) {
        expect(['out-of-memory', 'error', 'killed']).toContain(result.status)
        expect(result.value).toBeUndefined()
      },
      withinMs: 10_000,
    },
    {
      id: 'W3',
      title: 'a promise that never settles leaves no value and does not hang',
      language: 'javascript',
      code: 'setInterval(() => {}, 1000)\nawait new Promise(() => {})\nresult(1)\n',
      execution: { limits: { wallMs: 500 } },
      expect(result) {
        expect(result.status).toBe('timeout')
        expect(result.value).toBeUndefined()
      },
      withinMs: 3_000,
    },
    {
      id: 'W4',
      title: 'who leaves a context of node:vm is still in the jail',
      language: 'javascript',
      code: `
import { runInNewContext } from 'node:vm'
import { existsSync } from 'node:fs'
const own = runInNewContext("this.constructor.constructor('return process')()")
result([own.getuid(), own.pid, existsSync('/root'), existsSync('/home')])
`,
      expect: (result) => expect(result.value).toEqual([1000, 1, false, false]),
    },
  ],
)

testItem(
  'C9: output exactly at the deadline: a whole result, or a timeout without a value',
  () => opened,
  async ({ python }) => {
    const wallMs = 300
    for (const seconds of [0.28, 0.29, 0.295, 0.3, 0.305]) {
      const result = await python(`import time\ntime.sleep(${seconds})\nprint('late')\nresult('value')`, { wallMs })
      expect(['ok', 'timeout']).toContain(result.status)
      if (result.status === 'ok') {
        expect(result).toMatchObject({ value: 'value', stdout: { head: 'late\n' } })
        expect(seconds * 1000).toBeLessThan(wallMs + 1)
      } else {
        expect(result.value).toBeUndefined()
        expect(result).toMatchObject({ error: { type: 'wallMs' }, signal: 'SIGKILL' })
      }
    }
  },
)

testItem(
  'W1: no WebAssembly stands between code and host: Pyodide is neither a dependency nor in the sandbox',
  () => opened,
  async ({ javascript }) => {
    const project = join(import.meta.dirname, '..', '..', '..')
    expect(readFileSync(join(project, 'package.json'), 'utf8')).not.toMatch(/pyodide|quickjs/i)
    const found = await javascript("result(await import('pyodide').catch((error) => error.code))")
    expect(found.value).toBe('ERR_MODULE_NOT_FOUND')
  },
)

describe('R22: a zygote that sends what it should not', () => {
  const configuration = { trees: [], paths: [], modules: [], cgroups: [], memoryByCgroup: false }
  const rubbish = {
    'no JSON': 'nonsense\\n',
    'an unknown event': '{"event":"owned","slot":1}\\n',
    'a field of another kind': '{"event":"dead","slot":"1","exitCode":0}\\n',
    'a number that is none': '{"event":"forked","slot":1e999,"pid":1}\\n',
    'a line without an end': `${'x'.repeat(70_000)}`,
  }
  for (const [name, line] of Object.entries(rubbish)) {
    testItem(
      `R22: ${name}: is not believed, and ended`,
      () => opened,
      async () => {
        const zygote = new Zygote(
          { command: '/bin/sh', args: ['-c', `printf '${line}'; exec sleep 60`], environment: {} },
          configuration,
        )
        const reports: unknown[] = []
        zygote.onReport = (report) => reports.push(report)
        expect(await zygote.gone).toMatch(/sent a report that cannot be read/)
        await expect(zygote.up).rejects.toMatchObject({ code: 'sandbox_unavailable' })
        expect(reports).toEqual([])
      },
    )
  }
})
