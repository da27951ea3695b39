import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { deliverArtifacts } from '../../src/cli/deliver-artifacts.ts'
import type { Artifact } from '../../src/contracts/sandbox.ts'

let home: string
let target: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'handaxe-deliver-'))
  target = join(home, 'out')
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

/** Files of a run: each lies in a folder of its own, with its number as content. */
function leave(...names: string[]): Artifact[] {
  return names.map((name, index) => {
    const path = join(home, 'run', `s${index + 1}`, name)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, String(index + 1))
    return { name, path, bytes: 1, sha256: 'x', mediaType: 'text/plain' }
  })
}

const deliver = (names: string[], overwrite = false) => deliverArtifacts(leave(...names), { path: target, overwrite })

/** Every file below the target with its content. */
function found(): Record<string, string> {
  const files = readdirSync(target, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.parentPath.includes('linked'),
  )
  const paths = files.map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(paths.map((path) => [path.slice(target.length + 1), readFileSync(path, 'utf8')]))
}

test.each([
  [['plot.png', 'plot.png', 'plot.png'], { 'plot.png': '1', 'plot-2.png': '2', 'plot-3.png': '3' }],
  [['plot.png', 'plot.png', 'plot-2.png'], { 'plot.png': '1', 'plot-3.png': '2', 'plot-2.png': '3' }],
  [
    ['charts/a.svg', 'charts/a.svg', 'charts/b.svg'],
    { 'charts/a.svg': '1', 'charts-2/a.svg': '2', 'charts/b.svg': '3' },
  ],
  [['report', 'report/part.txt'], { report: '1', 'report-2/part.txt': '2' }],
  [['report/part.txt', 'report'], { 'report/part.txt': '1', 'report-2': '2' }],
  [['Data.csv', 'data.csv'], { 'Data.csv': '1', 'data-2.csv': '2' }],
  [['archive.tar.gz', 'archive.tar.gz'], { 'archive.tar.gz': '1', 'archive.tar-2.gz': '2' }],
])('artifacts of one name lie beside each other, and each entry names its own: %j', async (names, expected) => {
  const { artifacts, problem } = await deliver(names)
  expect(problem).toBeNull()
  expect(found()).toEqual(expected)
  expect(artifacts.map(({ path }) => readFileSync(path, 'utf8'))).toEqual(names.map((_, index) => String(index + 1)))
  expect(new Set(artifacts.map(({ path }) => path)).size).toBe(names.length)
})

test('a file of others is replaced with --overwrite only; what is not written stays where it was', async () => {
  mkdirSync(target)
  writeFileSync(join(target, 'a.txt'), 'theirs')
  const first = await deliver(['a.txt', 'b.txt'])
  expect(found()).toEqual({ 'a.txt': 'theirs', 'b.txt': '2' })
  expect(first.problem?.message).toContain('a.txt (a file of that name is there already)')
  expect(first.problem?.hint).toContain('--overwrite')
  expect(first.artifacts.map(({ path }) => path)).toEqual([join(home, 'run/s1/a.txt'), join(target, 'b.txt')])
  expect((await deliver(['a.txt', 'b.txt'], true)).problem).toBeNull()
  expect(found()).toEqual({ 'a.txt': '1', 'b.txt': '2' })
})

test('a number is another one where somebody else has that name', async () => {
  mkdirSync(target)
  writeFileSync(join(target, 'a-2.txt'), 'theirs')
  expect((await deliver(['a.txt', 'a.txt'])).problem).toBeNull()
  expect(found()).toEqual({ 'a.txt': '1', 'a-2.txt': 'theirs', 'a-3.txt': '2' })
})

test.each([false, true])(
  'nothing is written through links or under hidden names (overwrite: %s)',
  async (overwrite) => {
    mkdirSync(join(target, '.git/hooks'), { recursive: true })
    mkdirSync(join(home, 'outside'))
    writeFileSync(join(home, 'outside/x'), 'theirs')
    symlinkSync(join(home, 'outside'), join(target, 'linked'))
    const hidden = ['.bashrc', '.git/hooks/pre-commit', 'src/.env', '.config/autostart/a.desktop']
    const { artifacts, problem } = await deliver([...hidden, 'linked/x', 'linked/y', 'ok.txt'], overwrite)
    expect(found()).toEqual({ 'ok.txt': '7' })
    expect(readdirSync(join(home, 'outside'))).toEqual(['x'])
    expect(readFileSync(join(home, 'outside/x'), 'utf8')).toBe('theirs')
    expect(problem).toMatchObject({ code: 'invalid_request' })
    expect(problem?.message).toContain('.bashrc (a name that begins with a dot)')
    expect(problem?.message).toContain('linked/x (a link stands in its place) and 1 more')
    expect(artifacts.slice(0, 6).every(({ path }) => path.startsWith(join(home, 'run')))).toBe(true)
  },
)
