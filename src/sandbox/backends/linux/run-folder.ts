import { readFileSync, readlinkSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { removeLeftoverGroups } from './cgroups.ts'

const PREFIX = 'sandbox-'

/**
 * A private folder for one open sandbox: the socket, the input files of its slots, artifacts that nobody asked for.
 * Its name tells which process it belongs to, so that the next one can clear away what a killed one has left.
 */
export async function makeRunFolder(stateFolder: string): Promise<string> {
  await mkdir(stateFolder, { recursive: true, mode: 0o700 })
  await removeLeftovers(stateFolder)
  const folder = await mkdtemp(
    join(stateFolder, `${PREFIX}${pidNamespace()}-${process.pid}-${startTime(process.pid)}-`),
  )
  await mkdir(join(folder, 'artifacts'))
  return folder
}

async function removeLeftovers(stateFolder: string): Promise<void> {
  for (const name of await readdir(stateFolder)) {
    if (isOfDeadProcess(name)) await rm(join(stateFolder, name), { recursive: true, force: true })
  }
  await removeLeftoverGroups(isOfDeadProcess)
}

/** By process id and start time, and only for names of this pid namespace: those of another one tell nothing here. */
function isOfDeadProcess(name: string): boolean {
  const [, namespace, pid, start] = /^sandbox-(\d+)-(\d+)-(\d+)-\w+$/.exec(basename(name)) ?? []
  if (namespace !== pidNamespace() || pid === undefined) return false
  return startTime(Number(pid)) !== start
}

function pidNamespace(): string {
  return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
}

/** In clock ticks since the machine started; empty for a process that is not there. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name of the command stands in brackets and may hold anything, brackets too.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    // No such process.
    return ''
  }
}
