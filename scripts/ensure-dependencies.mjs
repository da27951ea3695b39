// Runs on whatever Node the machine has: installs the locked dependencies where they are missing or older than the
// lock file, and returns the path of the Node 24 that the project runs on.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..')

export function ensureDependencies() {
  const marker = join(projectRoot, 'node_modules', '.package-lock.json')
  const lock = join(projectRoot, 'package-lock.json')
  if (!existsSync(marker) || statSync(marker).mtimeMs < statSync(lock).mtimeMs) {
    console.error('· installing the dependencies (npm install, as the lock file says)')
    // Not `npm ci`: it refuses a lock file that lacks the optional packages of platforms which the registry that it was made
    // with does not serve. `--no-save` leaves the lock file as it is.
    const install = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: projectRoot,
      stdio: ['ignore', 2, 2],
    })
    if (install.status !== 0) {
      console.error(
        'npm install failed. Is the package registry reachable? Run `npm install --no-save` to see the whole output.',
      )
      process.exit(install.status ?? 1)
    }
  }
  const bundled = join(projectRoot, 'node_modules', '.bin', 'node')
  const node = existsSync(bundled) && works(bundled) ? bundled : process.execPath
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()
  if (Number(version.slice(1).split('.')[0]) < 24) {
    console.error(
      `handaxe needs Node 24 or newer, this is ${version}, and the packaged one does not run here. Install Node 24 first.`,
    )
    process.exit(2)
  }
  return node
}

/** The packaged Node is for glibc; on musl it cannot start. */
function works(node) {
  return spawnSync(node, ['--version'], { stdio: 'ignore' }).status === 0
}

/** Runs a command with the project's Node first on PATH; ends this process with its exit code if it fails. */
export function runOrExit(node, args, options = {}) {
  const result = spawnSync(node, args, {
    cwd: options.cwd ?? projectRoot,
    stdio: options.stdio ?? 'inherit',
    env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH ?? ''}`, ...options.env },
  })
  if (result.signal) {
    process.kill(process.pid, result.signal)
  }
  if (result.status !== 0 && !options.mayFail) process.exit(result.status ?? 1)
  return result.status ?? 1
}
