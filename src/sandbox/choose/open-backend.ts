import { availableParallelism } from 'node:os'
import type { BackendName, Sandbox } from '../../contracts/sandbox.ts'
import type { SandboxOptions } from '../sandbox-options.ts'

/** Of E2B's smallest machines, and a fifth of the sandboxes that its smallest plan allows at a time. */
const E2B_CONCURRENT = 4
const EXECUTIONS_PER_ZYGOTE = 5_000

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
        executionsPerZygote: options.executionsPerZygote ?? EXECUTIONS_PER_ZYGOTE,
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
        egress: options.egress ?? {},
        environmentsFolder: options.environmentsFolder ?? null,
        idle: { python: options.idlePython ?? Math.min(2, processors), javascript },
        maxConcurrent,
      })
    }
    case 'e2b': {
      const { openE2bSandbox } = await import('../backends/e2b/open-e2b-sandbox.ts')
      // Where each execution has a cloud sandbox, every idle one is paid for.
      const isShared = options.e2b?.sandboxPer !== 'execution'
      return openE2bSandbox({
        ...options.e2b,
        stateFolder: options.stateFolder,
        environment: options.environment ?? {},
        idle: { python: options.idlePython ?? (isShared ? 2 : 1), javascript: isShared ? javascript : 0 },
        maxConcurrent: options.maxConcurrent ?? E2B_CONCURRENT,
      })
    }
  }
}
