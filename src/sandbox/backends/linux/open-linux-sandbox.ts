import { statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { HandaxeError } from '../../../contracts/errors.ts'
import type { Sandbox } from '../../../contracts/sandbox.ts'
import { openCgroups } from './cgroups.ts'
import { describePython } from './describe-python.ts'
import { findBubblewrap } from './find-bubblewrap.ts'
import { findCommand } from './find-command.ts'
import { describeGuarantees } from './guarantees.ts'
import { LinuxSandbox } from './linux-sandbox.ts'
import { SlotPool, type PoolOptions } from './pool.ts'
import { makeRunFolder } from './run-folder.ts'
import { chooseSandboxUser } from './sandbox-user.ts'
import { EnvironmentFinder } from '../../environments/environment-finder.ts'
import { hostBase } from '../../environments/host-base.ts'
import type { EgressSettings } from '../../egress/execution-proxy.ts'

export interface LinuxSandboxOptions {
  pythonPath: string | null
  nodePath: string
  stateFolder: string
  searchPath: string | undefined
  idle: PoolOptions['idle']
  maxConcurrent: number
  executionsPerZygote: number
  egress: EgressSettings
  environmentsFolder: string | null
  /** Of the host; see `SandboxOptions`. */
  environment: Record<string, string | undefined>
}

/** Finds what the machine has, starts the zygote, fills the pool. Rejects with `sandbox_unavailable`. */
export async function openLinuxSandbox(options: LinuxSandboxOptions): Promise<Sandbox> {
  const bubblewrapPath = requireBubblewrap(options.searchPath)
  const pythonPath = options.pythonPath ?? findPython(options.searchPath)
  const python = await describePython(pythonPath)
  const folder = await makeRunFolder(options.stateFolder)
  const user = chooseSandboxUser(process.pid, process.getuid?.() ?? 0)
  const found = await openCgroups(basename(folder), { userId: user.id, environment: options.environment })
  const cgroups = found.tier
  const machine = { bubblewrapPath, python, nodePath: options.nodePath, user, cgroups }
  const { idle, maxConcurrent, executionsPerZygote } = options
  const pool = new SlotPool({ machine, folder, idle, maxConcurrent, executionsPerZygote })
  try {
    const { shown } = await pool.start()
    return new LinuxSandbox({
      pool,
      cgroups,
      userId: user.id,
      folder,
      egress: options.egress,
      environments: new EnvironmentFinder({
        folder: options.environmentsFolder,
        base: (language) => hostBase(language, { pythonPath, environment: options.environment, workFolder: folder }),
      }),
      guarantees: describeGuarantees(found, user, shown),
    })
  } catch (error) {
    await pool.close()
    await cgroups?.remove()
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** Throws where it is missing, and where it is setuid root: that one has had holes that the plain one cannot have. */
function requireBubblewrap(searchPath: string | undefined): string {
  if (process.platform !== 'linux') {
    throw new HandaxeError('sandbox_unavailable', 'The linux backend works on Linux only', {
      hint: 'Use the docker backend on this system',
    })
  }
  const path = findBubblewrap(searchPath)
  if (path === null) {
    throw new HandaxeError('sandbox_unavailable', 'bubblewrap is not installed', {
      hint: 'apt-get install bubblewrap (or: dnf install bubblewrap, pacman -S bubblewrap)',
    })
  }
  if ((statSync(path).mode & 0o4000) !== 0) {
    throw new HandaxeError('sandbox_unavailable', `${path} is setuid root`, { hint: `chmod u-s ${path}` })
  }
  return path
}

function findPython(searchPath: string | undefined): string {
  const path = findCommand('python3', searchPath)
  if (path !== null) return path
  throw new HandaxeError('sandbox_unavailable', 'Python 3 is not installed', { hint: 'apt-get install python3' })
}
