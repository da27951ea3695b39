import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { CgroupTier, NoCgroups } from './cgroup-tier.ts'
import { FOLDER, isOurs, readMounts, removeInstance, type CgroupMount } from './cgroup-files.ts'
import { openVersion1 } from './cgroups-1.ts'
import { openVersion2, version2Parents } from './cgroups-2.ts'
import { openDelegatedUnit } from './cgroups-systemd.ts'

export interface CgroupOptions {
  /** Whom the zygotes run as. */
  userId?: number
  /** Of the host: PATH and XDG_RUNTIME_DIR are read. */
  environment?: Record<string, string | undefined>
}

/**
 * The strongest tier that this process can use: bounds on memory and processes of a whole execution, and its CPU time. As
 * root in a group of its own; as an ordinary user in a group that was delegated, or else in a unit that the user's systemd
 * is asked for. Without one, bounds are per process. Takes up to half a minute where that systemd does not answer.
 */
export async function openCgroups(
  instance: string,
  { userId = process.getuid?.() ?? 0, environment = {} }: CgroupOptions = {},
): Promise<{ tier: CgroupTier } | NoCgroups> {
  const mounts = readMounts()
  const isRoot = process.getuid?.() === 0
  const first = openVersion1(mounts, instance)
  if (first !== null) return { tier: first }
  const unified = mounts.find(({ version }) => version === 2)
  if (unified === undefined) return noVersion2(mounts, isRoot)
  const second = openVersion2(unified, instance, userId)
  if (second !== null) return { tier: second }
  if (!isRoot) return openDelegatedUnit(unified.path, instance, userId, environment)
  const reason = `${unified.path} cannot be written to, or does not hand on memory and pids`
  return { tier: null, reason, remedy: 'Run where root may write to it: in a container it is often read-only' }
}

function noVersion2(mounts: CgroupMount[], isRoot: boolean): NoCgroups {
  const reason =
    mounts.length === 0
      ? 'no cgroups are mounted here'
      : isRoot
        ? 'cgroup version 1 cannot be written to here'
        : 'this machine has cgroup version 1, which only root can use'
  const remedy = isRoot
    ? 'Run where root may write to /sys/fs/cgroup: in a container it is often read-only'
    : 'Run handaxe as root, or start the machine with cgroup version 2 (systemd.unified_cgroup_hierarchy=1)'
  return { tier: null, reason, remedy }
}

/** Removes what an instance has left behind that was killed. What belongs to another user is left to that user. */
export async function removeLeftoverGroups(isDead: (instance: string) => boolean): Promise<void> {
  for (const root of knownRoots()) {
    const instances = await readdir(join(root, FOLDER)).catch(() => [])
    for (const instance of instances) {
      if (isDead(instance) && isOurs(join(root, FOLDER, instance))) await removeInstance(join(root, FOLDER, instance))
    }
  }
}

function knownRoots(): string[] {
  return readMounts().flatMap((mount) => (mount.version === 1 ? [mount.path] : version2Parents(mount.path)))
}
