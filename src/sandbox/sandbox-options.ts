import type { BackendChoice, NetworkCeiling, Requirements } from '../contracts/policy.ts'
import type { E2bOptions } from './backends/e2b/e2b-options.ts'
import type { EgressSettings } from './egress/egress-settings.ts'

export interface SandboxOptions {
  /** Default `auto`: the first of linux, docker and e2b that can be opened here and gives what `require` demands. */
  backend?: BackendChoice
  /** A floor. Where it cannot be had, nothing is opened. */
  require?: Requirements
  /** Ceilings of what executions may reach; all of them hold. Absent: each execution's own policy. */
  network?: readonly NetworkCeiling[]
  /** Told which backend is used where it is not the first choice, and why. */
  onProgress?: (line: string) => void
  /** The Python whose packages executions see; null takes `python3` from the PATH. Docker: the image has its own. */
  pythonPath: string | null
  /** Default: the Node that this process runs on. */
  nodePath?: string
  /** Parent of private run-time folders; made where it is missing. */
  stateFolder: string
  /**
   * Of the host, for finding commands (PATH), the container engine (DOCKER_HOST …) or the cloud (E2B_API_KEY …). Nothing of
   * it gets inside.
   */
  environment?: Record<string, string | undefined>
  /** For `docker`. */
  docker?: { image?: string | undefined; runtime?: string | undefined }
  /** For `e2b`. */
  e2b?: E2bOptions
  /** Warm processes kept ready. */
  idlePython?: number
  idleJavascript?: number
  /** Executions at a time; further ones wait for their turn. */
  maxConcurrent?: number
  /**
   * For `linux`: so many executions are forked from one warm Python, then another one with other addresses takes its place.
   * Default 5,000.
   */
  executionsPerZygote?: number
  /** For executions with a network. Default: the machine's name servers and the usual authorities. */
  egress?: EgressSettings
  /** Where `createEnvironment` keeps package environments. Absent: there are none. */
  environmentsFolder?: string
}
