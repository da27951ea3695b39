import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { HandaxeError } from '../../../contracts/errors.ts'
import { STANDARD_PACKAGE_NAMES } from '../../standard-packages.ts'
import type { ProbeCheck } from '../../probe-check.ts'
import { openCgroups } from './cgroups.ts'
import { describePython, type PythonFacts } from './describe-python.ts'
import { explainRefusal } from './explain-refusal.ts'
import { OWN_BUBBLEWRAP } from './apparmor-state.ts'
import { findBubblewrap, isCopied } from './find-bubblewrap.ts'
import { findCommand } from './find-command.ts'
import { chooseSandboxUser } from './sandbox-user.ts'

/** Overlay in user namespaces; what is older shows where Python lies on the host. */
const GOOD_KERNEL = [5, 11] as const
const INSTALL_BUBBLEWRAP = 'apt-get install bubblewrap (or: dnf install bubblewrap, pacman -S bubblewrap)'

export function probeKernel(version: string): ProbeCheck {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const ok = major > GOOD_KERNEL[0] || (major === GOOD_KERNEL[0] && minor >= GOOD_KERNEL[1])
  return {
    name: 'kernel',
    ok,
    required: false,
    found: `Linux ${version} ${process.arch}`,
    problem: ok ? null : 'The code can read where Python lies on the host',
    remedy: ok ? null : 'Use Linux 5.11 or newer',
  }
}

/** Whether it is there, and whether a user namespace really comes out of it. */
export async function probeBubblewrap(searchPath: string | undefined): Promise<ProbeCheck[]> {
  const path = findBubblewrap(searchPath)
  if (path === null) return [missing('bubblewrap', 'bubblewrap is not installed', INSTALL_BUBBLEWRAP)]
  const version = (await run(path, ['--version'])).output.trim()
  if ((statSync(path).mode & 0o4000) !== 0) {
    return [missing('bubblewrap', `${path} is setuid root`, `chmod u-s ${path}`, `${version} at ${path}`)]
  }
  const found: ProbeCheck = {
    name: 'bubblewrap',
    ok: true,
    required: true,
    found: `${version} at ${path}`,
    problem: null,
    remedy: null,
  }
  const user = chooseSandboxUser(process.pid, process.getuid?.() ?? 0)
  const tried = await run(path, ['--unshare-all', '--uid', '0', '--ro-bind', '/', '/', '--', '/bin/true'], user.id)
  return [
    isOutdated(path, searchPath)
      ? {
          ...found,
          ok: false,
          required: false,
          problem: `${path} is not the bubblewrap of this system any more`,
          remedy: 'handaxe setup',
        }
      : found,
    tried.code === 0
      ? { name: 'user-namespaces', ok: true, required: true, found: 'allowed', problem: null, remedy: null }
      : refused(path, tried.output),
  ]
}

/** A copy of handaxe's own does not get the system's updates by itself. */
function isOutdated(path: string, searchPath: string | undefined): boolean {
  const system = findCommand('bwrap', searchPath)
  return path === OWN_BUBBLEWRAP && system !== null && !isCopied(system)
}

function refused(path: string, output: string): ProbeCheck {
  const { problem, remedy } = explainRefusal(path)
  return missing('user-namespaces', `${problem}: ${output.trim()}`, remedy, 'refused')
}

/** Really makes the groups, and removes them again. */
export async function probeCgroups(environment: Record<string, string | undefined>): Promise<ProbeCheck> {
  const cgroups = await openCgroups(`probe-${randomUUID()}`, { environment })
  const check = { name: 'cgroups', required: false } as const
  if (cgroups.tier === null) {
    const problem =
      'Memory and CPU time are bounded by rlimits and by looking, not by the kernel for all processes together, because '
    const { reason, remedy } = cgroups
    return { ...check, ok: false, found: 'none that can be used', problem: `${problem}${reason}`, remedy }
  }
  await cgroups.tier.remove()
  const manager = cgroups.tier.manager === null ? '' : ", in a unit of this user's systemd"
  return { ...check, ok: true, found: `version ${cgroups.tier.version}${manager}`, problem: null, remedy: null }
}

export async function probePython(pythonPath: string | null, searchPath: string | undefined): Promise<ProbeCheck[]> {
  const path = pythonPath ?? findCommand('python3', searchPath)
  if (path === null) return [missing('python', 'Python 3 is not installed', 'apt-get install python3')]
  let facts: PythonFacts
  try {
    facts = await describePython(path)
  } catch (error) {
    if (!HandaxeError.isInstance(error)) throw error
    return [missing('python', error.message, error.hint ?? 'handaxe setup', path)]
  }
  const absent = STANDARD_PACKAGE_NAMES.filter((name) => facts.packages[name] === undefined)
  const versions = STANDARD_PACKAGE_NAMES.map((name) => `${name} ${facts.packages[name] ?? 'missing'}`)
  return [
    { name: 'python', ok: true, required: true, found: `${facts.version} at ${path}`, problem: null, remedy: null },
    {
      name: 'packages',
      ok: absent.length === 0,
      required: false,
      found: versions.join(', '),
      problem: absent.length === 0 ? null : `Programs cannot import ${absent.join(', ')}`,
      remedy: absent.length === 0 ? null : 'handaxe setup',
    },
  ]
}

export async function probeNode(nodePath: string): Promise<ProbeCheck> {
  const { code, output } = await run(nodePath, ['--version'])
  const version = output.trim()
  const ok = code === 0 && Number(/^v(\d+)/.exec(version)?.[1] ?? 0) >= 24
  return {
    name: 'node',
    ok,
    required: true,
    found: `${version} at ${nodePath}`,
    problem: ok ? null : 'JavaScript and TypeScript programs need Node 24 or newer',
    remedy: ok ? null : 'Install Node 24 or newer',
  }
}

function missing(name: ProbeCheck['name'], problem: string, remedy: string, found = 'missing'): ProbeCheck {
  return { name, ok: false, required: true, found, problem, remedy }
}

/** Runs a trusted command to its end, with nothing of the caller's environment. */
function run(command: string, args: string[], userId?: number): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const asUser = userId === undefined || process.getuid?.() !== 0 ? {} : { uid: userId, gid: userId }
    const child = spawn(command, args, {
      env: {},
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 10_000,
      ...asUser,
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(0, 4000)))
    }
    child.on('error', (error) => resolve({ code: 127, output: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 128, output }))
  })
}
