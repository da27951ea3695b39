import type { Requirements } from '../../contracts/policy.ts'
import type { BackendName, Guarantees } from '../../contracts/sandbox.ts'
import type { SandboxOptions } from '../sandbox-options.ts'
import { describeUnmet, unmetRequirements } from './unmet-requirements.ts'

export interface Candidate {
  backend: BackendName
  /** As the policy needs them, such as a runtime with a kernel of its own. */
  options: SandboxOptions
  /** Why it need not be tried. */
  excluded: { problem: string; remedy: string } | null
}

/** In the order of preference: on this machine and fastest first, another's machine last. */
const ORDER: readonly BackendName[] = ['linux', 'docker', 'e2b']

const BEST = {
  memory: 'container',
  processes: 'container',
  cpu: 'container',
  unprivilegedUser: true,
  freshPerExecution: true,
} as const

/** The most that each can give anywhere: what is missing here need not be opened to know it. */
const BEST_OF: Record<BackendName, Pick<Guarantees, keyof Requirements>> = {
  linux: { ...BEST, isolation: 'namespaces', systemCalls: 'allow-list' },
  docker: { ...BEST, isolation: 'gvisor', systemCalls: 'own-kernel' },
  e2b: { ...BEST, isolation: 'microvm', systemCalls: 'own-kernel' },
}

/** The backends to try, in order. One that was asked for by name is the only one. */
export function listCandidates(options: SandboxOptions): Candidate[] {
  const { backend = 'auto', require = {} } = options
  const names = backend === 'auto' ? ORDER : [backend]
  return names.map((name) => {
    const unmet = unmetRequirements(BEST_OF[name], require)
    const [first] = unmet
    if (first !== undefined) {
      return { backend: name, options, excluded: { problem: describeUnmet(unmet), remedy: first.remedy } }
    }
    if (name === 'e2b' && !options.environment?.['E2B_API_KEY']) {
      const remedy = 'Set E2B_API_KEY to execute code in the cloud of e2b.dev'
      return { backend: name, options, excluded: { problem: 'E2B_API_KEY is not set', remedy } }
    }
    return { backend: name, options: fitOptions(name, options, require), excluded: null }
  })
}

function fitOptions(name: BackendName, options: SandboxOptions, require: Requirements): SandboxOptions {
  if (name === 'docker') return withRuntime(options, require)
  return name === 'e2b' ? withOwnMachine(options, require) : options
}

/** Where executions share a cloud sandbox, its kernel bounds none of them alone. */
function withOwnMachine(options: SandboxOptions, { memory, processes, cpu }: Requirements): SandboxOptions {
  const needsOwn = memory !== undefined || processes !== undefined || cpu !== undefined
  if (!needsOwn || options.e2b?.sandboxPer !== undefined) return options
  return { ...options, e2b: { ...options.e2b, sandboxPer: 'execution' } }
}

/** Where more is demanded than a container and its filter, gVisor is what an engine can give. */
function withRuntime(options: SandboxOptions, { isolation, systemCalls }: Requirements): SandboxOptions {
  const needsGvisor = isolation !== undefined || systemCalls === 'own-kernel'
  if (!needsGvisor || options.docker?.runtime !== undefined) return options
  return { ...options, docker: { ...options.docker, runtime: 'runsc' } }
}
