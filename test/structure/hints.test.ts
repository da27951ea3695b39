import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { configFileSchema } from '../../src/contracts/config.ts'
import { sandboxSettingsSchema } from '../../src/contracts/policy-schema.ts'

const root = join(import.meta.dirname, '..', '..')
const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
)

interface Text {
  file: string
  text: string
}

/** Every literal of the sources that is a sentence: hints, messages, summaries, notes. */
const texts: Text[] = files.flatMap((file) => {
  const code = readFileSync(join(root, 'src', file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
  return [...code.matchAll(/`(?:\\.|[^`\\])*`|'(?:\\.|[^'\\\n])*'/g)]
    .map(([literal]) => ({ file, text: literal.slice(1, -1).replaceAll('\\`', '`').replaceAll("\\'", "'") }))
    .filter(({ text }) => /[a-z] [a-z`"-]/i.test(text))
})

/** What is named in the texts, with where: each pair once. */
function named(pattern: RegExp, among: readonly Text[] = texts): { name: string; file: string }[] {
  const found = among.flatMap(({ file, text }) =>
    [...text.matchAll(pattern)].map((match) => ({ name: match[1] ?? '', file })),
  )
  return [...new Map(found.map((one) => [`${one.name} ${one.file}`, one])).values()]
}

function shapeOf(schema: unknown): Record<string, unknown> {
  const inner = (schema as { unwrap?: () => unknown }).unwrap?.() ?? schema
  return (inner as { shape?: Record<string, unknown> }).shape ?? {}
}

/** `budget`, `budget.tokens` and so on. */
const settings = new Set(
  Object.entries(shapeOf(configFileSchema)).flatMap(([name, schema]) => {
    const inside = name === 'sandbox' ? shapeOf(sandboxSettingsSchema) : shapeOf(schema)
    return [name, ...Object.keys(inside).map((key) => `${name}.${key}`)]
  }),
)
const commands = new Set(COMMANDS.flatMap(({ name }) => [name, name.split(' ')[0] ?? '']))
const flags = new Set(COMMANDS.flatMap(({ options }) => options.map(({ name }) => name)).concat('help', 'version'))

/** Of programs that are no part of handaxe, and named as theirs: `code --wait` is an editor's. */
const FOREIGN_FLAGS = new Set(['wait'])

/** Of `openSession` in TypeScript, whose own tests hold them. */
const SESSION_OPTIONS = new Set(['limits.valueBytes', 'limits.totalBytes'])

test('there is something to look at', () => {
  expect(texts.length).toBeGreaterThan(300)
  expect(settings).toContain('sandbox.packages')
  expect(settings).toContain('maxOutputTokens.fast')
})

describe('what hints and messages name is there', () => {
  test('commands', () => {
    const all = named(/`handaxe ([a-z]+(?: [a-z]+)?)/g).concat(named(/Example: handaxe ([a-z]+(?: [a-z]+)?)/g))
    expect(all.length).toBeGreaterThan(15)
    const unknown = all.filter(({ name }) => {
      const [first = ''] = name.split(' ')
      const hasSubcommands = COMMANDS.some((command) => command.name.startsWith(`${first} `))
      return hasSubcommands && name.includes(' ') ? !commands.has(name) : !commands.has(first)
    })
    expect(unknown).toEqual([])
  })

  test('options of commands', () => {
    const ours = texts.filter(({ file }) => !file.startsWith('sandbox'))
    const all = named(/(?<![\w-])--([a-z][a-z-]*[a-z])/g, ours)
    expect(all.length).toBeGreaterThan(10)
    expect(all.filter(({ name }) => !flags.has(name) && !FOREIGN_FLAGS.has(name))).toEqual([])
  })

  test('settings', () => {
    const sections = [...settings].filter((name) => !name.includes('.')).join('|')
    const paths = named(new RegExp(`(?<![\\w./-])((?:${sections})\\.[a-z][A-Za-z0-9]*)(?![\\w/(])`, 'g'))
    const quoted = named(/"([A-Za-z.]+)" in the configuration/g).concat(named(/under "([A-Za-z.]+)" in the conf/g))
    const told = named(/(?:Raise|Set|Lower) ([a-z]+[A-Z][A-Za-z]*)\b/g)
    expect(paths.length + quoted.length + told.length).toBeGreaterThan(8)
    const unknown = [...paths, ...quoted, ...told].filter(({ name, file }) => {
      const isOther =
        /\.(?:csv|json|md)$/.test(name) || (file.startsWith('sandbox/session') && SESSION_OPTIONS.has(name))
      return !settings.has(name) && !isOther
    })
    expect(unknown).toEqual([])
  })

  test('variables of the environment', () => {
    const documented = ['docs/configuration.md', 'docs/sandbox.md', 'CONTRIBUTING.md', 'README.md', 'SECURITY.md']
      .map((name) => readFileSync(join(root, name), 'utf8'))
      .join('\n')
    const all = named(/\b(HANDAXE_[A-Z0-9_]+)\b/g)
    expect(all.length).toBeGreaterThan(5)
    expect(all.filter(({ name }) => !documented.includes(name))).toEqual([])
  })
})
