import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { symlinkSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ContainedFolder, InTheWay } from '../../src/util/contained-folder.ts'

let folder: string
let target: string
let outside: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'handaxe-contained-'))
  target = join(folder, 'target')
  outside = join(folder, 'outside')
  mkdirSync(target)
  mkdirSync(outside)
  writeFileSync(join(outside, 'file'), 'theirs')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function writeTo(name: string, options = { replace: false }): string {
  try {
    const file = new ContainedFolder(target, options).create(name)
    writeSync(file.descriptor, 'ours')
    file.finish()
    return 'written'
  } catch (error) {
    if (error instanceof InTheWay) return error.obstacle
    throw error
  }
}

test.each([false, true])('writes new files and folders (replace: %s)', (replace) => {
  expect(writeTo('a', { replace })).toBe('written')
  expect(writeTo('b/c/d', { replace })).toBe('written')
  expect(readFileSync(join(target, 'b/c/d'), 'utf8')).toBe('ours')
  expect(readdirSync(target)).toEqual(['a', 'b'])
})

test.each([
  ['linked', true],
  ['linked/deep', false],
  ['a/linked', true],
  ['a/linked/b', false],
  ['dangling', true],
  ['dangling/x', false],
  ['up/outside/file', false],
  ['file-link', true],
])('never goes through a link: %s', (name, isLast) => {
  mkdirSync(join(target, 'a'))
  for (const place of ['linked', 'a/linked']) symlinkSync(outside, join(target, place))
  symlinkSync(join(outside, 'new'), join(target, 'dangling'))
  symlinkSync('..', join(target, 'up'))
  symlinkSync(join(outside, 'file'), join(target, 'file-link'))
  expect(writeTo(name)).toBe('link')
  // A link in the place of the file itself may be replaced, not followed.
  expect(writeTo(name, { replace: true })).toBe(isLast ? 'written' : 'link')
  if (isLast) expect(lstatSync(join(target, name)).isFile()).toBe(true)
  expect(readdirSync(outside)).toEqual(['file'])
  expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('theirs')
  expect(readdirSync(folder).sort()).toEqual(['outside', 'target'])
})

test('the folder itself may be reached by a link', () => {
  symlinkSync(target, join(folder, 'way'))
  const file = new ContainedFolder(join(folder, 'way'), { replace: false }).create('x/y')
  file.finish()
  expect(existsSync(join(target, 'x/y'))).toBe(true)
})

test('a file of others is replaced where that was asked for only, and its other names keep what they had', () => {
  writeFileSync(join(target, 'a'), 'theirs')
  linkSync(join(target, 'a'), join(outside, 'other-name'))
  expect(writeTo('a')).toBe('exists')
  expect(readFileSync(join(target, 'a'), 'utf8')).toBe('theirs')
  expect(writeTo('a', { replace: true })).toBe('written')
  expect(readFileSync(join(target, 'a'), 'utf8')).toBe('ours')
  expect(readFileSync(join(outside, 'other-name'), 'utf8')).toBe('theirs')
})

test.each([false, true])('folders and files in the place of the other stay (replace: %s)', (replace) => {
  mkdirSync(join(target, 'folder/inner'), { recursive: true })
  writeFileSync(join(target, 'file'), 'theirs')
  expect(writeTo('folder', { replace })).toBe('folder')
  expect(writeTo('file/below', { replace })).toBe('folder')
  expect(readdirSync(target).sort()).toEqual(['file', 'folder'])
})

test.each([false, true])('hidden folders that were there are left alone, own ones are not (replace: %s)', (replace) => {
  mkdirSync(join(target, '.git/hooks'), { recursive: true })
  mkdirSync(join(target, 'a/.vscode'), { recursive: true })
  for (const name of ['.git/hooks/pre-commit', '.git/config', 'a/.vscode/tasks.json']) {
    expect(writeTo(name, { replace })).toBe('hidden')
  }
  const own = new ContainedFolder(target, { replace })
  for (const name of ['.new/a', '.new/b', '.new/deep/c']) own.create(name).finish()
  expect(readdirSync(join(target, '.new')).sort()).toEqual(['a', 'b', 'deep'])
  expect(readdirSync(join(target, '.git'))).toEqual(['hooks'])
})

test.each([false, true])('what is given up leaves nothing (replace: %s)', (replace) => {
  writeFileSync(join(target, 'kept'), 'theirs')
  const names = replace ? ['kept', 'new'] : ['new']
  for (const name of names) {
    const file = new ContainedFolder(target, { replace }).create(name)
    writeSync(file.descriptor, 'half')
    file.abandon()
  }
  expect(readdirSync(target)).toEqual(['kept'])
  expect(readFileSync(join(target, 'kept'), 'utf8')).toBe('theirs')
})

test.each([false, true])('a link that appears meanwhile leads nowhere (replace: %s)', (replace) => {
  mkdirSync(join(target, 'a'))
  const file = new ContainedFolder(target, { replace }).create('a/b')
  writeSync(file.descriptor, 'ours')
  // The folder is moved away and a link put in its place, while the file is being written.
  renameSync(join(target, 'a'), join(folder, 'moved'))
  symlinkSync(outside, join(target, 'a'))
  file.finish()
  expect(readdirSync(outside)).toEqual(['file'])
  expect(readFileSync(join(folder, 'moved', 'b'), 'utf8')).toBe('ours')
})
