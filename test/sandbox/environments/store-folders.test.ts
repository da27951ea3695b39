import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findEnvironment, listEnvironments } from '../../../src/sandbox/environments/list-environments.ts'
import { removeEnvironment } from '../../../src/sandbox/environments/remove-environment.ts'
import { assertEnvironmentName, publishBuild, sweepBuilds } from '../../../src/sandbox/environments/store-folders.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'handaxe-store-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const HOUR_MS = 60 * 60_000
const hash = (letter: string): string => letter.repeat(64)

async function makeBuild(name: string, ageMs: number): Promise<void> {
  const path = join(folder, 'builds', name)
  await mkdir(join(path, 'inside'), { recursive: true })
  const then = new Date(Date.now() - ageMs)
  await utimes(path, then, then)
}

test('sweeping takes what was left for ten minutes, and builds that no name has meant for a day', async () => {
  await makeBuild('.building-live', 60_000)
  await makeBuild('.building-dead', HOUR_MS)
  await makeBuild('.removed-dead', HOUR_MS)
  await makeBuild(hash('a'), 48 * HOUR_MS)
  await makeBuild(hash('b'), 48 * HOUR_MS)
  await makeBuild(hash('c'), 2 * HOUR_MS)
  await sweepBuilds(folder, new Set([hash('a')]))
  expect((await readdir(join(folder, 'builds'))).sort()).toEqual(['.building-live', hash('a'), hash('c')])
})

test('sweeping a folder that is not there does nothing', async () => {
  expect(await sweepBuilds(join(folder, 'nowhere'), new Set())).toEqual([])
})

test('a build that another builder published first stays', async () => {
  await mkdir(join(folder, 'mine'))
  await mkdir(join(folder, 'theirs'))
  await writeFile(join(folder, 'theirs', 'file'), 'theirs')
  await publishBuild(join(folder, 'mine'), join(folder, 'theirs'))
  expect(await readdir(join(folder, 'theirs'))).toEqual(['file'])
})

test('a target that cannot be made is an error, not a build', async () => {
  await mkdir(join(folder, 'mine'))
  await writeFile(join(folder, 'file'), '')
  await expect(publishBuild(join(folder, 'mine'), join(folder, 'file', 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' })
})

test('a folder without environments lists none, finds none and removes none', async () => {
  expect(await listEnvironments(folder)).toEqual({ environments: [], damaged: [] })
  expect(await findEnvironment(folder, 'x')).toBeNull()
  expect(await removeEnvironment(folder, 'x')).toBe(false)
})

test.each([
  ['no JSON', 'not json'],
  ['an empty file', ''],
  ['another format', '{"format":2}'],
  ['a hash that is a path', JSON.stringify({ format: 1, hash: '../../etc', packages: [], createdAt: '' })],
  ['a build that is gone', JSON.stringify({ format: 1, hash: hash('d'), packages: [], createdAt: '' })],
])('a damaged name is shown as such and can be removed: %s', async (_, text) => {
  await mkdir(join(folder, 'names'))
  await writeFile(join(folder, 'names', 'broken.json'), text)
  await writeFile(join(folder, 'names', '.half.tmp'), 'left by a killed process')
  expect((await listEnvironments(folder)).damaged.map((one) => one.name)).toEqual(['broken'])
  await expect(findEnvironment(folder, 'broken')).rejects.toMatchObject({ code: 'sandbox_broken' })
  expect(await removeEnvironment(folder, 'broken')).toBe(true)
  expect((await listEnvironments(folder)).damaged).toEqual([])
})

test.each(['a', 'science-2', 'a.b_c', 'x'.repeat(64)])('%s is a name', (name) => {
  expect(() => assertEnvironmentName(name)).not.toThrow()
})
