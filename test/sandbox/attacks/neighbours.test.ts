import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect } from 'vitest'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { errorOf, testAttacks } from '../support/attack.ts'
import { testItem } from '../support/invariants.ts'

let opened: TestSandbox

beforeAll(async () => {
  opened = await openTestSandbox({ idleJavascript: 0 })
})
afterAll(() => opened.close())

const MEMORY_GROUPS = '/sys/fs/cgroup/memory/handaxe'
const bySwap = 'memory.memsw.limit_in_bytes'

function hasSwapLimit(): boolean {
  try {
    return readdirSync('/sys/fs/cgroup/memory').includes(bySwap.replace('limit', 'usage'))
  } catch {
    // Another version of cgroups, or none.
    return false
  }
}

testItem(
  'P8: processes that come and go by the hundred end none of the host, whatever numbers they had',
  () => opened,
  async ({ python }) => {
    const bystander = spawn('sleep', ['60'], { stdio: 'ignore' })
    try {
      const churn = await python(`
import os
seen = set()
for _ in range(300):
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    seen.add(pid)
if os.fork() == 0:
    os.setsid()
    while True: pass
result(len(seen))
`)
      expect(churn).toMatchObject({ status: 'ok', value: 300 })
      expect((await python('result(8)')).value).toBe(8)
      expect([bystander.exitCode, bystander.signalCode]).toEqual([null, null])
    } finally {
      bystander.kill('SIGKILL')
    }
  },
)

testItem(
  'M6: memory with swap is limited like memory alone (skipped where the kernel has no cgroup 1 limit of swap, and without root)',
  () => opened,
  async ({ python }) => {
    const [instance = ''] = readdirSync(join(opened.folder, 'state'))
    const running = python('import time\ntime.sleep(1)')
    await delay(300)
    const slots = readdirSync(join(MEMORY_GROUPS, instance)).filter((name) => name.startsWith('slot-'))
    expect(slots.length).toBeGreaterThan(0)
    for (const slot of slots) {
      const limitOf = (file: string) => readFileSync(join(MEMORY_GROUPS, instance, slot, file), 'utf8')
      expect(limitOf(bySwap)).toBe(limitOf('memory.limit_in_bytes'))
    }
    expect((await running).status).toBe('ok')
  },
  { skip: !hasSwapLimit() || process.getuid?.() !== 0 },
)

testItem(
  'N10: two executions at a time find no way to each other',
  () => opened,
  async ({ python }) => {
    const code = `
import ctypes, errno, fcntl, os, socket, time
libc = ctypes.CDLL(None, use_errno=True)
found = []
def attempt(name, act):
    try:
        found.append(name + ': ' + str(act()))
    except OSError as error:
        found.append(name + ': ' + errno.errorcode[error.errno])
def call(*arguments):
    value = libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if value < 0:
        raise OSError(ctypes.get_errno(), '')
    return value
attempt('loopback', lambda: socket.create_server(('127.0.0.1', 4711)))
attempt('abstract', lambda: socket.socket(socket.AF_UNIX))
attempt('keyring', lambda: call(248, b'user', b'name', b'text', 4, -5))
attempt('lock', lambda: fcntl.flock(os.open('/usr/bin/env', os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB))
for folder in ('/tmp', '/dev/shm', '/box'):
    attempt(folder, lambda: open(folder + '/here', 'x').close())
time.sleep(0.5)
found.append(sorted(os.listdir('/proc'))[0])
found.append(len([name for name in os.listdir('/proc') if name.isdigit()]))
result(found)
`
    const results = await Promise.all([python(code), python(code), python(code)])
    for (const { status, value } of results) {
      expect(status).toBe('ok')
      const found = value as (string | number)[]
      expect(found.slice(0, 4)).toEqual(['loopback: EPERM', 'abstract: EPERM', 'keyring: EPERM', 'lock: EPERM'])
      expect(found.slice(4)).toEqual(['/tmp: None', '/dev/shm: None', '/box: None', '1', 1])
    }
  },
)

