import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The packages of npm that hold them, with the version that is measured. */
const PACKAGES = { deno: '2.9.6', pyodide: '314.0.7' } as const
const INSTALL_TIMEOUT_MS = 5 * 60_000

export interface InstalledPeers {
  /** The program. */
  deno: string
  /** The module that `loadPyodide` is imported from. */
  pyodide: string
}

/**
 * Peers that are programs of their own, in a cache folder of the benchmark: some 110 MB that handaxe itself has no use for.
 * Downloaded where they are missing; no script of theirs is run. Returns the reason where they cannot be had.
 */
export function installPeers(environment: NodeJS.ProcessEnv): InstalledPeers | string {
  const cache = environment['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  const versions = Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`)
  // A folder for these versions: others are installed beside them.
  const folder = join(cache, 'handaxe-bench', versions.join('-'))
  const modules = join(folder, 'node_modules')
  const peers = {
    deno: join(modules, '@deno', `linux-${process.arch}-glibc`, 'deno'),
    pyodide: join(modules, 'pyodide', 'pyodide.mjs'),
  }
  const areThere = () => Object.values(peers).every((path) => existsSync(path))
  if (areThere()) return peers
  mkdirSync(folder, { recursive: true })
  process.stderr.write(`installing ${versions.join(' and ')} into ${folder}\n`)
  const args = ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', ...versions]
  // As any npm of this user: where packages come from is in its settings.
  const { status, stderr, error } = spawnSync('npm', args, {
    encoding: 'utf8',
    cwd: folder,
    env: environment,
    timeout: INSTALL_TIMEOUT_MS,
  })
  if (error !== undefined) return `npm could not be run: ${error.message}`
  if (status !== 0) return `npm could not install it: ${stderr.trim().split('\n').at(-1)}`
  return areThere() ? peers : 'its package has nothing for this machine'
}
