import { availableParallelism } from 'node:os'
import type { Sandbox } from '../contracts/sandbox.ts'
import { openDockerSandbox } from './backends/docker/open-docker-sandbox.ts'
import { openLinuxSandbox } from './backends/linux/open-linux-sandbox.ts'
import type { EgressSettings } from './backends/linux/slot-proxy.ts'

export interface SandboxOptions {
  /** Default `linux`. */
  backend?: 'linux' | 'docker'
  /** The Python whose packages executions see; null takes `python3` from the PATH. Docker: the image has its own. */
  pythonPath: string | null
  /** Default: the Node that this process runs on. */
  nodePath?: string
  /** Parent of private run-time folders; made where it is missing. */
  stateFolder: string
  /** Of the host, for finding commands (PATH) or the container engine (DOCKER_HOST …). Nothing of it gets inside. */
  environment?: Record<string, string | undefined>
  /** For `docker`. */
  docker?: { image?: string; runtime?: string }
  /** Warm processes kept ready. */
  idlePython?: number
  idleJavascript?: number
  /** Executions at a time; further ones wait for their turn. */
  maxConcurrent?: number
  /** For executions with a network. Default: the machine's name servers and the usual authorities. */
  egress?: EgressSettings
  /** Where `createEnvironment` keeps package environments. Absent: there are none. */
  environmentsFolder?: string
}

/**
 * Opens the sandbox of this machine. Rejects with `sandbox_unavailable` and what to install or to change; there is no
 * other way to execute code, so nothing is executed then.
 */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  const processors = availableParallelism()
  if (options.backend === 'docker') {
    return openDockerSandbox({
      stateFolder: options.stateFolder,
      environment: options.environment ?? {},
      image: options.docker?.image,
      runtime: options.docker?.runtime,
      idle: { python: options.idlePython ?? Math.min(2, processors), javascript: options.idleJavascript ?? 1 },
      maxConcurrent: options.maxConcurrent ?? Math.max(4, 2 * processors),
    })
  }
  return openLinuxSandbox({
    pythonPath: options.pythonPath,
    nodePath: options.nodePath ?? process.execPath,
    stateFolder: options.stateFolder,
    searchPath: options.environment?.['PATH'],
    idle: { python: options.idlePython ?? Math.min(4, 2 * processors), javascript: options.idleJavascript ?? 1 },
    maxConcurrent: options.maxConcurrent ?? Math.max(4, 2 * processors),
    egress: options.egress ?? {},
    environmentsFolder: options.environmentsFolder ?? null,
    environment: options.environment ?? {},
  })
}
