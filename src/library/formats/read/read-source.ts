import { basename, extname, join } from 'node:path'
import type { ImportCandidate } from '../../../contracts/exchange.ts'
import type { ToolLanguage } from '../../../contracts/sandbox.ts'
import { createCandidate } from './create-candidate.ts'
import { READING_LIMITS } from './limits.ts'
import { readTextFile, type TextFile } from './read-text-file.ts'
import { stripTypes } from './strip-types.ts'

/** Files that are code, and not of a tool. */
const SUPPORT_FILES =
  /^(?:__init__|__main__|conftest|setup|noxfile|test_.*|.*_test)\.py$|\.(?:test|spec|config)\.[cm]?[jt]s$|\.d\.[cm]?ts$/

const REFUSED: Readonly<Record<string, string>> = {
  '.cjs': 'is CommonJS: a tool is an ES module',
  '.cts': 'is CommonJS: a tool is an ES module',
  '.jsx': 'has JSX, which is no JavaScript',
  '.tsx': 'has JSX, which is no TypeScript',
  '.pyi': 'has types and no code',
  '.ipynb': 'is a notebook: make a module of the function',
}

const OTHER_LANGUAGES = new Set(
  '.sh .bash .zsh .ps1 .bat .rb .pl .php .r .jl .go .rs .c .cpp .java .kt .swift .lua .exe .so .wasm .pyc'.split(' '),
)

export function isCode(path: string): boolean {
  return languageOf(path) !== null
}

export function languageOf(path: string): ToolLanguage | null {
  const extension = extname(path).toLowerCase()
  if (extension === '.py') return 'python'
  return ['.mjs', '.js', '.ts', '.mts'].includes(extension) ? 'javascript' : null
}

/** One file of others as a candidate, or why it is left out. `path` lies below `root`. */
export async function readSource(
  root: string,
  path: string,
  neighboursOf: (path: string) => (name: string) => boolean,
): Promise<ImportCandidate | { reason: string }> {
  const language = languageOf(path)
  const extension = extname(path).toLowerCase()
  if (language === null) {
    const other = OTHER_LANGUAGES.has(extension) ? 'is of a language that tools are not written in' : 'is no code'
    return { reason: REFUSED[extension] ?? other }
  }
  if (SUPPORT_FILES.test(basename(path))) return { reason: 'belongs to a package or its tests' }
  const file = await readCode(join(root, path))
  if ('problem' in file) return { reason: file.problem }
  const candidate = createCandidate({ sourcePath: path, language, code: file.text, isNeighbour: neighboursOf(path) })
  if ('reason' in candidate || !file.wasTyped) return candidate
  return { ...candidate, notes: [...candidate.notes, 'It was TypeScript: its types were taken out.'] }
}

/** The text of a code file, of TypeScript without its types. */
export async function readCode(path: string): Promise<(TextFile & { wasTyped: boolean }) | { problem: string }> {
  const file = await readTextFile(path, READING_LIMITS.codeBytes)
  if ('problem' in file) return file
  if (!/\.m?ts$/i.test(path)) return { ...file, wasTyped: false }
  const stripped = await stripTypes(file.text)
  if ('problem' in stripped) return { problem: `cannot be read as TypeScript: ${stripped.problem}` }
  return { ...file, text: stripped.code, wasTyped: stripped.code !== file.text }
}

/** Tells for each file whether a Python module or package of a name lies beside it. */
export function indexNeighbours(files: readonly string[]): (path: string) => (name: string) => boolean {
  const folders = new Map<string, Set<string>>()
  for (const file of files) {
    if (!file.endsWith('.py')) continue
    const parts = file.slice(0, -'.py'.length).split('/')
    for (const [depth, name] of parts.entries()) {
      const folder = parts.slice(0, depth).join('/')
      const names = folders.get(folder) ?? new Set()
      folders.set(folder, names.add(name))
    }
  }
  return (path) => {
    const names = folders.get(path.split('/').slice(0, -1).join('/'))
    const own = basename(path, '.py')
    return (name) => name !== own && names?.has(name) === true
  }
}
