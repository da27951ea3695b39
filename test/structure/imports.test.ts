import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

const sourceRoot = join(import.meta.dirname, '..', '..', 'src')

/** Which first-level folders of `src` each folder may import, itself aside. The design's table, kept as a test. */
const ALLOWED: Record<string, string[]> = {
  contracts: [],
  util: ['contracts'],
  // Pure knowledge: values and how they compare, numbers and dates in text, names, JSON.
  domain: ['contracts', 'util'],
  agent: ['contracts', 'util', 'domain'],
  models: ['contracts', 'util'],
  sandbox: ['contracts', 'util'],
  library: ['contracts', 'util', 'domain'],
  store: ['contracts', 'util'],
  admission: ['contracts', 'util', 'domain'],
  app: ['contracts', 'util', 'domain', 'agent', 'models', 'sandbox', 'library', 'store', 'admission'],
  cli: ['contracts', 'util', 'domain', 'app'],
  server: ['contracts', 'util', 'app'],
  mcp: ['contracts', 'util', 'app'],
  testing: ['contracts', 'util', 'models', 'sandbox', 'library', 'store'],
  '.': ['contracts', 'app', 'sandbox', 'library', 'store', 'models'],
}

/** What only one folder may do: where the words may stand. */
const RESERVED: { what: string; pattern: RegExp; folders: string[]; files?: string[] }[] = [
  // An editor is the user's own program in the user's own terminal: no code of a model comes near it.
  {
    what: 'child processes',
    pattern: /from 'node:child_process'/,
    folders: ['sandbox'],
    files: ['cli/run-editor.ts'],
  },
  { what: 'the database driver', pattern: /from '(node:sqlite|sqlite-vec|pg)'/, folders: ['store'] },
  {
    what: 'the environment',
    pattern: /\bprocess\.env\b/,
    folders: ['cli'],
    files: ['app/config.ts', 'app/environment.ts'],
  },
  { what: 'the console', pattern: /\bconsole\.\w+\(/, folders: ['cli'] },
  { what: 'the AI SDK', pattern: /from '(ai|@ai-sdk\/[a-z-]+)'/, folders: ['models'] },
]

const files = readdirSync(sourceRoot, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replaceAll('\\', '/'))

function folderOf(file: string): string {
  const first = file.split('/')[0] ?? ''
  return first.endsWith('.ts') ? '.' : first
}

/** Comments speak of what they like, and so does text that is written out for others. */
function readCode(file: string): string {
  return readFileSync(join(sourceRoot, file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/`(?:\\.|[^`\\])*`/g, '``')
}

function importsOf(file: string): string[] {
  const text = readCode(file)
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '')
  return specifiers
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => relative(sourceRoot, join(sourceRoot, dirname(file), specifier)).replaceAll('\\', '/'))
}

describe('who may import whom', () => {
  test('there are sources to look at', () => {
    expect(files.length).toBeGreaterThan(20)
  })

  test.each(files)('%s imports only what its folder may import', (file) => {
    const folder = folderOf(file)
    const allowed = ALLOWED[folder]
    expect(allowed, `the folder ${folder} has no line in the table`).toBeDefined()
    const wrong = importsOf(file).filter((target) => {
      const targetFolder = folderOf(target)
      return targetFolder !== folder && !allowed?.includes(targetFolder)
    })
    expect(wrong).toEqual([])
  })

  test('the contracts import nothing but zod and each other', () => {
    const packages = files
      .filter((file) => folderOf(file) === 'contracts')
      .flatMap((file) => [...readCode(file).matchAll(/from '([^.'][^']*)'/g)].map((match) => match[1]))
    expect(packages.filter((name) => name !== 'zod')).toEqual([])
  })

  test.each(RESERVED)('$what: only where the design puts it', ({ pattern, folders, files: alsoIn = [] }) => {
    const wrong = files.filter(
      (file) => !folders.includes(folderOf(file)) && !alsoIn.includes(file) && pattern.test(readCode(file)),
    )
    expect(wrong).toEqual([])
  })

  test('there is no import cycle', () => {
    const graph = new Map(files.map((file) => [file, importsOf(file)]))
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (file: string, path: string[]): void => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' → '))
        return
      }
      if (done.has(file)) return
      for (const target of graph.get(file) ?? []) visit(target, [...path, file])
      done.add(file)
    }
    for (const file of files) visit(file, [])
    expect(cycles).toEqual([])
  })
})
