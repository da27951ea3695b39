import { readdirSync, readFileSync } from 'node:fs'
import type { SlotGroup } from './cgroup-tier.ts'

/** Linux counts these ticks in /proc at 100 a second on every architecture that this backend supports. */
const MS_PER_TICK = 10
const PAGE_BYTES = 4096

/**
 * Measures the processes of a slot through /proc, where there are no cgroups. It bounds nothing by itself: each process
 * has its rlimits, and the host looks at the sum from time to time.
 */
export class ProcessMeter implements SlotGroup {
  readonly canSetMemory = false
  readonly #root: number
  #peakBytes = 0

  /** `root` is the process id on the host of the slot's first process. */
  constructor(root: number) {
    this.#root = root
  }

  setMemory(): void {
    throw new TypeError('Without cgroups the memory limit is part of the slot')
  }

  /** Of the processes that live, and of those that their parents have waited for. */
  cpuMs(): number {
    let ticks = 0
    for (const pid of this.#processes()) {
      const fields = statFields(pid)
      // utime, stime, cutime, cstime
      for (const index of [11, 12, 13, 14]) ticks += Number(fields[index] ?? 0)
    }
    return Math.max(ticks * MS_PER_TICK, firstNumber(readText(`/proc/${this.#root}/schedstat`)) / 1e6)
  }

  /** Memory of all processes together. What they share with the zygote counts for the part that is theirs. */
  memoryBytes(limit: number): number {
    const processes = this.#processes()
    let bytes = 0
    for (const pid of processes) bytes += Number(readText(`/proc/${pid}/statm`).split(' ')[1] ?? 0) * PAGE_BYTES
    // The cheap count takes shared pages for own ones: only where it is too high is the exact one worth its price.
    if (bytes > limit) bytes = processes.reduce((sum, pid) => sum + proportionalBytes(pid), 0)
    this.#peakBytes = Math.max(this.#peakBytes, bytes)
    return bytes
  }

  peakMemoryBytes(): number {
    const highest = /^VmHWM:\s+(\d+) kB$/m.exec(readText(`/proc/${this.#root}/status`))?.[1]
    return Math.max(this.#peakBytes, Number(highest ?? 0) * 1024)
  }

  outOfMemoryKills(): number {
    return 0
  }

  async remove(): Promise<void> {}

  /** Every process of the slot descends from its first one: orphans become its children. */
  #processes(): number[] {
    const found = [this.#root]
    for (const pid of found) found.push(...childrenOf(pid))
    return found
  }
}

/** The process id on the host of the child that the zygote knows as `inner`; 0 where it is gone. */
export function findHostProcess(zygote: number, inner: number): number {
  for (const pid of childrenOf(zygote)) {
    const ids = /^NSpid:\s+(.*)$/m.exec(readText(`/proc/${pid}/status`))?.[1]?.split(/\s+/)
    // The last is the one in its own namespace (1), the one before it that of the zygote.
    if (ids !== undefined && Number(ids.at(-2)) === inner) return pid
  }
  return 0
}

function childrenOf(pid: number): number[] {
  let threads: string[]
  try {
    threads = readdirSync(`/proc/${pid}/task`)
  } catch {
    // Ended meanwhile.
    return []
  }
  return threads.flatMap((thread) => {
    const text = readText(`/proc/${pid}/task/${thread}/children`).trim()
    return text === '' ? [] : text.split(' ').map(Number)
  })
}

/** The fields of /proc/<pid>/stat after the name in brackets, which may hold anything. */
function statFields(pid: number): string[] {
  const text = readText(`/proc/${pid}/stat`)
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function proportionalBytes(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(readText(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1024
}

function firstNumber(text: string): number {
  return Number.parseInt(text, 10) || 0
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    // Ended meanwhile: it uses nothing any more.
    return ''
  }
}
