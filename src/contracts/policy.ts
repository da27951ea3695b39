/**
 * What a sandbox must really enforce, each part a floor: what is stronger fits too. Where no backend of this machine gives
 * it, nothing is executed. Without zod: commands that are over in some 50 ms read this.
 */
export interface Requirements {
  /** `cgroup`: the kernel bounds all processes of an execution together; containers and microvms do. */
  memory?: 'cgroup' | undefined
  processes?: 'cgroup' | undefined
  cpu?: 'cgroup' | undefined
  /** `gvisor`: the code has a kernel of its own, in user space or in a virtual machine. */
  isolation?: 'gvisor' | 'microvm' | undefined
  /** `allow-list`: only named system calls reach this machine's kernel; `own-kernel`: none of the code's do. */
  systemCalls?: 'allow-list' | 'own-kernel' | undefined
  /** On the host the code runs as a user without rights of its own. */
  unprivilegedUser?: true | undefined
  freshPerExecution?: true | undefined
}

/** What can be demanded, as it is written in the configuration. */
export const REQUIREMENT_LEVELS = {
  memory: ['cgroup'],
  processes: ['cgroup'],
  cpu: ['cgroup'],
  isolation: ['gvisor', 'microvm'],
  systemCalls: ['allow-list', 'own-kernel'],
  unprivilegedUser: [true],
  freshPerExecution: [true],
} as const satisfies Record<keyof Requirements, readonly (string | true)[]>

/** `auto` takes the first of linux, docker and e2b that can be opened here and gives what is required. */
export const BACKEND_CHOICES = ['auto', 'linux', 'docker', 'e2b'] as const
export type BackendChoice = (typeof BACKEND_CHOICES)[number]

/** The most that any execution may reach, whoever asks for it. Hosts are written as `HOST` or `HOST:PORT`. */
export interface NetworkCeiling {
  /** Absent: what is asked for. Empty: nothing. */
  allow?: readonly string[] | undefined
  /** Always wins. Without a port: every port. */
  deny?: readonly string[] | undefined
}

/** The part of the configuration that says which sandbox is opened and what code may ask for. */
export interface SandboxSettings {
  backend?: BackendChoice | undefined
  require?: Requirements | undefined
  /** What a model may ask for: each after a question to the user, nothing, or the packages named. */
  packages?: 'ask' | 'none' | string[] | undefined
  network?: 'none' | NetworkCeiling | undefined
  /** `runtime`: such as `runsc`, which is gVisor. */
  docker?: { image?: string | undefined; runtime?: string | undefined } | undefined
  /** `sandboxPer`: whether the executions of one session share a cloud sandbox (the default), or each has its own. */
  e2b?: { template?: string | undefined; sandboxPer?: 'session' | 'execution' | undefined } | undefined
}
