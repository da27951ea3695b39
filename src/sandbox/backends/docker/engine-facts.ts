import { z } from 'zod'
import { HandaxeError } from '../../../contracts/errors.ts'
import type { EngineClient } from './engine-client.ts'

const info = z.object({
  ServerVersion: z.string().catch('unknown'),
  OSType: z.string().catch('linux'),
  SecurityOptions: z.array(z.string()).nullable().catch([]),
  Runtimes: z.record(z.string(), z.unknown()).nullable().catch({}),
  MemoryLimit: z.boolean().catch(false),
  SwapLimit: z.boolean().catch(false),
  PidsLimit: z.boolean().catch(false),
})

export interface EngineFacts {
  version: string
  /** True where root of the engine is an ordinary user of its machine. */
  rootless: boolean
  seccomp: boolean
  runtimes: string[]
  limits: { memory: boolean; swap: boolean; processes: boolean }
}

/** What the engine says of itself. Rejects with `sandbox_unavailable` where it cannot be reached. */
export async function loadEngineFacts(engine: EngineClient): Promise<EngineFacts> {
  const found = info.parse(await engine.call('GET', '/info'))
  if (found.OSType !== 'linux') {
    throw new HandaxeError('sandbox_unavailable', `The container engine runs ${found.OSType} containers`, {
      hint: 'Switch Docker Desktop to Linux containers',
    })
  }
  const options = found.SecurityOptions ?? []
  return {
    version: found.ServerVersion,
    rootless: options.includes('name=rootless') || options.includes('name=userns'),
    seccomp: options.some((option) => option.startsWith('name=seccomp') && !option.includes('profile=unconfined')),
    runtimes: Object.keys(found.Runtimes ?? {}).sort(),
    limits: { memory: found.MemoryLimit, swap: found.SwapLimit, processes: found.PidsLimit },
  }
}

/** Throws `sandbox_unavailable` where the engine would silently leave out what the sandbox promises. */
export function checkEngineFacts(facts: EngineFacts, runtime: string | null): void {
  if (!facts.limits.memory || !facts.limits.processes) {
    const missing = facts.limits.memory ? 'processes' : 'memory'
    throw new HandaxeError('sandbox_unavailable', `The container engine cannot limit ${missing}`, {
      hint: 'Give it the cgroup controllers memory and pids (rootless: Delegate=cpu memory pids in user@.service)',
    })
  }
  if (!facts.seccomp && runtime !== 'runsc') {
    throw new HandaxeError('sandbox_unavailable', 'The container engine has no seccomp filter', {
      hint: 'Use an engine with its default seccomp profile, or runtime: runsc',
    })
  }
  if (runtime !== null && !facts.runtimes.includes(runtime)) {
    throw new HandaxeError('sandbox_unavailable', `The container engine has no runtime ${runtime}`, {
      hint: `Install it and add it to the engine's daemon.json, or choose one of: ${facts.runtimes.join(', ')}`,
    })
  }
}
