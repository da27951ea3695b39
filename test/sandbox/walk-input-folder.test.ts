import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { walkInputFolder, type InputEntry } from '../../src/sandbox/walk-input-folder.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'handaxe-walk-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function walk(root: string): Promise<InputEntry[]> {
  const entries: InputEntry[] = []
  for await (const entry of walkInputFolder(root)) entries.push(entry)
  return entries
}

test('each folder comes before what is in it, with the size of files and the target of links', async () => {
  const root = join(folder, 'tree')
  await mkdir(join(root, 'a', 'b'), { recursive: true })
  await writeFile(join(root, 'a', 'b', 'file'), 'four')
  await symlink('a/b', join(root, 'z'))
  for (const target of ['/etc/passwd', '../outside', 'a/../..', 'a/../../tree/a', '..']) {
    await symlink(target, join(root, `out-${target.replaceAll('/', '-')}`))
  }
  const entries = await walk(root)
  expect(entries.map(({ name, kind, bytes, target }) => [name, kind, bytes, target])).toEqual([
    ['a', 'folder', 0, ''],
    ['z', 'link', 0, 'a/b'],
    ['a/b', 'folder', 0, ''],
    ['a/b/file', 'file', 4, ''],
  ])
  expect(await walk(join(root, 'a', 'b'))).toHaveLength(1)
})

test('a folder that is nested without end is refused at a depth that the name of says', async () => {
  const root = join(folder, 'deep')
  await mkdir(join(root, ...Array.from({ length: 70 }, () => 'x')), { recursive: true })
  await expect(walk(root)).rejects.toThrow(/deeper than 64 folders/)
})

test('a folder that is not there, and a file in its place', async () => {
  await expect(walk(join(folder, 'missing'))).rejects.toThrow(/ENOENT/)
  await writeFile(join(folder, 'file'), '')
  await expect(walk(join(folder, 'file'))).rejects.toThrow(/ENOTDIR/)
})
