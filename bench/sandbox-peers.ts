import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describePython } from '../src/sandbox/backends/linux/describe-python.ts'
import { findCommand } from '../src/sandbox/backends/linux/find-command.ts'
import { installPeers, type InstalledPeers } from './install-peers.ts'
import { startStanding, type StandingProcess } from './standing-process.ts'

export const PANDAS = "import pandas as pd\nvalue = float(pd.DataFrame({'a': [1, 2, 3]}).a.std())\n"
/** For who has no pandas: a smaller job, so never to be held against the figures of the other one. */
export const STATISTICS = 'import statistics\nvalue = float(statistics.stdev([1, 2, 3]))\n'
const JAVASCRIPT = 'console.log(([1, 2, 3].reduce((sum, one) => sum + one) / 6).toFixed(1))\n'
const EXPECTED = '1.0'
/** Of those that take seconds: a sample in every fifth round, so that the benchmark does not take a quarter of an hour. */
const SLOW_EVERY = 5

/** Another way to do the same job, or why it cannot be measured on this machine. */
export type Peer = MeasuredPeer | { missing: string }

interface MeasuredPeer {
  /** Does the job once and returns its duration in ms. */
  run(): Promise<number>
  /** A sample is taken in every so many rounds; in each where it is not said. */
  every?: number
  close?(): Promise<void>
}

/**
 * The peers of the one-liners. `folder` is for files of theirs. Those of a re-used process have to be closed. The pandas of
 * Pyodide is not to be had from PyPI (numpy has no wheel for it there): its two names say that they do the smaller job.
 */
export async function findPeers(
  pythonPath: string,
  folder: string,
  environment: NodeJS.ProcessEnv,
): Promise<Record<string, Peer>> {
  const facts = await describePython(pythonPath)
  const program = `import sys\nsys.path[:0] = ${JSON.stringify(facts.packageFolders)}\n${PANDAS}print(value)\n`
  const python = ['-I', '-B', '-c', program]
  const folders = [facts.basePrefix, ...facts.packageFolders].filter((folder) => !folder.startsWith('/usr/'))
  const bubblewrap = peerJail(folders.filter((folder) => folder !== '/usr'))
  return {
    bubblewrapCold: { run: async () => timed('bwrap', [...bubblewrap, '--', facts.executable, ...python]) },
    plainPython: { run: async () => timed(facts.executable, python) },
    docker: findDocker(),
    ...(await findInstalled(installPeers(environment), bubblewrap, folder)),
  }
}

/** Bubblewrap's arguments. A later mount covers an earlier one: what is bound may lie below /tmp, so it comes last. */
export function peerJail(folders: string[]): string[] {
  const jail = '--unshare-all --die-with-parent --clearenv --proc /proc --dev /dev --tmpfs /tmp'.split(' ')
  jail.push('--ro-bind', '/usr', '/usr', '--ro-bind-try', '/etc/alternatives', '/etc/alternatives')
  for (const name of ['bin', 'lib', 'lib64']) jail.push('--symlink', `usr/${name}`, `/${name}`)
  for (const folder of folders) jail.push('--ro-bind', folder, folder)
  return jail
}

async function findInstalled(
  installed: InstalledPeers | string,
  bubblewrap: string[],
  folder: string,
): Promise<Record<'denoInBubblewrap' | 'pyodideStatistics' | 'pyodideReusedStatistics', Peer>> {
  if (typeof installed === 'string') {
    const missing = { missing: installed }
    return { denoInBubblewrap: missing, pyodideStatistics: missing, pyodideReusedStatistics: missing }
  }
  const script = join(import.meta.dirname, 'pyodide-peer.ts')
  const pyodide = (mode: string) => [script, mode, installed.pyodide, `${STATISTICS}str(value)`]
  const reused = await startStanding(process.execPath, pyodide('serve'), {}, EXPECTED)
  return {
    denoInBubblewrap: findDeno(installed.deno, bubblewrap, folder),
    pyodideStatistics: { every: SLOW_EVERY, run: async () => timed(process.execPath, pyodide('once')) },
    pyodideReusedStatistics: reused,
  }
}

function findDocker(): Peer {
  const command = findCommand('docker', process.env['PATH'])
  if (command === null) return { missing: 'docker is not installed' }
  if (spawnSync(command, ['info'], { timeout: 10_000 }).status !== 0) return { missing: 'no engine runs' }
  const image = process.env['HANDAXE_BENCH_IMAGE']
  if (image === undefined) return { missing: 'no image: set HANDAXE_BENCH_IMAGE to one whose python3 has pandas' }
  // Peers run without this process's environment.
  const engine = process.env['DOCKER_HOST'] ? ['--host', process.env['DOCKER_HOST']] : []
  const args = [...engine, 'run', '--rm', '--network', 'none', image, 'python3', '-c', `${PANDAS}print(value)\n`]
  return { run: async () => timed(command, args) }
}

/** For JavaScript. Without the permissions that could be asked for, and in the jail of the cold Python besides. */
function findDeno(command: string, bubblewrap: string[], folder: string): Peer {
  const program = join(folder, 'program.js')
  writeFileSync(program, JAVASCRIPT)
  const args = [...bubblewrap, '--ro-bind', command, '/deno', '--ro-bind', program, '/program.js']
  args.push(...'--setenv DENO_DIR /tmp/deno --setenv DENO_NO_UPDATE_CHECK 1 -- /deno run --no-prompt'.split(' '))
  return { run: async () => timed('bwrap', [...args, '/program.js']) }
}

function timed(command: string, args: string[]): number {
  const startedAt = performance.now()
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env: {}, cwd: '/' })
  const tookMs = performance.now() - startedAt
  if (error !== undefined) throw error
  if (status !== 0 || stdout.trim() !== EXPECTED) throw new Error(`${command} gave ${status}: ${stdout}${stderr}`)
  return tookMs
}

/** The one-liner in a forked child of a warm Python, without any isolation: the program is the benchmark's own. */
export function startFloor(pythonPath: string): Promise<StandingProcess> {
  const threads = { OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1', NUMEXPR_NUM_THREADS: '1' }
  const script = join(import.meta.dirname, 'warm_fork.py')
  return startStanding(pythonPath, ['-I', '-B', script], threads, EXPECTED)
}
