type LinuxCheckName = 'kernel' | 'bubblewrap' | 'user-namespaces' | 'cgroups' | 'python' | 'packages' | 'node'
type DockerCheckName = 'engine' | 'rootless' | 'limits' | 'image' | 'gvisor'
type CloudCheckName = 'key' | 'package' | 'cloud'

/** One thing that the sandbox needs, or is better with. */
export interface ProbeCheck {
  name: LinuxCheckName | DockerCheckName | CloudCheckName | 'execution'
  /** False: without it nothing is executed, or something is weaker; `problem` says which. */
  ok: boolean
  /** True where nothing can be executed without it. */
  required: boolean
  /** What is there: a version, a path, a tier. */
  found: string
  problem: string | null
  /** The command or the setting that mends it. */
  remedy: string | null
}
