/** What is executed in a user-mode Linux that has cgroup version 2, by whoever is the host there. */
import { readdirSync, readFileSync, type Dirent } from 'node:fs'
import { basename, join } from 'node:path'
import { HandaxeError } from '../../../src/contracts/errors.ts'
import type { Execution, Sandbox } from '../../../src/contracts/sandbox.ts'

const ROOT = '/sys/fs/cgroup'
const MIB = 1024 * 1024
const ATTEMPTS = 5
/** Everything takes ten to a hundred times as long in there. */
const limits = { wallMs: 120_000 }
export const PROGRAMS: Record<string, Execution> = {
  value: { language: 'python', code: 'result([1, 2])' },
  javascript: { language: 'javascript', code: 'result(42)' },
  memory: {
    language: 'python',
    code: 'x = bytearray(200 << 20)\nresult(len(x))',
    limits: { ...limits, memoryBytes: 64 * MIB },
  },
  memoryTogether: {
    language: 'python',
    code: 'import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n        x = bytearray(40 << 20); time.sleep(100)\ntime.sleep(100)',
    limits: { ...limits, memoryBytes: 96 * MIB },
  },
  processes: {
    language: 'python',
    code: 'import os, time\nn = 0\ntry:\n    while n < 50:\n        if os.fork() == 0: time.sleep(100)\n        n += 1\nexcept OSError as error:\n    result([n < 8, error.errno])',
    limits: { ...limits, processes: 8 },
  },
  cpuTogether: {
    language: 'python',
    code: 'import os\nos.fork()\nos.fork()\nwhile True: pass',
    limits: { ...limits, cpuMs: 400 },
  },
  daemon: {
    language: 'python',
    code: "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1000)\nresult('left one')",
    limits,
  },
  after: { language: 'python', code: 'result(7)' },
}

export interface Outcome {
  status: string
  value?: unknown
  error?: string | undefined
  usage: { cpuMs: number; peakMemoryBytes: number }
}

/**
 * Where the machine outside is busy, a warm sandbox can take longer in here than it may (a minute). That is refused, not
 * executed in another way, and not what is tested here: so it is asked for again.
 */
export async function patiently<Value>(act: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act()
    } catch (error) {
      const isLate = HandaxeError.isInstance(error) && /^sandbox_(?:broken|unavailable)$/.test(error.code)
      if (!isLate || attempt === ATTEMPTS) throw error
    }
  }
}

export async function runPrograms(sandbox: Sandbox, names = Object.keys(PROGRAMS)): Promise<Record<string, Outcome>> {
  const outcomes: Record<string, Outcome> = {}
  for (const name of names) {
    const { status, value, error, usage } = await patiently(() => sandbox.execute(PROGRAMS[name] as Execution))
    outcomes[name] = { status, value, error: error?.type, usage }
  }
  return outcomes
}

/** All groups of this machine whose name begins so, by their path below the root. */
export function findGroups(beginning: string, folder = ROOT): string[] {
  return foldersIn(folder).flatMap(({ name }) => {
    const path = join(folder, name)
    const below = findGroups(beginning, path)
    return basename(path).startsWith(beginning) ? [path.slice(ROOT.length), ...below] : below
  })
}

function foldersIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  } catch (error) {
    // It was removed since it was listed.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Bounds of the slots that there are now: without swap, as a whole, processes. */
export function slotBounds(): string[][] {
  return findGroups('slot-').map((group) =>
    ['memory.swap.max', 'memory.oom.group', 'pids.max'].map((file) =>
      readFileSync(join(ROOT, group, file), 'utf8').trim(),
    ),
  )
}

export function ownGroup(): string {
  return readFileSync('/proc/self/cgroup', 'utf8').trim()
}
