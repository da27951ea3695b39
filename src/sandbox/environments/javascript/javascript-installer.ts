import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageFailure } from '../failure.ts'
import type { Installer, InstallerContext, Resolution } from '../installer.ts'
import { installerVariables } from '../installer-variables.ts'
import type { Requirement } from '../parse-requirement.ts'
import { type InstallerOutcome, runInstaller } from '../run-installer.ts'
import { isFolder } from '../store-folders.ts'
import { explainNpmFailure } from './explain-npm-failure.ts'
import { readLock } from './read-lock.ts'

// The first with `omit-lockfile-registry-resolved`.
const LEAST_MAJOR_VERSION = 9

/**
 * Nothing runs: no script of a package, no git. Nothing but the registry is asked: older versions of npm do not know the
 * `allow-…` options and pass over them; for those there is no git, and `readLock` refuses what came from elsewhere.
 * Everything that decides the tree is set here, so that a user's `.npmrc` changes only where packages come from.
 */
const OPTIONS = [
  '--ignore-scripts',
  '--git=git-is-not-available',
  ...['git', 'file', 'remote', 'directory'].map((kind) => `--allow-${kind}=none`),
  '--no-bin-links',
  '--omit=dev',
  '--install-strategy=hoisted',
  '--omit-lockfile-registry-resolved',
  '--package-lock=true',
  '--lockfile-version=3',
  '--global=false',
  '--workspaces=false',
  '--legacy-peer-deps=false',
  '--strict-peer-deps=false',
  // npm may run on another Node than the sandbox.
  '--engine-strict=false',
  '--no-audit',
  '--no-fund',
  '--no-update-notifier',
  '--logs-max=0',
  '--json',
  '--loglevel=error',
  // By default npm waits more than a minute for a registry that is not there.
  '--fetch-retry-mintimeout=500',
  '--fetch-retry-maxtimeout=3000',
]

/** Installs by the `npm` on the search path. Rejects with `sandbox_unavailable` where there is none. */
export async function openJavascriptInstaller(options: InstallerContext): Promise<Installer> {
  const project = join(options.work, 'project')
  const temporary = join(options.work, 'tmp')
  await mkdir(project, { recursive: true })
  await mkdir(temporary, { recursive: true })
  const npm = (args: string[]): Promise<InstallerOutcome> =>
    runInstaller('npm', args, {
      cwd: project,
      environment: installerVariables(options.environment, { temporary, builds: false }),
      signal: options.signal,
    })
  await assertRecent(npm)
  return {
    interpreter: nodeInterpreter(),
    lockFile: 'package-lock.json',
    async resolve(requirements) {
      options.onProgress(`resolving ${requirements.map((one) => one.text).join(', ')}`)
      await writeFile(join(project, 'package.json'), renderProject(requirements))
      const outcome = await npm(['install', '--package-lock-only', ...OPTIONS])
      if (outcome.exitCode !== 0) throw explainNpmFailure(outcome)
      return readLock(await readFile(join(project, 'package-lock.json'), 'utf8'))
    },
    async install(resolution, target) {
      options.onProgress(`installing ${resolution.lock.length} npm packages`)
      const outcome = await npm(['ci', ...OPTIONS])
      if (outcome.exitCode !== 0) throw explainNpmFailure(outcome)
      await rename(join(project, 'node_modules'), target)
      // npm's own note of the tree; the lock lies beside the folder.
      await rm(join(target, '.package-lock.json'), { force: true })
    },
    listModules,
  }
}

/** The version of Node's binary interface, for compiled packages, and what npm chooses optional packages by. */
export function nodeInterpreter(): string {
  const { platform, arch, versions } = process
  const parts = ['node', versions.modules, platform, arch]
  if (platform === 'linux') parts.push(usesGlibc() ? 'glibc' : 'musl')
  return parts.join('-')
}

function usesGlibc(): boolean {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return report.header?.glibcVersionRuntime !== undefined
}

async function assertRecent(npm: (args: string[]) => Promise<InstallerOutcome>): Promise<void> {
  const outcome = await npm(['--version'])
  const major = Number(/^(\d+)\./.exec(outcome.stdout.trim())?.[1] ?? 0)
  if (outcome.exitCode === 0 && major >= LEAST_MAJOR_VERSION) return
  throw packageFailure('no-installer', `npm ${LEAST_MAJOR_VERSION} or newer is needed to install npm packages`, {
    registry: outcome.stderr || outcome.stdout,
    hint: 'Install it (it comes with Node) and see to it that `npm --version` works here.',
  })
}

function renderProject(requirements: Requirement[]): string {
  const dependencies = Object.fromEntries(requirements.map((one) => [one.name, one.version === '' ? '*' : one.version]))
  // A name of its own: npm would write the folder's into the lock.
  return JSON.stringify({ name: 'environment', version: '1.0.0', private: true, dependencies })
}

/** What stands at the top can be imported by its place. The lock also has what only other platforms install. */
async function listModules(target: string, resolution: Resolution): Promise<{ package: string; names: string[] }[]> {
  const found: { package: string; names: string[] }[] = []
  for (const { name, file } of resolution.lock) {
    if (!file.includes('/node_modules/') && (await isFolder(join(target, file))))
      found.push({ package: name, names: [file] })
  }
  return found.sort((a, b) => (a.package < b.package ? -1 : 1))
}
