import { expect, test } from 'vitest'
import { readLock } from '../../../../src/sandbox/environments/javascript/read-lock.ts'

const integrity = `sha512-${'A'.repeat(86)}==`
const lock = (packages: Record<string, object>): string =>
  JSON.stringify({ lockfileVersion: 3, packages: { '': { dependencies: {} }, ...packages } })

test('reads nested packages, scopes, aliases and bundles', () => {
  const { lock: read, warnings } = readLock(
    lock({
      'node_modules/a': { version: '1.0.0', integrity },
      'node_modules/a/node_modules/@s/b': { version: '2.0.0', integrity, hasInstallScript: true },
      'node_modules/alias-cjs': { name: 'alias', version: '4.0.0', integrity },
      'node_modules/a/node_modules/bundled': { version: '1.0.0', inBundle: true },
    }),
  )
  expect(read.map(({ name, file, version }) => `${name} ${file} ${version}`)).toEqual([
    'a a 1.0.0',
    '@s/b a/node_modules/@s/b 2.0.0',
    'alias alias-cjs 4.0.0',
  ])
  expect(warnings).toEqual([expect.stringContaining('@s/b 2.0.0 has an install script')])
})

test.each([
  ['an address', { 'node_modules/a': { version: '1.0.0', integrity, resolved: 'https://example.invalid/a.tgz' } }],
  ['a repository', { 'node_modules/a': { version: '1.0.0', resolved: 'git+ssh://git@example.invalid/a.git#1' } }],
  ['a link', { 'node_modules/a': { link: true, resolved: '../a' } }],
  ['a folder', { '../a': { version: '1.0.0', integrity } }],
  ['a way out', { 'node_modules/../../a': { version: '1.0.0', integrity } }],
  ['no version', { 'node_modules/a': { integrity } }],
])('refuses %s', (_, packages) => {
  expect(() => readLock(lock(packages))).toThrow(
    expect.objectContaining({ details: expect.objectContaining({ reason: 'unsafe-package' }) }),
  )
})

test.each([
  ['none', undefined],
  ['SHA-1', 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk='],
  ['MD5', 'md5-x'],
  ['words', 'yes'],
])('refuses a package whose hash is %s', (_, weak) => {
  expect(() => readLock(lock({ 'node_modules/a': { version: '1.0.0', integrity: weak } }))).toThrow(/no strong hash/)
})

test.each(['', 'null', '[]', '{}', '{"lockfileVersion":1,"packages":{}}'])('does not accept %j', (text) => {
  expect(() => readLock(text)).toThrow()
})
