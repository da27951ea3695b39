import { availableParallelism } from 'node:os'
import { HandaxeError } from '../../contracts/errors.ts'
import type { BackendName, Sandbox } from '../../contracts/sandbox.ts'
import type { SandboxOptions } from '../sandbox-options.ts'

/**
 * Opens one backend, without looking at any policy; only its own code is loaded. Rejects with `sandbox_unavailable` and what
 * to do about it.
 */
export async function openBackend(backend: BackendName, options: SandboxOptions): Promise<Sandbox> {
  const processors = availableParallelism()
  const maxConcurrent = options.maxConcurrent ?? Math.max(4, 2 * processors)
  const javascript = options.idleJavascript ?? 1
  switch (backend) {
    case 'linux': {
      const { openLinuxSandbox } = await import('../backends/linux/open-linux-sandbox.ts')
      return openLinuxSandbox({
        pythonPath: options.pythonPath,
        nodePath: options.nodePath ?? process.execPath,
        stateFolder: options.stateFolder,
        searchPath: options.environment?.['PATH'],
        idle: { python: options.idlePython ?? Math.min(4, 2 * processors), javascript },
        maxConcurrent,
        egress: options.egress ?? {},
        environmentsFolder: options.environmentsFolder ?? null,
        environment: options.environment ?? {},
      })
    }
    case 'docker': {
      const { openDockerSandbox } = await import('../backends/docker/open-docker-sandbox.ts')
      return openDockerSandbox({
        stateFolder: options.stateFolder,
        environment: options.environment ?? {},
        image: options.docker?.image,
        runtime: options.docker?.runtime,
        idle: { python: options.idlePython ?? Math.min(2, processors), javascript },
        maxConcurrent,
      })
    }
    case 'e2b':
      throw new HandaxeError('sandbox_unavailable', 'This version has no e2b backend yet', {
        hint: 'Use the linux or the docker backend',
      })
  }
}
