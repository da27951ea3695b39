import type { PackagePolicy } from '../contracts/environment.ts'
import { HandaxeError } from '../contracts/errors.ts'
import {
  BACKEND_CHOICES,
  type BackendChoice,
  type NetworkCeiling,
  type Requirements,
  type SandboxSettings,
} from '../contracts/policy.ts'
import { combineRequirements } from '../sandbox/choose/unmet-requirements.ts'

/** Which sandbox is opened, what it has to enforce, and what code may ask for. */
export interface SandboxPolicy {
  backend: BackendChoice
  require: Requirements
  packages: PackagePolicy
  /** All of them hold; empty: each execution's own policy. */
  network: NetworkCeiling[]
  docker: NonNullable<SandboxSettings['docker']>
  e2b: { template?: string; sandboxPer?: 'session' | 'execution' }
}

/**
 * The policy of the user's file and the project's. The project decides what is a matter of taste (`backend`) and can only
 * tighten what is a matter of safety: a project that was fetched from elsewhere must not loosen the user's own rules, nor
 * consent in the user's place. `chosen` is the variable HANDAXE_SANDBOX. Throws `invalid_configuration`.
 */
export function mergeSandboxSettings(
  { own = {}, project = {} }: { own?: SandboxSettings; project?: SandboxSettings },
  chosen: string | undefined,
): SandboxPolicy {
  const policy: SandboxPolicy = { backend: 'auto', require: {}, packages: 'ask', network: [], docker: {}, e2b: {} }
  if (own.packages !== undefined) {
    policy.packages = typeof own.packages === 'string' ? own.packages : { allow: own.packages }
  }
  if (project.packages !== undefined) policy.packages = stricterPackages(policy.packages, project.packages)
  for (const { backend, require, network, docker, e2b } of [own, project]) {
    policy.backend = backend ?? policy.backend
    policy.require = combineRequirements(policy.require, require ?? {})
    if (network !== undefined) policy.network.push(network === 'none' ? { allow: [] } : network)
    policy.docker = { ...policy.docker, ...docker }
    if (e2b?.template !== undefined) policy.e2b.template = e2b.template
    if (e2b?.sandboxPer !== undefined) policy.e2b.sandboxPer = e2b.sandboxPer
  }
  return chosen ? { ...policy, backend: readBackend(chosen) } : policy
}

function stricterPackages(one: PackagePolicy, other: 'ask' | 'none' | string[]): PackagePolicy {
  if (one === 'none' || other === 'none') return 'none'
  // A list of the project's would answer the question that the user wants to be asked.
  if (one === 'ask' || other === 'ask') return one
  const allowed = new Set(one.allow.map(canonicalName))
  return { allow: other.filter((name) => allowed.has(canonicalName(name))) }
}

/** As PEP 503 compares names; npm's differ by their letters anyway. */
function canonicalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-')
}

function readBackend(text: string): BackendChoice {
  const found = BACKEND_CHOICES.find((choice) => choice === text)
  if (found !== undefined) return found
  throw new HandaxeError(
    'invalid_configuration',
    `HANDAXE_SANDBOX takes one of ${BACKEND_CHOICES.join(', ')}, not "${text}"`,
  )
}
