import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Zygotes, and bubblewrap above them, whose folders lie below `state`. Slots show no path of the host: see `descendants`. */
export function zygotesBelow(state: string): number[] {
  // A mount of a file system in memory names the path below that system's own root.
  const end = join(basename(dirname(state)), basename(state))
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => textOf(`/proc/${name}/cmdline`).includes('/opt/guest/python/zygote.py'))
    .filter((name) => textOf(`/proc/${name}/mountinfo`).includes(end))
    .map(Number)
}

/** All processes below one, the slots of its sandboxes too. */
export function descendants(root: number): number[] {
  const found = [root]
  for (const pid of found) {
    const children = textOf(`/proc/${pid}/task/${pid}/children`).trim()
    if (children !== '') found.push(...children.split(' ').map(Number))
  }
  return found.slice(1)
}

/** Folders in any cgroup hierarchy of the sandboxes with these private folders. */
export function cgroupsOf(names: string[]): string[] {
  const roots = textOf('/proc/self/mountinfo')
    .split('\n')
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => join(line.split(' ')[4] ?? '', 'handaxe'))
  return roots.flatMap((root) => names.map((name) => join(root, name))).filter((path) => existsSync(path))
}

/** Slots in those folders. */
export function slotGroupsOf(names: string[]): string[] {
  return cgroupsOf(names).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.startsWith('slot-'))
      .map((name) => join(folder, name)),
  )
}

export function isAlive(pid: number): boolean {
  // A zombie has ended; its parent has not looked yet. One without any memory runs nothing more: the kernel is clearing it away.
  if (textOf(`/proc/${pid}/statm`).startsWith('0 ')) return false
  return !/^State:\s+[ZX]/m.test(textOf(`/proc/${pid}/status`) || 'State: X')
}

export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0) * 1024
}

/**
 * What this process holds: its resident memory without what V8 has free in its heap, which it gives back when it likes
 * (of 200 MB after 10,000 executions, 15 were in use).
 */
export function heldBytes(): number {
  collectGarbage()
  const { rss, heapTotal, heapUsed } = process.memoryUsage()
  return rss - heapTotal + heapUsed
}

export function openDescriptors(pid: number | 'self'): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** Mounts that a process sees, of those whose line names `part`. */
export function mounts(pid: number | 'self', part = ''): number {
  return textOf(`/proc/${pid}/mountinfo`)
    .split('\n')
    .filter((line) => line !== '' && line.includes(part)).length
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    // Ended since the folder was read.
    return ''
  }
}
