import { readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { STANDARD_PACKAGES } from '../../standard-packages.ts'
import { packageFailure } from '../failure.ts'
import { normalisePackageName } from '../parse-requirement.ts'

interface Distribution {
  name: string
  /** Paths of its files, relative to the packages' folder, with `/`. */
  files: string[]
}

// Often packed by mistake beside the real package.
const SIDE_NAMES = new Set([
  'test',
  'tests',
  'testing',
  'doc',
  'docs',
  'example',
  'examples',
  'benchmark',
  'benchmarks',
])
const IDENTIFIER = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u

/**
 * The modules that each installed package offers, read from its file list: nothing is imported. Namespace packages are
 * named as far down as the first real package (`google.protobuf`). Rejects with `invalid_arguments` where a package would
 * hide one of the base, such as another `numpy`.
 */
export async function listPythonModules(target: string): Promise<{ package: string; names: string[] }[]> {
  const distributions = await readDistributions(target)
  for (const { name, files } of distributions) {
    const hidden = STANDARD_PACKAGES.find((base) => base.name !== name && modulesOf(files).includes(base.module))
    if (hidden === undefined) continue
    throw packageFailure(
      'unsafe-package',
      `The package '${name}' installs a module '${hidden.module}', which would hide the real one`,
      {
        details: { package: name },
        hint: `Leave it out, or ask for '${hidden.name}' itself.`,
      },
    )
  }
  return distributions.map(({ name, files }) => ({ package: name, names: preferPublic(modulesOf(files)) }))
}

/** Deletes the commands that packages install: they name a path of this machine, and the sandbox has no use for them. */
export async function removeScripts(target: string): Promise<void> {
  for (const { files } of await readDistributions(target)) {
    for (const file of files) {
      const name = /^\.\.\/\.\.\/bin\/([^/\\]+)$/.exec(file)?.[1]
      if (name !== undefined && name !== '..') await rm(join(target, 'bin', name), { force: true })
    }
  }
  const left = await readdir(join(target, 'bin')).catch(() => null)
  if (left?.length === 0) await rmdir(join(target, 'bin'))
}

async function readDistributions(target: string): Promise<Distribution[]> {
  const entries = await readdir(target)
  const found: Distribution[] = []
  for (const entry of entries.filter((name) => name.endsWith('.dist-info')).sort()) {
    const metadata = await readFile(join(target, entry, 'METADATA'), 'utf8')
    const record = await readFile(join(target, entry, 'RECORD'), 'utf8')
    const headers = metadata.split(/\r?\n\r?\n/, 1)[0] ?? ''
    const name = /^Name:[ \t]*(\S+)/im.exec(headers)?.[1] ?? entry.split('-')[0] ?? entry
    found.push({
      name: normalisePackageName(name, 'python'),
      files: record
        .split(/\r?\n/)
        .map(firstField)
        .filter((path) => path !== ''),
    })
  }
  return found
}

/** RECORD is CSV: path, hash, size; a path with a comma or a quotation mark stands in quotes. */
function firstField(line: string): string {
  const quoted = /^"((?:[^"]|"")*)"/.exec(line)?.[1]
  return quoted === undefined ? (line.split(',', 1)[0] ?? '') : quoted.replaceAll('""', '"')
}

function modulesOf(files: string[]): string[] {
  const modules = files.map((file) => moduleParts(file)).filter((parts) => parts !== null)
  const packages = new Set(modules.filter(({ isPackage }) => isPackage).map(({ parts }) => parts.join('.')))
  const names = new Set<string>()
  for (const { parts } of modules) {
    const depth = parts.findIndex((_, index) => packages.has(parts.slice(0, index + 1).join('.')))
    // Without any `__init__`, a single file is itself, and a folder of files is a namespace.
    names.add(depth >= 0 ? parts.slice(0, depth + 1).join('.') : (parts[0] ?? ''))
  }
  const all = [...names]
  return all.filter((name) => !all.some((other) => other.startsWith(`${name}.`))).sort()
}

function moduleParts(file: string): { parts: string[]; isPackage: boolean } | null {
  const stem = /^(.*?)(?:\.[A-Za-z0-9_-]+)?\.(?:py|so|pyd)$/.exec(file)?.[1]
  if (stem === undefined) return null
  const parts = stem.split('/')
  const isPackage = parts.at(-1) === '__init__'
  if (isPackage) parts.pop()
  return parts.length > 0 && parts.every((part) => IDENTIFIER.test(part)) ? { parts, isPackage } : null
}

function preferPublic(names: string[]): string[] {
  const open = names.filter((name) => !name.split('.').some((part) => part.startsWith('_') || SIDE_NAMES.has(part)))
  return open.length > 0 ? open : names
}