testItem(
  'S5: what an execution leaves in shared memory, semaphores, locks and named memory is gone in the next',
  () => opened,
  async ({ python }) => {
    const leave = await python(`
import ctypes, os
name = b'/left'
libc = ctypes.CDLL(None)
open('/dev/shm/sem.left', 'w').write('x')
result([libc.shm_open(name, os.O_CREAT | os.O_RDWR, 0o600) >= 0, sorted(os.listdir('/dev/shm'))])
`)
    expect(leave.value).toEqual([true, ['left', 'sem.left']])
    expect(leave.status).toBe('ok')
    const next = await python(
      errorOf(
        "os.listdir('/dev/shm')",
        'call(29, 4711, 4096, 0)',
        'call(64, 4711, 1, 0)',
        'call(68, 4711, 0)',
        "open('/dev/shm/left')",
      ),
    )
    expect(next.value).toEqual(['no error: []', 'EPERM', 'EPERM', 'EPERM', 'ENOENT'])
  },
)

testItem(
  'C10: beside one that takes all it can get, small executions still get through',
  () => opened,
  async ({ python }) => {
    const greedy = python('import os\nfor _ in range(4): os.fork()\nwhile True: pass', { cpuMs: 6_000, wallMs: 30_000 })
    const startedAt = performance.now()
    for (let count = 0; count < 10; count++) {
      expect(await python('result(sum(range(100_000)))')).toMatchObject({ status: 'ok', value: 4_999_950_000 })
    }
    // A ceiling, not a measurement: the machine of a test has other work too.
    expect(performance.now() - startedAt).toBeLessThan(15_000)
    expect((await greedy).status).toBe('timeout')
  },
)

testItem(
  'S2: addresses are alike in the executions of one warm Python, which SECURITY.md tells',
  () => opened,
  async ({ python }) => {
    const code = 'import json, sys\nresult([id(json), id(sys.modules), id(None)])'
    expect((await python(code)).value).toEqual((await python(code)).value)
    const text = readFileSync(join(import.meta.dirname, '..', '..', '..', 'SECURITY.md'), 'utf8')
    expect(text).toMatch(/Addresses in memory are alike/)
  },
)

testItem(
  'K18: that side channels are accepted is told in SECURITY.md',
  () => opened,
  async () => {
    const text = readFileSync(join(import.meta.dirname, '..', '..', '..', 'SECURITY.md'), 'utf8')
    expect(text.slice(text.indexOf('## What is not stopped'))).toMatch(/Side channels/)
  },
)

testAttacks(
  () => opened,
  [
    {
      id: 'N5',
      title: 'no metadata service of a cloud, by address or by name',
      code: errorOf(
        "socket.create_connection(('169.254.169.254', 80), 1)",
        "socket.create_connection(('fd00:ec2::254', 80), 1)",
        "socket.create_connection(('100.100.100.200', 80), 1)",
        "socket.getaddrinfo('metadata.google.internal', 80)",
      ),
      expect(result) {
        const [one, two, three, name] = result.value as string[]
        expect([one, two, three]).toEqual(['EPERM', 'EPERM', 'EPERM'])
        expect(name).not.toMatch(/^no error/)
      },
      withinMs: 5_000,
    },
    {
      id: 'S6',
      title: 'equal pages of two executions are not merged, and cannot be asked to be',
      code: `
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
asked = [libc.prctl(68, 0, 0, 0, 0), libc.prctl(67, 1, 0, 0, 0), libc.prctl(68, 0, 0, 0, 0)]
import mmap
area = mmap.mmap(-1, 1 << 16)
try:
    area.madvise(12)
    asked.append('advised')
except OSError as error:
    asked.append('refused')
result(asked)
`,
      expect(result) {
        const [before, set, after, advice] = result.value as (number | string)[]
        expect(before).not.toBe(1)
        expect(set).toBe(-1)
        expect(after).not.toBe(1)
        expect(advice).toBe('refused')
      },
    },
  ],
)
