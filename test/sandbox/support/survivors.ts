import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Processes in the namespace, unless its first process started after the announcement: then it is a new one. */
export function survivors(namespace: string, at: number): string[] {
  const inside = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && linkOf(`/proc/${name}/ns/pid`) === namespace,
  )
  const first = inside.find((name) => /^NSpid:.*\t1$/m.test(textOf(`/proc/${name}/status`)))
  return first !== undefined && startOf(first) >= at ? [] : inside
}

/** In clock ticks since the machine started. */
export function ticksNow(): number {
  return Math.floor(Number(textOf('/proc/uptime').split(' ')[0]) * 100)
}

function startOf(name: string): number {
  const stat = textOf(`/proc/${name}/stat`)
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    // Ended since the folder was read.
    return ''
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    // Ended since the folder was read.
    return ''
  }
}
