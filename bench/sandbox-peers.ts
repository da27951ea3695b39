import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describePython } from '../src/sandbox/backends/linux/describe-python.ts'
import { findCommand } from '../src/sandbox/backends/linux/find-command.ts'

export const PANDAS = "import pandas as pd\nvalue = float(pd.DataFrame({'a': [1, 2, 3]}).a.std())\n"
const EXPECTED = '1.0'

/** Another way to do the same job, or why it cannot be measured on this machine. */
export type Peer = { run(): Promise<number> } | { missing: string }

/** The peers of the Python one-liner, each as a function that does the job once and returns its duration in ms. */
export async function findPeers(pythonPath: string): Promise<Record<string, Peer>> {
  const facts = await describePython(pythonPath)
  const program = `import sys\nsys.path[:0] = ${JSON.stringify(facts.packageFolders)}\n${PANDAS}print(value)\n`
  const python = ['-I', '-B', '-c', program]
  const folders = [facts.basePrefix, ...facts.packageFolders].filter((folder) => !folder.startsWith('/usr/'))
  const bubblewrap = '--unshare-all --die-with-parent --clearenv --ro-bind /usr /usr'.split(' ')
  for (const name of ['bin', 'lib', 'lib64']) bubblewrap.push('--symlink', `usr/${name}`, `/${name}`)
  for (const folder of folders) if (folder !== '/usr') bubblewrap.push('--ro-bind', folder, folder)
  bubblewrap.push(
    ...'--ro-bind-try /etc/alternatives /etc/alternatives --proc /proc --dev /dev --tmpfs /tmp'.split(' '),
  )
  return {
    bubblewrapCold: { run: async () => timed('bwrap', [...bubblewrap, '--', facts.executable, ...python]) },
    plainPython: { run: async () => timed(facts.executable, python) },
    docker: findDocker(),
    denoInBubblewrap: findDeno(bubblewrap),
    pyodide: {
      missing:
        'the package of npm holds no pandas: Pyodide loads it from a network of its own, which is not asked here',
    },
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

/** For JavaScript: evaluates an expression. */
function findDeno(bubblewrap: string[]): Peer {
  const command = findCommand('deno', process.env['PATH'])
  if (command === null) return { missing: 'deno is not installed' }
  const args = [...bubblewrap, '--ro-bind', command, '/deno', '--', '/deno', 'eval', 'console.log("1.0")']
  return { run: async () => timed('bwrap', args) }
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
export async function startFloor(pythonPath: string): Promise<{ run(): Promise<number>; close(): Promise<void> }> {
  const script = join(import.meta.dirname, 'warm_fork.py')
  if (!existsSync(script)) throw new Error(`${script} is missing`)
  const child = spawn(pythonPath, ['-I', '-B', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1', NUMEXPR_NUM_THREADS: '1' },
  })
  const lines = createInterface({ input: child.stdout })
  const nextLine = async () => String((await once(lines, 'line'))[0])
  if ((await nextLine()) !== 'ready') throw new Error('The warm Python did not start')
  return {
    async run() {
      const startedAt = performance.now()
      const answer = nextLine()
      child.stdin.write('\n')
      const value = await answer
      const tookMs = performance.now() - startedAt
      if (value !== EXPECTED) throw new Error(`The warm Python answered ${value}`)
      return tookMs
    },
    async close() {
      child.stdin.end()
      await once(child, 'close')
    },
  }
}
