import { release } from 'node:os'
import type { BackendName } from '../contracts/sandbox.ts'
import { probeDocker } from './backends/docker/probe-docker.ts'
import { probeBubblewrap, probeCgroups, probeKernel, probeNode, probePython } from './backends/linux/probe-parts.ts'
import type { ProbeCheck } from './probe-check.ts'
import type { SandboxOptions } from './sandbox-options.ts'

/** What one backend has and lacks on this machine. */
export interface BackendProbe {
  backend: BackendName
  /** Everything required is there; an execution has not been tried. */
  usable: boolean
  checks: ProbeCheck[]
}

/** Looks at all backends, chosen or not, and starts none of them. Never rejects for what is missing. */
export async function probeBackends(options: SandboxOptions): Promise<BackendProbe[]> {
  const environment = options.environment ?? {}
  const [linux, docker] = await Promise.all([probeLinux(options), probeDocker({ environment, ...imageOf(options) })])
  return [
    toProbe('linux', linux),
    toProbe('docker', docker.checks),
    toProbe('e2b', [probeKey(environment['E2B_API_KEY'])]),
  ]
}

function toProbe(backend: BackendName, checks: ProbeCheck[]): BackendProbe {
  return { backend, usable: checks.every(({ ok, required }) => ok || !required), checks }
}

async function probeLinux({ environment, pythonPath, nodePath }: SandboxOptions): Promise<ProbeCheck[]> {
  if (process.platform !== 'linux') {
    const problem = 'The linux backend works on Linux only'
    const remedy = 'Use the docker backend on this system'
    return [{ name: 'kernel', ok: false, required: true, found: process.platform, problem, remedy }]
  }
  const searchPath = environment?.['PATH']
  return [
    probeKernel(release()),
    ...(await probeBubblewrap(searchPath)),
    await probeCgroups(),
    ...(await probePython(pythonPath, searchPath)),
    await probeNode(nodePath ?? process.execPath),
  ]
}

function imageOf({ docker }: SandboxOptions): { image?: string } {
  return docker?.image === undefined ? {} : { image: docker.image }
}

function probeKey(key: string | undefined): ProbeCheck {
  const common = { name: 'key', required: true } as const
  if (key) return { ...common, ok: true, found: 'E2B_API_KEY', problem: null, remedy: null }
  const remedy = 'Set E2B_API_KEY to execute code in the cloud of e2b.dev'
  return { ...common, ok: false, found: 'missing', problem: 'E2B_API_KEY is not set', remedy }
}
