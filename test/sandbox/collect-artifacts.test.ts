import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/contracts/limits.ts'
import { collectArtifacts } from '../../src/sandbox/collect-artifacts.ts'
import { ArtifactReceiver } from '../../src/sandbox/relay/receive-artifacts.ts'

let folder: string
let source: string
let target: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'handaxe-collect-'))
  source = join(folder, 'source')
  target = join(folder, 'target')
  for (const path of ['source/a', 'source/.git/hooks', 'source/.new', 'target/.git', 'outside']) {
    mkdirSync(join(folder, path), { recursive: true })
  }
  for (const name of NAMES) writeFileSync(join(source, name), 'ours')
  writeFileSync(join(folder, 'outside/x'), 'theirs')
  symlinkSync(join(folder, 'outside'), join(target, 'a'))
  symlinkSync(join(folder, 'outside/x'), join(target, 'file'))
  writeFileSync(join(target, 'plain'), 'older')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const NAMES = ['.git/hooks/pre-commit', '.new/y', 'a/x', 'file', 'plain']

function expectContained(collected: Awaited<ReturnType<typeof collectArtifacts>>): void {
  expect(collected.artifacts.map(({ name }) => name).sort()).toEqual(['.new/y', 'file', 'plain'])
  expect(collected.dropped.sort((one, other) => (one.name < other.name ? -1 : 1))).toEqual([
    { name: '.git/hooks/pre-commit', reason: 'in-the-way' },
    { name: 'a/x', reason: 'in-the-way' },
  ])
  expect(readFileSync(join(folder, 'outside/x'), 'utf8')).toBe('theirs')
  expect(readdirSync(join(folder, 'outside'))).toEqual(['x'])
  expect(readdirSync(join(target, '.git'))).toEqual([])
  for (const { path } of collected.artifacts) expect(readFileSync(path, 'utf8')).toBe('ours')
  expect(readdirSync(target).sort()).toEqual(['.git', '.new', 'a', 'file', 'plain'])
}

test('artifacts never go through links in the folder of the caller, nor into hidden folders that were there', async () => {
  expectContained(await collectArtifacts({ source, target, limits: DEFAULT_LIMITS }))
})

test('neither do those that come by a relay', () => {
  const receiver = new ArtifactReceiver(target, DEFAULT_LIMITS)
  for (const name of NAMES) {
    receiver.onEntry({ name: Buffer.from(name).toString('base64'), kind: 'file', bytes: 4 })
    receiver.onContent(Buffer.from('ours'))
  }
  expectContained(receiver.end())
})
