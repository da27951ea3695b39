import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Environment } from '../../contracts/environment.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import { environmentMisfit } from './environment-misfit.ts'
import { diskFull, isDiskFull } from './failure.ts'
import type { Installer, InstallerContext, Resolution } from './installer.ts'
import { nodeInterpreter, openJavascriptInstaller } from './javascript/javascript-installer.ts'
import { compareFolder, isSame, sealFolder } from './manifest.ts'
import { parseRequirements, type Requirement } from './parse-requirement.ts'
import { describePythonBase, type PythonBase } from './python/describe-python-base.ts'
import { openPythonInstaller } from './python/python-installer.ts'
import {
  hasBuild,
  PACKAGES_FOLDERS,
  readBuild,
  readEnvironment,
  readHash,
  readManifest,
  usedHashes,
  writeBuildRecord,
  writeName,
} from './records.ts'
import { cancelled } from './run-installer.ts'
import {
  assertEnvironmentName,
  buildsFolder,
  hideBuild,
  openBuildingFolder,
  publishBuild,
  removeTree,
  sweepBuilds,
  touchBuild,
} from './store-folders.ts'

export type CreateEnvironmentOptions = {
  /** Lower case; an existing name gets the new packages, once they are complete. */
  name: string
  /** PEP 508 requirements or npm specifications: names, extras, versions, markers; no address, path or option. */
  packages: string[]
  /** Absolute; holds all environments and is made where it is missing. */
  folder: string
  /** For pip and npm: the search path, the home folder with their configuration, proxies. */
  environment: Record<string, string | undefined>
  onProgress?: (line: string) => void
  signal?: AbortSignal
  /** Asks the registry again even where the name has these very packages already, and mends a damaged build. */
  refresh?: boolean
} & (
  | {
      language: 'python'
      /** The sandbox's own Python; its packages stay importable below those of the environment. */
      pythonPath: string
      /** Lets pip build packages from source: that runs their code on this machine, outside any sandbox. */
      allowSourceDistributions?: boolean
    }
  | { language: 'javascript' }
)

/**
 * Builds an environment from the user's registries and gives it its name: resolves, locks with hashes, installs by the
 * lock, records every file. No code of a package runs (but see `allowSourceDistributions`). Where the name has these very
 * packages for this interpreter already, that one is returned without asking the registry. The build is complete before
 * it can be seen; several builders of the same name or set do not disturb each other.
 *
 * Rejects with `invalid_arguments`, `sandbox_unavailable` (both with a `details.reason` of `PackageFailure`),
 * `disk_full` or `cancelled`.
 */
export async function createEnvironment(options: CreateEnvironmentOptions): Promise<Environment> {
  assertEnvironmentName(options.name)
  const requirements = parseRequirements(options.packages, options.language)
  try {
    const building = await openBuildingFolder(options.folder)
    try {
      return await buildIn(building.path, requirements, options)
    } finally {
      await building.release()
    }
  } catch (error) {
    if (options.signal?.aborted) throw cancelled()
    if (isDiskFull(error)) throw diskFull()
    throw error
  }
}

async function buildIn(
  building: string,
  requirements: Requirement[],
  options: CreateEnvironmentOptions,
): Promise<Environment> {
  const base =
    options.language === 'python' ? await describePythonBase(options.pythonPath, { ...options, cwd: building }) : null
  const packages = requirements.map((one) => one.text)
  const existing = await findExisting(packages, base, options)
  if (existing !== null) return existing

  const context: InstallerContext = {
    work: join(building, 'work'),
    environment: options.environment,
    onProgress: options.onProgress ?? (() => {}),
    signal: options.signal,
  }
  await mkdir(context.work)
  const installer = await openInstaller(options, base, context)
  const resolution = await installer.resolve(requirements)
  const hash = hashEnvironment(options.language, installer.interpreter, resolution.lockText)
  const previous = await readHash(options.folder, options.name)
  if (options.refresh === true) await removeDamagedBuild(options.folder, hash, options.signal)
  // Twice, if the same build is removed elsewhere in just this moment.
  for (let attempt = 0; attempt < 2; attempt++) {
    if (!(await hasBuild(options.folder, hash))) {
      const built = join(building, `build-${attempt}`)
      await installInto(built, installer, resolution, options)
      await publishBuild(built, join(buildsFolder(options.folder), hash))
    }
    options.signal?.throwIfAborted()
    await writeName(options.folder, options.name, { hash, packages })
    if (await hasBuild(options.folder, hash)) break
  }
  if (previous !== null && previous !== hash) await touchBuild(options.folder, previous)
  await sweepBuilds(options.folder, await usedHashes(options.folder))
  const environment = await readEnvironment(options.folder, options.name)
  if (environment !== null) return environment
  throw new HandaxeError('sandbox_broken', `The environment '${options.name}' was removed while it was made`, {
    hint: 'Create it again.',
  })
}

async function openInstaller(
  options: CreateEnvironmentOptions,
  base: PythonBase | null,
  context: InstallerContext,
): Promise<Installer> {
  if (options.language === 'javascript' || base === null) return openJavascriptInstaller(context)
  const { pythonPath, allowSourceDistributions = false } = options
  return openPythonInstaller({ ...context, pythonPath, base, allowSourceDistributions })
}

/** Leaves a folder that is complete in every part, record included. */
async function installInto(
  built: string,
  installer: Installer,
  resolution: Resolution,
  options: CreateEnvironmentOptions,
): Promise<void> {
  const { language, signal } = options
  await mkdir(built)
  const target = join(built, PACKAGES_FOLDERS[language])
  await installer.install(resolution, target)
  const modules = await installer.listModules(target, resolution)
  const manifest = await sealFolder(target, signal)
  await writeFile(join(built, installer.lockFile), resolution.lockText, { mode: 0o644 })
  const { lock, base, warnings } = resolution
  await writeBuildRecord(
    built,
    { language, interpreter: installer.interpreter, lock, base, modules, warnings },
    manifest,
  )
}

/** Other names that mean the same build get the new one with this one. */
async function removeDamagedBuild(folder: string, hash: string, signal: AbortSignal | undefined): Promise<void> {
  const build = join(buildsFolder(folder), hash)
  const record = await readBuild(build)
  if (record === null) return
  const manifest = await readManifest(build)
  const packages = join(build, PACKAGES_FOLDERS[record.language])
  if (manifest !== null && isSame(await compareFolder(packages, manifest, signal))) return
  const hidden = await hideBuild(folder, hash)
  if (hidden !== null) await removeTree(hidden)
}

/** What the name means now, if that is what is asked for and fits this interpreter. */
async function findExisting(
  packages: string[],
  base: PythonBase | null,
  options: CreateEnvironmentOptions,
): Promise<Environment | null> {
  const hash = await readHash(options.folder, options.name)
  if (options.refresh === true || hash === null || !(await hasBuild(options.folder, hash))) return null
  const existing = await readEnvironment(options.folder, options.name)
  if (existing === null || existing.language !== options.language) return null
  const current = base ?? { interpreter: nodeInterpreter(), packages: [] }
  const same = existing.packages.join('\n') === packages.join('\n')
  return same && environmentMisfit(existing, current) === null ? existing : null
}

function hashEnvironment(language: string, interpreter: string, lockText: string): string {
  return createHash('sha256')
    .update(JSON.stringify(['environment 1', language, interpreter, lockText]))
    .digest('hex')
}
