import { afterAll, beforeAll, expect } from 'vitest'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { errorOf, testAttacks } from '../support/attack.ts'

const MIB = 1024 * 1024
let opened: TestSandbox

beforeAll(async () => {
  opened = await openTestSandbox()
})
afterAll(() => opened.close())

testAttacks(
  () => opened,
  [
    {
      id: 'M1',
      title: 'two gigabytes end at the memory limit',
      needs: 'cgroups',
      code: 'x = bytearray(2 << 30)\nresult(len(x))\n',
      expect(result) {
        expect(result).toMatchObject({ status: 'out-of-memory', error: { type: 'memoryBytes' } })
        expect(result.value).toBeUndefined()
        expect(result.usage.peakMemoryBytes).toBeLessThanOrEqual(result.limits.memoryBytes)
      },
      withinMs: 5_000,
    },
    {
      id: 'M1',
      title: 'two gigabytes of JavaScript end at the memory limit or in an error of V8',
      language: 'javascript',
      code: 'const all = []\nfor (;;) all.push(new Uint8Array(16 << 20).fill(1))\n',
      expect: (result) => expect(['out-of-memory', 'error', 'killed']).toContain(result.status),
      withinMs: 10_000,
    },
    {
      id: 'M2',
      title: 'many processes, each below the limit, are counted together',
      code: `
import os, time
for _ in range(8):
    if os.fork() == 0:
        x = bytearray(30 << 20)
        time.sleep(100)
time.sleep(1)
result('all alive')
`,
      execution: { limits: { memoryBytes: 128 * MIB } },
      expect: (result) => expect(result.status).toBe('out-of-memory'),
      withinMs: 5_000,
    },
    {
      id: 'M3',
      title: 'files in memory count',
      needs: 'cgroups',
      code: "open('/dev/shm/x', 'wb').write(b'x' * (120 << 20))\nresult('written')\n",
      execution: { limits: { memoryBytes: 64 * MIB } },
      expect: (result) => expect(result.status).toBe('out-of-memory'),
    },
    {
      id: 'M4',
      title: 'an address range of a terabyte that is not touched harms nobody',
      code: `
import mmap
try:
    mmap.mmap(-1, 1 << 40, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)
    result('reserved')
except OSError as error:
    result('refused')
`,
      expect: (result) => expect(['reserved', 'refused']).toContain(result.value),
    },
    {
      id: 'M5',
      title: 'kernel objects end at the number of open files',
      code: `
import os
made = 0
try:
    while True:
        os.pipe(); made += 1
except OSError as error:
    result([made < 128, error.errno])
`,
      expect: (result) => expect(result.value).toEqual([true, 24]),
    },
    {
      id: 'M5',
      title: 'page tables count as memory',
      needs: 'cgroups',
      code: `
import mmap
size = 1 << 38
area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)
for place in range(0, size, 2 << 20):
    area[place] = 1
result('touched')
`,
      execution: { limits: { memoryBytes: 128 * MIB } },
      expect: (result) => expect(result.status).toBe('out-of-memory'),
      withinMs: 10_000,
    },
    {
      id: 'M7',
      title: 'memory cannot be locked beyond a little',
      code: errorOf('call(151, 3)', 'call(149, id(bytearray(1 << 22)), 1 << 22)'),
      expect(result) {
        const [all, some] = result.value as string[]
        expect(all).toBe('EPERM')
        expect(['EPERM', 'ENOMEM', 'EAGAIN']).toContain(some)
      },
    },
    {
      id: 'M8',
      title: 'a child that is killed for memory ends the execution as out of memory, whatever the program says',
      needs: 'cgroups',
      code: `
import os
if os.fork() == 0:
    x = bytearray(1 << 30)
    os._exit(0)
os.wait()
result('fine')
`,
      execution: { limits: { memoryBytes: 128 * MIB } },
      expect(result) {
        expect(result.status).toBe('out-of-memory')
        expect(result.value).toBeUndefined()
      },
    },
  ],
)
