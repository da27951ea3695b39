import type { Requirements } from '../../contracts/policy.ts'
import type { Guarantees } from '../../contracts/sandbox.ts'

/** One demand of the policy that a sandbox does not meet. */
export interface UnmetRequirement {
  name: keyof Requirements
  required: string
  found: string
  /** What to do about it, as a command or a setting. */
  remedy: string
}

type Levels = Pick<Guarantees, keyof Requirements>

// Namespaces and containers are the same walls of the same kernel.
const ISOLATION: Record<Guarantees['isolation'], number> = { namespaces: 0, container: 0, gvisor: 1, microvm: 2 }
const SYSTEM_CALLS: Record<Guarantees['systemCalls'], number> = { 'allow-list': 0, 'own-kernel': 1 }

const CGROUP_REMEDY =
  'Start handaxe as root, or with cgroup version 2 where the systemd of your user can be reached (`handaxe doctor` says ' +
  'what is missing), or use the docker backend'
const GVISOR_REMEDY = "Install runsc (gVisor), add it to the container engine's runtimes, and use the docker backend"
const MICROVM_REMEDY = 'Set E2B_API_KEY and use the e2b backend, whose sandboxes are virtual machines'

/** What of the policy these guarantees do not give; empty where they suffice. */
export function unmetRequirements(found: Levels, required: Requirements): UnmetRequirement[] {
  const unmet: UnmetRequirement[] = []
  const demand = (name: keyof Requirements, isMet: boolean, remedy: string): void => {
    if (required[name] === undefined || isMet) return
    unmet.push({ name, required: String(required[name]), found: String(found[name]), remedy })
  }
  for (const name of ['memory', 'processes', 'cpu'] as const) demand(name, found[name] !== 'rlimit', CGROUP_REMEDY)
  const { isolation = 'gvisor', systemCalls = 'allow-list' } = required
  const isolationRemedy = isolation === 'gvisor' ? GVISOR_REMEDY : MICROVM_REMEDY
  demand('isolation', ISOLATION[found.isolation] >= ISOLATION[isolation], isolationRemedy)
  demand('systemCalls', SYSTEM_CALLS[found.systemCalls] >= SYSTEM_CALLS[systemCalls], GVISOR_REMEDY)
  demand('unprivilegedUser', found.unprivilegedUser, 'Start handaxe as root, or use the docker backend')
  demand('freshPerExecution', found.freshPerExecution, 'Use the linux or the docker backend')
  return unmet
}

/** `memory is rlimit, and cgroup is required; …` */
export function describeUnmet(unmet: readonly UnmetRequirement[]): string {
  return unmet.map(({ name, required, found }) => `${name} is ${found}, and ${required} is required`).join('; ')
}

/** The stricter of each part: what holds where two policies hold. */
export function combineRequirements(one: Requirements, other: Requirements): Requirements {
  const combined: Requirements = { ...one, ...definedOnly(other) }
  if (one.isolation === 'microvm' || other.isolation === 'microvm') combined.isolation = 'microvm'
  if (one.systemCalls === 'own-kernel' || other.systemCalls === 'own-kernel') combined.systemCalls = 'own-kernel'
  return combined
}

function definedOnly(requirements: Requirements): Requirements {
  return Object.fromEntries(Object.entries(requirements).filter(([, value]) => value !== undefined))
}
