import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { compareFolder, sealFolder } from '../../../src/sandbox/environments/manifest.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'handaxe-manifest-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const SAME = { missing: [], changed: [], added: [] }

test('records every file, also under odd names, and finds no difference in the same', async () => {
  await mkdir(join(folder, 'a b', '…'), { recursive: true })
  for (const name of ['__proto__', 'constructor', 'a b/…/ü\n', '.hidden']) await writeFile(join(folder, name), name)
  const manifest = JSON.parse(JSON.stringify(await sealFolder(folder)))
  expect(Object.keys(manifest).sort()).toEqual(['.hidden', '__proto__', 'a b/…/ü\n', 'constructor'])
  expect(await compareFolder(folder, manifest)).toEqual(SAME)
  await writeFile(join(folder, '__proto__'), '__PROTO__')
  expect(await compareFolder(folder, manifest)).toEqual({ ...SAME, changed: ['__proto__'] })
})

test('takes special rights away and gives everyone the right to read', async () => {
  await writeFile(join(folder, 'program'), '')
  await chmod(join(folder, 'program'), 0o6700)
  await writeFile(join(folder, 'data'), '')
  await chmod(join(folder, 'data'), 0o600)
  await sealFolder(folder)
  expect((await stat(join(folder, 'program'))).mode & 0o7777).toBe(0o755)
  expect((await stat(join(folder, 'data'))).mode & 0o7777).toBe(0o644)
})

test('refuses a link, which could lead out of what the sandbox shows', async () => {
  await symlink('/etc/passwd', join(folder, 'link'))
  await expect(sealFolder(folder)).rejects.toMatchObject({ code: 'invalid_arguments', details: { path: 'link' } })
})

test('a file that became a link has changed, even to the same content', async () => {
  await writeFile(join(folder, 'one'), 'same')
  const manifest = await sealFolder(folder)
  await writeFile(join(folder, 'two'), 'same')
  await rm(join(folder, 'one'))
  await symlink('two', join(folder, 'one'))
  expect(await compareFolder(folder, manifest)).toEqual({ missing: [], changed: ['one'], added: ['two'] })
})

test('ends when it is aborted', async () => {
  await writeFile(join(folder, 'one'), '')
  await expect(sealFolder(folder, AbortSignal.abort())).rejects.toThrow(/aborted/)
})
