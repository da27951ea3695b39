import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8')
const lock = JSON.parse(lockText) as { packages: Record<string, Record<string, unknown>> }
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, Record<string, string>>

test('the lock file names no host: whoever installs uses the registry that is configured there', () => {
  expect(lockText).not.toMatch(
    /https?:\/\/(?!github\.com|opencollective\.com|[\w.-]*tidelift\.com|[\w.-]*patreon\.com|[\w.-]*feross\.org|paulmillr\.com|eslint\.org|ko-fi\.com)/,
  )
  expect(Object.values(lock.packages).filter((entry) => 'resolved' in entry)).toEqual([])
})

test('the lock file brings Node 24 for both architectures of Linux', () => {
  for (const architecture of ['x64', 'arm64']) {
    expect(lock.packages[`node_modules/node-linux-${architecture}`]).toMatchObject({
      version: expect.stringMatching(/^24\./),
      optional: true,
    })
  }
})

test('every dependency is pinned to one version', () => {
  const versions = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
    Object.values(manifest[kind] ?? {}),
  )
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([])
})
