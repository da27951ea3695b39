import { expect } from 'vitest'
import type { Attack } from '../../support/attack.ts'

const MIB = 1024 * 1024

/** Sections M and C, as they end in a container. */
export const MEMORY_AND_TIME_IN_CONTAINER: Attack[] = [
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
