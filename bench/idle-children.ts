import { readFileSync } from 'node:fs'
import { descendants } from '../test/sandbox/support/host-state.ts'

export interface ChildMemory {
  /** Pages that no other process has. */
  privateBytes: number
  /** Its fair share of all pages that it sees. */
  proportionalBytes: number
}

/** The first processes of slots below this process, that is of pid namespaces two levels down: idle ones where nothing runs. */
export function measureIdleChildren(): { python: ChildMemory[]; javascript: ChildMemory[] } {
  const found = { python: [] as ChildMemory[], javascript: [] as ChildMemory[] }
  const own = namespaceNumbers('self')
  for (const pid of descendants(process.pid)) {
    const status = textOf(`/proc/${pid}/status`)
    const numbers = namespaceNumbers(pid)
    if (numbers.length < own.length + 2 || numbers.at(-1) !== '1') continue
    const rollup = textOf(`/proc/${pid}/smaps_rollup`)
    const privateBytes = bytesOf(rollup, 'Private_Clean') + bytesOf(rollup, 'Private_Dirty')
    const memory = { privateBytes, proportionalBytes: bytesOf(rollup, 'Pss') }
    // Without the right to read it, there is nothing to report.
    if (memory.proportionalBytes > 0) found[/^Threads:\s+1$/m.test(status) ? 'python' : 'javascript'].push(memory)
  }
  return found
}

/** How many processes there are below this one, and whether all of them wait. */
export function lookAtDescendants(): { count: number; areAsleep: boolean } {
  const states = descendants(process.pid).map((pid) => {
    const stat = textOf(`/proc/${pid}/stat`)
    return stat.slice(stat.lastIndexOf(')') + 2)[0]
  })
  return { count: states.length, areAsleep: states.every((state) => state === 'S') }
}

/** The numbers of a process, from this pid namespace down to its own. */
function namespaceNumbers(pid: number | 'self'): string[] {
  return /^NSpid:\s+(.*)$/m.exec(textOf(`/proc/${pid}/status`))?.[1]?.split(/\s+/) ?? []
}

function bytesOf(rollup: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(rollup)?.[1] ?? 0) * 1024
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    // Ended since the folder was read, or not ours to read.
    return ''
  }
}
