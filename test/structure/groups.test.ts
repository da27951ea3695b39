import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { groupOf, GROUPS, patternsOf } from '../groups.ts'

const root = join(import.meta.dirname, '..', '..')
const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .map((name) => `test/${name.replaceAll('\\', '/')}`)
  .filter((name) => name.endsWith('.test.ts'))
const IMPORT = /^(?:import|export|\}).*?from\s+'(\.[^']+)'/gm
/** These speak of what others need. */
const ABOUT_GROUPS = new Set(['test/structure/groups.test.ts'])

/** Groups without signs. */
const SAYS_NOTHING = new Set(['basic', ...GROUPS.filter(({ signs }) => signs.length === 0).map(({ name }) => name)])

/** The text of a test file and of the tests' own modules that it imports. */
function readTexts(file: string): string[] {
  const found = new Set([file])
  for (const one of found) {
    for (const [, specifier = ''] of readFileSync(join(root, one), 'utf8').matchAll(IMPORT)) {
      const target = relative(root, join(root, dirname(one), specifier)).replaceAll('\\', '/')
      // Which group describePgvector() belongs to is told by who calls it, not by the module that holds it.
      if (!target.startsWith('test/') || target === 'test/support/postgres.ts') continue
      // Some tests have programs of others in a text.
      if (existsSync(join(root, target))) found.add(target)
    }
  }
  return [...found].map((one) => readFileSync(join(root, one), 'utf8'))
}

/** The groups whose signs a file has. */
function signsOf(file: string): string[] {
  const texts = readTexts(file)
  return GROUPS.filter(({ signs }) => signs.some((sign) => texts.some((text) => sign.test(text)))).map(
    ({ name }) => name,
  )
}

describe('the groups of the tests', () => {
  test.each(files.filter((file) => !ABOUT_GROUPS.has(file)))('%s is in the group of what it needs', (file) => {
    const group = groupOf(file)
    expect(signsOf(file)[0], 'test/groups.ts says what is a sign of which group').toEqual(
      SAYS_NOTHING.has(group) ? undefined : group,
    )
  })

  test.each(GROUPS.flatMap(({ files: entries }) => entries))('%s is there', (entry) => {
    expect(existsSync(join(root, entry))).toBe(true)
  })

  test('no file is in two groups', () => {
    const entries = GROUPS.flatMap(patternsOf)
    expect(entries.toSorted()).toEqual([...new Set(entries)].toSorted())
  })

  test('a file that reaches an engine through a module of the tests is found out', () => {
    expect(signsOf('test/sandbox/docker/attacks.test.ts')).toEqual(['engine'])
    expect(signsOf('test/sandbox/soak.test.ts')).toEqual(['sized'])
    expect(signsOf('test/store/open-store.test.ts')).toEqual([])
  })
})

test('each size that `npm test` makes smaller is in a file of the group `sized`, where its full size is', () => {
  const asking = files.filter((file) => /HANDAXE_(SOAK|FUZZ|FULL_SIZE)/.test(readFileSync(join(root, file), 'utf8')))
  expect(asking.filter((file) => !ABOUT_GROUPS.has(file))).toEqual([])
})
