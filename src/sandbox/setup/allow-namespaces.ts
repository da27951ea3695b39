import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HandaxeError } from '../../contracts/errors.ts'
import { PROFILE_FILE, readAppArmor } from '../backends/linux/apparmor-state.ts'
import { findBubblewrap, isCopied, isRootsOwn } from '../backends/linux/find-bubblewrap.ts'
import { findCommand } from '../backends/linux/find-command.ts'
import { planAppArmor, planAppArmorUndo, PROFILE_TEXT, renderStep, type RootStep } from './plan-apparmor.ts'
import { runCommand, type CommandOptions } from './run-command.ts'
import { lastLines } from './system-packages.ts'

const TRY_TIMEOUT_MS = 10_000
const NOBODY = 65_534

export interface RootOptions extends CommandOptions {
  userId: number
  onProgress: (line: string) => void
}

/** What was done, as the commands that root ran; empty where nothing was to be done. */
export type DoneSteps = string[]

/**
 * Where AppArmor keeps bubblewrap from user namespaces (Ubuntu 23.10 and later): loads a profile of our own that allows them to
 * it, and says so. Does nothing on any other machine. Rejects with `sandbox_unavailable` and the next step where it cannot.
 */
export async function allowNamespaces(options: RootOptions): Promise<DoneSteps> {
  const found = findCommand('bwrap', options.environment['PATH'])
  if (process.platform !== 'linux' || found === null) return []
  const path = realpathSync(found)
  const state = readAppArmor(path)
  // Whatever the files say: where it works, as in many containers, nothing is to be changed.
  if (!state.isRestricting || canMountInside(findBubblewrap(options.environment['PATH']) ?? path)) return []
  const plan = planAppArmor(state, { path, isRootsOwn: isRootsOwn(path), isCopied: isCopied(path) })
  // Another backend may serve: doctor says what is missing for this one.
  if (plan.problem !== null) options.onProgress(`${plan.problem.message}. ${plan.problem.hint}`)
  if (plan.profile === null || plan.reason === null) return []
  options.onProgress(`${plan.reason} (${PROFILE_FILE}; take it back: handaxe setup --undo)`)
  const folder = await mkdtemp(join(tmpdir(), 'handaxe-apparmor-'))
  try {
    const file = join(folder, 'profile')
    await writeFile(file, plan.profile)
    const steps = plan.steps.map((step) => ({
      ...step,
      args: step.args.map((word) => (word === PROFILE_TEXT ? file : word)),
    }))
    return await runAsRoot(steps, options)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * True where bubblewrap makes a user namespace in which what it starts has the rights that it should have: the sandbox mounts.
 * Tried as an ordinary user, since root may always.
 */
export function canMountInside(bubblewrapPath: string): boolean {
  const isolation = '--unshare-user --unshare-pid --uid 0 --gid 0 --cap-add CAP_SYS_ADMIN --ro-bind / / --tmpfs /tmp'
  const command = ['--', 'mount', '-t', 'tmpfs', 'none', '/tmp']
  const { status } = spawnSync(bubblewrapPath, [...isolation.split(' '), ...command], {
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    stdio: 'ignore',
    timeout: TRY_TIMEOUT_MS,
    ...(process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
  })
  return status === 0
}

/** Takes back what `allowNamespaces` did. Rejects with `sandbox_unavailable` where it cannot. */
export async function disallowNamespaces(options: RootOptions): Promise<DoneSteps> {
  return runAsRoot(planAppArmorUndo(readAppArmor('')), options)
}

async function runAsRoot(steps: RootStep[], options: RootOptions): Promise<DoneSteps> {
  const done: DoneSteps = []
  for (const step of steps) {
    const shown = `${options.userId === 0 ? '' : 'sudo '}${renderStep(step)}`
    options.onProgress(`${step.purpose}: ${shown}`)
    const [command = '', ...args] = [...(options.userId === 0 ? [] : ['sudo']), step.command, ...step.args]
    const outcome = await runCommand(command, args, { ...options, interactive: true })
    if (outcome.exitCode !== 0) {
      throw new HandaxeError(
        'sandbox_unavailable',
        `AppArmor could not be set up: ${lastLines(outcome.stderr + outcome.stdout) || `exit code ${outcome.exitCode}`}`,
        { hint: `Run it by hand and look at the output: ${shown}`, details: { done } },
      )
    }
    done.push(shown)
  }
  return done
}
