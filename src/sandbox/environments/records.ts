import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Environment } from '../../contracts/environment.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import type { Manifest } from './manifest.ts'
import { buildsFolder, ignoreMissing, isFolder, namesFolder, namesIn } from './store-folders.ts'

const FORMAT = 1
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** `names/<name>.json`. */
const nameRecord = z.object({
  format: z.literal(FORMAT),
  hash: sha256,
  packages: z.array(z.string()),
  createdAt: z.string(),
})

/** `builds/<hash>/environment.json`: the last file that is written. */
const buildRecord = z.object({
  format: z.literal(FORMAT),
  language: z.enum(['python', 'javascript']),
  interpreter: z.string(),
  lock: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      integrity: z.string(),
      file: z.string(),
      fromSource: z.boolean(),
    }),
  ),
  base: z.array(z.object({ name: z.string(), version: z.string() })),
  modules: z.array(z.object({ package: z.string(), names: z.array(z.string()) })),
  warnings: z.array(z.string()),
  bytes: z.number(),
  manifestSha256: sha256,
})

export type BuildRecord = z.infer<typeof buildRecord>

export const PACKAGES_FOLDERS = { python: 'site-packages', javascript: 'node_modules' } as const

/** Completes a build: from now on it counts as whole. */
export async function writeBuildRecord(
  build: string,
  record: Omit<BuildRecord, 'format' | 'bytes' | 'manifestSha256'>,
  manifest: Manifest,
): Promise<void> {
  const text = JSON.stringify(manifest)
  await writeFile(join(build, 'manifest.json'), text, { mode: 0o644 })
  const bytes = Object.values(manifest).reduce((sum, file) => sum + file.bytes, 0)
  const whole: BuildRecord = { format: FORMAT, ...record, bytes, manifestSha256: digest(text) }
  await writeFile(join(build, 'environment.json'), JSON.stringify(whole, null, 2), { mode: 0o644 })
}

/** The manifest, if it is the one that was written with the record; else null. */
export async function readManifest(build: string): Promise<Manifest | null> {
  const record = await readBuild(build)
  const text = await readFile(join(build, 'manifest.json'), 'utf8').catch(ignoreMissing)
  if (record === null || text === undefined || digest(text) !== record.manifestSha256) return null
  return JSON.parse(text) as Manifest
}

/** Lets a name mean a build, in one step. */
export async function writeName(
  folder: string,
  name: string,
  record: { hash: string; packages: string[] },
): Promise<void> {
  const target = join(namesFolder(folder), `${name}.json`)
  const temporary = join(namesFolder(folder), `.${randomUUID()}.tmp`)
  await mkdir(namesFolder(folder), { recursive: true })
  try {
    const text = JSON.stringify({ format: FORMAT, ...record, createdAt: new Date().toISOString() }, null, 2)
    await writeFile(temporary, text)
    await rename(temporary, target)
  } finally {
    await rm(temporary, { force: true })
  }
}

/** What a name means; null where there is no such name. Rejects with `sandbox_broken` where its files are damaged. */
export async function readEnvironment(folder: string, name: string): Promise<Environment | null> {
  const file = join(namesFolder(folder), `${name}.json`)
  if ((await readFile(file).catch(ignoreMissing)) === undefined) return null
  const named = await readRecord(file, nameRecord)
  const build = join(buildsFolder(folder), named?.hash ?? '')
  const record = named === null ? null : await readBuild(build)
  if (named === null || record === null || !(await isFolder(join(build, PACKAGES_FOLDERS[record.language])))) {
    throw new HandaxeError('sandbox_broken', `The environment '${name}' is damaged or was removed only in part`, {
      details: { environment: name },
      hint: `Remove it and create it again: handaxe env remove ${name}`,
    })
  }
  const { language, interpreter, lock, base, modules, warnings, bytes } = record
  return {
    name,
    hash: named.hash,
    packages: named.packages,
    createdAt: named.createdAt,
    language,
    interpreter,
    lock,
    base,
    modules,
    warnings,
    bytes,
    folder: build,
    packagesFolder: join(build, PACKAGES_FOLDERS[language]),
  }
}

/** True where a build of that hash is there and was completed. */
export async function hasBuild(folder: string, hash: string): Promise<boolean> {
  return (await readBuild(join(buildsFolder(folder), hash))) !== null
}

export function readBuild(build: string): Promise<BuildRecord | null> {
  return readRecord(join(build, 'environment.json'), buildRecord)
}

export async function listNames(folder: string): Promise<string[]> {
  const files = await namesIn(namesFolder(folder))
  return files.filter((file) => /^[^.].*\.json$/.test(file)).map((file) => file.slice(0, -'.json'.length))
}

/** The hash that a name means, even where its build is gone; null where there is none to read. */
export async function readHash(folder: string, name: string): Promise<string | null> {
  return (await readRecord(join(namesFolder(folder), `${name}.json`), nameRecord))?.hash ?? null
}

export async function usedHashes(folder: string): Promise<Set<string>> {
  const hashes = await Promise.all((await listNames(folder)).map((name) => readHash(folder, name)))
  return new Set(hashes.filter((hash) => hash !== null))
}

/** Null where the file is missing or is not such a record. */
async function readRecord<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  const text = await readFile(path, 'utf8').catch(ignoreMissing)
  if (text === undefined) return null
  try {
    return schema.parse(JSON.parse(text))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null
    throw error
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
