import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { BasePackage, LockedPackage } from '../../../contracts/environment.ts'
import { SCIENCE_PACKAGES } from '../../standard-packages.ts'
import { packageFailure } from '../failure.ts'
import type { Resolution } from '../installer.ts'
import { normalisePackageName, type Requirement } from '../parse-requirement.ts'
import { printable } from '../printable.ts'
import type { InstallerOutcome } from '../run-installer.ts'
import { explainPipFailure, isFinal } from './explain-pip-failure.ts'
import type { Pip } from './find-pip.ts'
import type { PythonBase } from './describe-python-base.ts'

/** Part of pip's installation report, format 1. */
const report = z.object({
  install: z.array(
    z.object({
      is_direct: z.boolean(),
      download_info: z.object({
        url: z.string(),
        archive_info: z
          .object({ hash: z.string().optional(), hashes: z.record(z.string(), z.string()).optional() })
          .optional(),
      }),
      metadata: z.object({ name: z.string(), version: z.string(), requires_dist: z.array(z.string()).optional() }),
    }),
  ),
})
type Item = z.infer<typeof report>['install'][number]

export interface ResolveOptions {
  work: string
  pip: Pip
  base: PythonBase
  allowSourceDistributions: boolean
  onProgress: (line: string) => void
}

// These belong to installing, not to the code that will run.
const NOT_PINNED = new Set(['pip', 'setuptools', 'wheel'])

/**
 * Asks the index which files to install, and installs nothing. First as a layer over the base, whose packages keep their
 * versions; where the requirements exclude one of those, once more with numpy and its like in the layer, in versions that
 * fit, so that they stay importable.
 */
export async function resolvePython(requirements: Requirement[], options: ResolveOptions): Promise<Resolution> {
  options.onProgress(`resolving ${requirements.map((one) => one.text).join(', ')}`)
  const pinned = join(options.work, 'constraints.txt')
  await writeFile(pinned, constraints(options.base.packages))
  const layered = await dryRun(['-c', pinned, ...requirements.map((one) => one.text)], options)
  if (layered.items !== null) return toResolution(layered.items, requirements, options)
  if (isFinal(layered.outcome, options.base)) throw await explainPipFailure(layered.outcome, options)

  const kept = options.base.packages
    .map((one) => one.name)
    .filter((name) => SCIENCE_PACKAGES.some((one) => one.name === name))
  const together = [...new Set([...requirements.map((one) => one.text), ...kept])]
  const whole = await dryRun(['--ignore-installed', ...together], options)
  if (whole.items === null) throw await explainPipFailure(whole.outcome, options)
  options.onProgress('the base packages do not fit: they become part of the environment, in other versions')
  return toResolution(whole.items, requirements, { ...options, base: { ...options.base, packages: [] } })
}

async function dryRun(
  args: string[],
  options: ResolveOptions,
): Promise<{ outcome: InstallerOutcome; items: Item[] | null }> {
  const file = join(options.work, 'report.json')
  await rm(file, { force: true })
  const builds = options.allowSourceDistributions
  const wheels = builds ? ['--prefer-binary'] : ['--only-binary', ':all:']
  const outcome = await options.pip(
    ['install', '--dry-run', '--no-user', '--report', file, '--progress-bar', 'off', ...wheels, ...args],
    { builds },
  )
  if (outcome.exitCode !== 0) return { outcome, items: null }
  return { outcome, items: report.parse(JSON.parse(await readFile(file, 'utf8'))).install }
}

function toResolution(items: Item[], requirements: Requirement[], options: ResolveOptions): Resolution {
  const lock = items.map((item) => lockItem(item)).sort((a, b) => (a.name < b.name ? -1 : 1))
  const base = neededOfBase(items, requirements, options.base.packages)
  const lines = lock.map((one) => `${one.name}==${one.version} --hash=${one.integrity}`)
  const header = base.map((one) => `# of the base: ${one.name}==${one.version}`)
  const warnings = lock
    .filter((one) => one.fromSource)
    .map((one) => `${one.name} ${one.version} was built from source: its own code ran on this machine`)
  return { lock, base, warnings, lockText: [...header, ...lines, ''].join('\n') }
}

function lockItem(item: Item): LockedPackage {
  const { name, version } = item.metadata
  const file = decodeURIComponent(new URL(item.download_info.url).pathname.split('/').at(-1) ?? '')
  if (item.is_direct) {
    throw packageFailure(
      'unsafe-package',
      `${printable(name, 100)} does not come from the registry but from an address`,
      {
        details: { package: name },
        hint: 'Leave out the package that depends on it.',
      },
    )
  }
  const { hash, hashes } = item.download_info.archive_info ?? {}
  const sha256 = hashes?.['sha256'] ?? /^sha256=(.*)$/.exec(hash ?? '')?.[1]
  if (sha256 === undefined || !/^[0-9a-f]{64}$/.test(sha256)) {
    throw packageFailure(
      'hash-mismatch',
      `The index gives no SHA-256 for ${printable(file, 200)}: it cannot be locked`,
      {
        hint: 'Use an index that serves SHA-256 hashes.',
      },
    )
  }
  const locked = { name: normalisePackageName(name, 'python'), version, integrity: `sha256:${sha256}`, file }
  return { ...locked, fromSource: !file.endsWith('.whl') }
}

/** Packages of the base that the requirements or the new packages name. What those need in turn, the base has too. */
function neededOfBase(items: Item[], requirements: Requirement[], base: BasePackage[]): BasePackage[] {
  const layered = new Set(items.map((item) => normalisePackageName(item.metadata.name, 'python')))
  const needed = new Set(requirements.map((one) => one.name))
  for (const item of items) {
    const name = normalisePackageName(item.metadata.name, 'python')
    const withExtras = requirements.some((one) => one.name === name && one.extras.length > 0)
    for (const dependency of item.metadata.requires_dist ?? []) {
      if (/;.*\bextra\b/.test(dependency) && !withExtras) continue
      needed.add(normalisePackageName(/^[A-Za-z0-9._-]+/.exec(dependency)?.[0] ?? '', 'python'))
    }
  }
  return base.filter((one) => needed.has(one.name) && !layered.has(one.name)).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Distributions give some packages versions that PEP 440 does not know; those stay unpinned. */
function constraints(packages: BasePackage[]): string {
  return packages
    .filter((one) => !NOT_PINNED.has(one.name) && /^[0-9][0-9a-z.!]*(\+[0-9a-z.]+)?$/i.test(one.version))
    .map((one) => `${one.name}==${one.version}\n`)
    .join('')
}
