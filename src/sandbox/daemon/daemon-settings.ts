import { createHash } from 'node:crypto'
import { readlinkSync, realpathSync, statSync } from 'node:fs'
import type { SandboxOptions } from '../sandbox-options.ts'

/** What of a client's environment a daemon has: how commands, folders and certificates are found. No key, no token. */
const PASSED_ON = 'PATH HOME TMPDIR XDG_RUNTIME_DIR LANG LC_ALL SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS'.split(
  ' ',
)
const NAMESPACES = ['mnt', 'user', 'pid', 'net'] as const

/** Started at another time by somebody else a daemon with the same settings does the same: that makes it one to share. */
export interface DaemonSettings {
  /** Which daemon: those of different keys do not know each other. */
  key: string
  /** The program that is started, which tells client and daemon of one installation by its version and its file. */
  program: string
  version: string
  build: string
  sandbox: SandboxOptions
  environment: Record<string, string>
}

export interface DaemonProgram {
  /** Path of the program that `daemon serve` is an argument of. */
  path: string
  version: string
}

/**
 * The settings of the daemon that serves a sandbox with these options. All that an execution could notice is part of the
 * key: the options, the environment that is passed on, the user with groups and file mode mask, the namespaces.
 */
export function resolveDaemonSettings(options: SandboxOptions, { path, version }: DaemonProgram): DaemonSettings {
  const program = realpathSync(path)
  const environment: Record<string, string> = {}
  for (const name of PASSED_ON) {
    const value = options.environment?.[name]
    if (value !== undefined) environment[name] = value
  }
  const sandbox = { ...options, environment }
  const user = [process.getuid?.(), process.getgid?.(), process.getgroups?.().toSorted((a, b) => a - b)]
  const namespaces = NAMESPACES.map((name) => readlinkSync(`/proc/self/ns/${name}`))
  const parts = [program, process.execPath, sandbox, environment, user, process.umask(), namespaces]
  const { mtimeMs, size } = statSync(program)
  return {
    key: createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16),
    program,
    version,
    build: `${version} ${mtimeMs} ${size}`,
    sandbox,
    environment,
  }
}
