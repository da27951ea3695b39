import { release } from 'node:os'
import type { BackendName } from '../contracts/sandbox.ts'
import { probeDocker } from './backends/docker/probe-docker.ts'
import { probeE2b } from './backends/e2b/probe-e2b.ts'
import { probeBubblewrap, probeCgroups, probeKernel, probeNode, probePython } from './backends/linux/probe-parts.ts'
import type { ProbeCheck } from './probe-check.ts'
import type { SandboxOptions } from './sandbox-options.ts'

/** Who asks what could be used does not wait for a cloud for long. */
const CLOUD_TIMEOUT_MS = 10_000

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
  const [linux, docker, e2b] = await Promise.all([
    probeLinux(options),
    probeDocker({ environment, ...imageOf(options) }),
    probeE2b({ environment, e2b: { ...options.e2b, requestTimeoutMs: CLOUD_TIMEOUT_MS } }),
  ])
  return [toProbe('linux', linux), toProbe('docker', docker.checks), toProbe('e2b', e2b.checks)]
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
    await probeCgroups(environment ?? {}),
    ...(await probePython(pythonPath, searchPath)),
    await probeNode(nodePath ?? process.execPath),
  ]
}

function imageOf({ docker }: SandboxOptions): { image?: string } {
  return docker?.image === undefined ? {} : { image: docker.image }
}
