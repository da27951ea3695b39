import { closeSync, readdirSync, readFileSync } from 'node:fs'

const CLOSE_ON_EXEC = 0o2000000

/**
 * Closes what whoever started this process had open and did not mean for it: a lock that a script holds by a descriptor
 * would be held as long as the daemon lives. What this process opens itself is marked to be closed by exec, and stays.
 */
export function closeInherited(): void {
  for (const name of readdirSync('/proc/self/fd')) {
    if (Number(name) > 2 && !isOwn(name)) closeSync(Number(name))
  }
}

function isOwn(descriptor: string): boolean {
  try {
    const [, flags = '0'] = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1')) ?? []
    return (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) !== 0
  } catch {
    // The descriptor by which the folder was read.
    return true
  }
}
