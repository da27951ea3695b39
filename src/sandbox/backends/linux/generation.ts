import { chmod, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Environment } from '../../../contracts/environment.ts'
import { assetPath } from '../../../util/asset-path.ts'
import { nodeFlags, PLAIN_MODULES, TABLE_MODULES } from '../../guest-surroundings.ts'
import { bubblewrapArguments, planLaunch, USER_NAMESPACE_DESCRIPTOR, type LaunchPlan } from './bubblewrap.ts'
import type { CgroupTier, Launcher } from './cgroup-tier.ts'
import type { PythonFacts } from './describe-python.ts'
import type { SandboxUser } from './sandbox-user.ts'
import { SlotFactory } from './slot-factory.ts'
import type { Slot } from './slot.ts'
import type { SlotListenerServer } from './slot-listener.ts'
import { Zygote } from './zygote.ts'

/**
 * What a zygote has imported. Each package makes every fork dearer, used or not: matplotlib and scipy twice as dear as
 * pandas alone. So there is a second zygote for the programs that import them, started when there is the first one.
 */
export type Preparation = 'tables' | 'science' | 'environment'
const MODULES: Readonly<Record<Preparation, string[]>> = {
  tables: TABLE_MODULES,
  // Not pandas: it looks once, when it is imported, for packages that only the environment may have.
  environment: PLAIN_MODULES,
  science: [...TABLE_MODULES, 'matplotlib.pyplot', 'scipy.stats', 'scipy.optimize'],
}

/** What this machine offers, found once. */
export interface Machine {
  bubblewrapPath: string
  python: PythonFacts
  nodePath: string
  user: SandboxUser
  cgroups: CgroupTier | null
}

/** A zygote with its socket, folders and slots. It is replaced as a whole. */
export interface Generation {
  factory: SlotFactory
  /** Names of trees whose host path can be read inside. */
  shown: string[]
  startedAt: number
  executions: number
  /** Slots that have been asked for and are not there yet. */
  creating: Set<Promise<Slot>>
  close(): Promise<void>
}

/** Starts a zygote in `folder`; settles when it is warm. Rejects with `sandbox_unavailable`. */
export async function startGeneration(
  machine: Machine,
  folder: string,
  preparation: Preparation,
  environment: Environment | null = null,
): Promise<Generation> {
  for (const name of ['host', 'slots', 'stage']) await mkdir(join(folder, name), { recursive: true })
  // The sandbox's user reaches these through bind mounts; the folder above stays closed.
  for (const name of ['host', 'slots']) await chmod(join(folder, name), 0o755)
  const plan = planLaunch({
    python: machine.python,
    nodePath: machine.nodePath,
    hostFolder: join(folder, 'host'),
    slotsFolder: join(folder, 'slots'),
    cgroupFolders: machine.cgroups?.folders ?? [],
    environment,
  })
  await machine.cgroups?.prepare()
  const configuration = {
    trees: plan.trees,
    paths: plan.paths,
    environmentPath: plan.environmentPath,
    modules: MODULES[preparation],
    cgroups: (machine.cgroups?.folders ?? []).map(({ name }) => `/cgroup/${name}`),
    memoryByCgroup: machine.cgroups !== null,
  }
  const zygote = new Zygote(launchCommand(machine, plan, folder), configuration, machine.bubblewrapPath)
  const factory = new SlotFactory({ zygote, folder, cgroups: machine.cgroups, user: machine.user, nodeFlags })
  let server: SlotListenerServer | undefined
  const close = async () => {
    for (const slot of factory.slots.values()) void factory.destroy(slot)
    zygote.kill()
    await zygote.gone
    await factory.settle()
    await server?.close()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    server = await factory.listen()
    const { shown } = await zygote.up
    return { factory, shown, startedAt: performance.now(), executions: 0, creating: new Set(), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Root goes through `launch.py`, which gives up root; an ordinary user calls bubblewrap, if need be through systemd. */
function launchCommand(machine: Machine, plan: LaunchPlan, folder: string): Launcher {
  if (!machine.user.own) {
    const command = [machine.bubblewrapPath, ...bubblewrapArguments(plan, ({ source }) => source)]
    const { launcher } = machine.cgroups ?? { launcher: null }
    if (launcher !== null) return { ...launcher, args: [...launcher.args, ...command] }
    return { command: machine.bubblewrapPath, args: command.slice(1), environment: {} }
  }
  const { slots } = machine.user
  const order = {
    user: machine.user.id,
    slotUsers: slots === null ? null : [slots.first, slots.count, USER_NAMESPACE_DESCRIPTOR],
    parent: process.pid,
    stage: join(folder, 'stage'),
    group: machine.cgroups?.zygoteGroup ?? null,
    binds: plan.binds.map(({ source }, index) => [String(index), source]),
    execute: [machine.bubblewrapPath, ...bubblewrapArguments(plan, (_, index) => `/tmp/${index}`, slots !== null)],
  }
  const script = join(assetPath('sandbox/guest'), 'python', 'launch.py')
  const args = ['-I', '-S', '-B', script, JSON.stringify(order)]
  return { command: machine.python.executable, args, environment: {} }
}
