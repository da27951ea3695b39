import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'handaxe-tests')

/** A virtual environment as the sandbox's Python is one. `packages` are installed from the given index. */
export async function makeBasePython(
  folder: string,
  options: { environment?: Record<string, string | undefined>; packages?: string[]; withoutPip?: boolean } = {},
): Promise<string> {
  const { environment = {}, packages = [], withoutPip = false } = options
  // Not blocking: the index may be served by this very process.
  const env = { ...process.env, ...environment }
  await run('python3', ['-m', 'venv', '--without-pip', folder], { env })
  const python = join(folder, 'bin', 'python')
  if (!withoutPip) await addPip(python)
  if (packages.length > 0) await run(python, ['-I', '-m', 'pip', 'install', '-q', ...packages], { env })
  return python
}

/** Venv takes seconds to install its pip: it does so once for all files of tests, and every environment gets a copy. */
async function addPip(python: string): Promise<void> {
  const target = await packagesFolder(python)
  const template = join(CACHE, `pip-${await versionOf(python)}`)
  if (!existsSync(template)) {
    await mkdir(CACHE, { recursive: true })
    const making = await mkdtemp(`${template}-`)
    await run('python3', ['-m', 'venv', making])
    // Another file of tests may have been quicker: its folder is as good.
    await rename(await packagesFolder(join(making, 'bin', 'python')), template).catch(() => undefined)
    await rm(making, { recursive: true, force: true })
  }
  // With their times, or Python would compile pip anew each time.
  await cp(template, target, { recursive: true, preserveTimestamps: true })
}

async function packagesFolder(python: string): Promise<string> {
  const { stdout } = await run(python, ['-I', '-c', 'import sysconfig; print(sysconfig.get_paths()["purelib"])'])
  return stdout.trim()
}

async function versionOf(python: string): Promise<string> {
  const settings = await readFile(join(python, '..', '..', 'pyvenv.cfg'), 'utf8')
  return /^version\s*=\s*(\S+)/m.exec(settings)?.[1] ?? 'unknown'
}

/** What a program prints in this Python with these packages on the search path where the sandbox should have them. */
export function runPython(python: string, packagesFolder: string, program: string): string {
  const order =
    'import sys; at = next(i for i, p in enumerate(sys.path) if p.endswith("-packages")); sys.path.insert(at, sys.argv[1])'
  const outcome = spawnSync(python, ['-I', '-c', `${order}\n${program}`, packagesFolder], { encoding: 'utf8' })
  if (outcome.status !== 0) throw new Error(outcome.stderr)
  return outcome.stdout.trim()
}
