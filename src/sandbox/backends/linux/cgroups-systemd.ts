import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { HandaxeError } from '../../../contracts/errors.ts'
import { exists, removeFolders } from './cgroup-files.ts'
import { version2Tier } from './cgroups-2.ts'
import type { CgroupTier, Launcher, NoCgroups } from './cgroup-tier.ts'
import { DelegatedUnit } from './delegated-unit.ts'
import { findUserSystemd, runCommand, type UserSystemd } from './user-systemd.ts'

/** How long `remove` waits for systemd to remove an empty group. It does in milliseconds; nothing depends on it. */
const REMOVAL_MS = 5_000
const REMEDY =
  '`loginctl enable-linger` and a new login give you a systemd of your own; or run handaxe in a cgroup that is ' +
  'delegated to you, in a subgroup of it (a service with Delegate= and DelegateSubgroup=); or as root'
const CONTROLLERS_REMEDY =
  'As root: `systemctl edit user@.service` with `[Service] Delegate=cpu memory pids`, then log in again'

/**
 * Version 2 for an ordinary user: asks the user's systemd for a unit that is delegated, and makes the groups in it. A tier
 * only where everything was found to work; what did not is the reason.
 *
 * Nobody but root may move a process into the unit from the group of a login session. So a zygote begins as a scope
 * (`systemd-run --user --scope`), for which systemd does that, and goes on to its group from there. Handaxe stays where it is.
 */
export async function openDelegatedUnit(
  root: string,
  instance: string,
  userId: number,
  environment: Record<string, string | undefined>,
): Promise<{ tier: CgroupTier } | NoCgroups> {
  const systemd = findUserSystemd(environment, userId)
  if ('reason' in systemd) {
    const reason = `no cgroup is delegated to this user, and ${systemd.reason}`
    return { tier: null, reason, remedy: REMEDY }
  }
  const unit = new DelegatedUnit(systemd, root, `handaxe-${instance}.service`)
  try {
    const folder = await unit.start()
    const groups = version2Tier(folder, userId)
    const launcher = launcherInto(systemd, join(folder, 'zygotes'))
    await tryLauncher(launcher, folder.slice(root.length))
    return { tier: unitTier(unit, groups, folder, userId, launcher) }
  } catch (error) {
    unit.stop()
    const remedy = unit.lacksControllers ? CONTROLLERS_REMEDY : REMEDY
    return { tier: null, reason: `this user's systemd gives no delegated unit: ${messageOf(error)}`, remedy }
  }
}

function unitTier(
  unit: DelegatedUnit,
  groups: CgroupTier,
  folder: string,
  userId: number,
  launcher: Launcher,
): CgroupTier {
  const again = async () => {
    try {
      unit.stop()
      await waitUntilGone(folder)
      if ((await unit.start()) !== folder) throw new Error('it is not where it was before')
      version2Tier(folder, userId)
    } catch (error) {
      const message = `${unit.name} has ended, and cannot be had again: ${messageOf(error)}`
      throw new HandaxeError('sandbox_unavailable', message, {
        hint: '`loginctl enable-linger` keeps the systemd of this user; open the sandbox again',
        cause: error,
      })
    }
  }
  let starting: Promise<void> | null = null
  return {
    ...groups,
    manager: unit.name,
    launcher,
    async prepare() {
      // With the user's last session systemd ends all that it manages. What was promised cannot be kept without it.
      if (starting === null && exists(join(folder, 'zygotes'))) return
      starting ??= again().finally(() => (starting = null))
      await starting
    },
    createSlot(slot, limits, slotUserId) {
      const group = whileItLives(() => groups.createSlot(slot, limits, slotUserId))
      return { ...group, setMemory: (bytes) => whileItLives(() => group.setMemory(bytes)) }
    },
    async remove() {
      await removeFolders([join(folder, 'zygotes')])
      unit.stop()
      await waitUntilGone(folder)
    },
  }
}

/** Between the end of the unit and the news of its zygotes' death its groups are gone already. */
function whileItLives<Value>(act: () => Value): Value {
  try {
    return act()
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (!['ENOENT', 'ENODEV'].includes(code)) throw error
    const message = 'The sandbox was ended from outside'
    throw new HandaxeError('sandbox_broken', message, { hint: 'Execute it again', cause: error })
  }
}

function launcherInto({ systemdRun, environment }: UserSystemd, zygotes: string): Launcher {
  const enter = 'echo 0 > "$0" && exec /usr/bin/env -i "$@"'
  const scope = [...'--user --scope --quiet --collect --no-ask-password'.split(' '), '--description=Zygote of handaxe']
  const args = [...scope, '--', '/bin/sh', '-c', enter, join(zygotes, 'cgroup.procs')]
  return { command: systemdRun, args, environment }
}

/** Rejects where a command does not arrive in the group of the zygotes: then no zygote would. */
async function tryLauncher({ command, args, environment }: Launcher, group: string): Promise<void> {
  const arrived = await runCommand(command, [...args, '/bin/cat', '/proc/self/cgroup'], environment)
  if (!arrived.includes(`0::${group}/zygotes\n`)) throw new Error('a process could not be brought into its group')
}

async function waitUntilGone(folder: string): Promise<void> {
  const until = performance.now() + REMOVAL_MS
  while (exists(folder) && performance.now() < until) await delay(10)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
