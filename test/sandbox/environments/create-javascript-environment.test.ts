import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  createEnvironment,
  type CreateEnvironmentOptions,
} from '../../../src/sandbox/environments/create-environment.ts'
import { findEnvironment, listEnvironments } from '../../../src/sandbox/environments/list-environments.ts'
import { verifyEnvironment } from '../../../src/sandbox/environments/verify-environment.ts'
import { openLocalNpmRegistry, type LocalRegistry } from './support/local-npm-registry.ts'

let scratch: string
let folder: string
let registry: LocalRegistry

const canary = (): string => join(scratch, 'canary')

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'handaxe-npm-environments-'))
  const touch = `touch ${canary()}`
  registry = await openLocalNpmRegistry([
    { name: 'plain', version: '1.0.0', files: { 'index.js': 'module.exports = "plain 1"' } },
    { name: 'plain', version: '1.1.0', files: { 'index.js': 'module.exports = "plain 1.1"' } },
    {
      name: '@scope/upon',
      version: '2.0.0',
      dependencies: { plain: '^1.0.0' },
      files: { 'index.js': 'module.exports = require("plain")' },
    },
    { name: 'old-plain', version: '1.0.0', dependencies: { plain: '1.0.0' } },
    {
      name: 'scripted',
      version: '1.0.0',
      scripts: { preinstall: touch, install: touch, postinstall: touch, prepare: touch },
    },
    { name: 'by-git', version: '1.0.0', dependencies: { other: 'git+http://127.0.0.1:9/other.git' } },
    { name: 'by-address', version: '1.0.0', dependencies: { other: 'http://127.0.0.1:9/other.tgz' } },
    { name: 'by-file', version: '1.0.0', dependencies: { other: 'file:/etc' } },
    { name: 'changed', version: '1.0.0', integrity: `sha512-${Buffer.alloc(64, 1).toString('base64')}` },
    { name: 'weak', version: '1.0.0', shasumOnly: true },
    { name: 'slip', version: '1.0.0', files: { '../../../escaped.txt': 'out' } },
  ])
})
afterAll(async () => {
  await registry.close()
  await rm(scratch, { recursive: true, force: true })
})
beforeEach(async () => {
  folder = await mkdtemp(join(scratch, 'environments-'))
  await rm(canary(), { force: true })
  registry.requests.length = 0
})

function create(packages: string[], options: Partial<CreateEnvironmentOptions> = {}) {
  return createEnvironment({
    name: 'test',
    language: 'javascript',
    packages,
    folder,
    environment: registry.environment,
    ...options,
  } as CreateEnvironmentOptions)
}

async function expectNothingLeft(): Promise<void> {
  expect(await listEnvironments(folder)).toEqual({ environments: [], damaged: [] })
  expect(await readdir(join(folder, 'builds'))).toEqual([])
}

describe('an npm environment', () => {
  test('has what was asked for and what that needs, locked by hash, importable and requirable', async () => {
    const environment = await create(['@scope/upon@^2'])
    expect(environment).toMatchObject({ packages: ['@scope/upon@^2'], language: 'javascript', base: [], warnings: [] })
    expect(environment.lock).toMatchObject([
      { name: '@scope/upon', version: '2.0.0', file: '@scope/upon' },
      { name: 'plain', version: '1.1.0', file: 'plain' },
    ])
    for (const one of environment.lock) expect(one.integrity).toMatch(/^sha512-/)
    expect(environment.modules.map((one) => one.names)).toEqual([['@scope/upon'], ['plain']])
    const upon = (await import(pathToFileURL(join(environment.packagesFolder, '@scope/upon/index.js')).href)) as {
      default: string
    }
    expect(upon.default).toBe('plain 1.1')
    expect(await readdir(environment.packagesFolder)).toEqual(['@scope', 'plain'])
    expect(await verifyEnvironment(environment)).toMatchObject({ ok: true })
    expect(await findEnvironment(folder, 'test')).toEqual(environment)
  })

  test('keeps two versions of one package apart, and offers the one at the top', async () => {
    const environment = await create(['plain@1.1.0', 'old-plain'])
    expect(environment.lock.map((one) => `${one.file} ${one.version}`).sort()).toEqual([
      'old-plain 1.0.0',
      'old-plain/node_modules/plain 1.0.0',
      'plain 1.1.0',
    ])
    expect(environment.modules.map((one) => one.package)).toEqual(['old-plain', 'plain'])
  })

  test('has a lock that names no registry and no folder, and the same hash elsewhere', async () => {
    const first = await create(['@scope/upon'])
    const other = await mkdtemp(join(scratch, 'environments-'))
    const again = await create(['@scope/upon'], { folder: other })
    expect(again.hash).toBe(first.hash)
    const lock = await readFile(join(first.folder, 'package-lock.json'), 'utf8')
    expect(lock).not.toMatch(/127\.0\.0\.1|resolved|project/)
  })

  test('that is there already is returned without asking the registry', async () => {
    const first = await create(['plain'])
    registry.requests.length = 0
    expect(await create(['plain'])).toEqual(first)
    expect(registry.requests).toEqual([])
  })

  test('runs no script of a package, and says where one was left out', async () => {
    const environment = await create(['scripted'])
    expect(existsSync(canary())).toBe(false)
    expect(environment.warnings).toEqual([expect.stringContaining('scripted 1.0.0 has an install script')])
  })

  test('does not obey settings of npm that would run scripts or install elsewhere', async () => {
    const environment = {
      ...registry.environment,
      npm_config_ignore_scripts: 'false',
      npm_config_global: 'true',
      npm_config_package_lock: 'false',
      npm_config_prefix: scratch,
      npm_config_dry_run: 'true',
    }
    const { lock, packagesFolder } = await create(['scripted'], { environment })
    expect(lock).toHaveLength(1)
    expect(existsSync(join(packagesFolder, 'scripted', 'package.json'))).toBe(true)
    expect(existsSync(canary())).toBe(false)
  })
})

describe('what cannot be had', () => {
  test('an unknown name is said so, with the near one', async () => {
    await expect(create(['lodahs'])).rejects.toMatchObject({
      code: 'invalid_arguments',
      message: "The registry has no package 'lodahs'",
      hint: "Did you mean 'lodash'?",
      details: { reason: 'not-found' },
    })
    await expectNothingLeft()
  })

  test.each(['plain@9', 'plain@no-such-tag'])('%s is no version of it', async (wanted) => {
    await expect(create([wanted])).rejects.toMatchObject({ details: { reason: 'no-version' } })
  })

  test.each(['by-git', 'by-address', 'by-file'])('a dependency from elsewhere is refused: %s', async (name) => {
    await expect(create([name])).rejects.toMatchObject({
      code: 'invalid_arguments',
      details: { reason: 'unsafe-package' },
    })
    await expectNothingLeft()
  })

  test('an archive that is not the one announced is refused', async () => {
    await expect(create(['changed'])).rejects.toMatchObject({ details: { reason: 'hash-mismatch' } })
    await expectNothingLeft()
  })

  test('a package with a weak hash only is refused', async () => {
    await expect(create(['weak'])).rejects.toMatchObject({ details: { reason: 'hash-mismatch' } })
  })

  test('a registry that is not there is said so, soon', async () => {
    const started = performance.now()
    const environment = {
      ...registry.environment,
      npm_config_registry: 'http://127.0.0.1:9/',
      npm_config_fetch_retries: undefined,
    }
    await expect(create(['plain'], { environment })).rejects.toMatchObject({
      code: 'sandbox_unavailable',
      details: { reason: 'registry-unreachable' },
    })
    expect(performance.now() - started).toBeLessThan(20_000)
  })

  test('a missing npm is said so', async () => {
    await expect(create(['plain'], { environment: { PATH: scratch } })).rejects.toMatchObject({
      code: 'sandbox_unavailable',
      details: { reason: 'no-installer' },
    })
  })

  test('an archive cannot write outside its package', async () => {
    const outcome = await create(['slip']).catch((error: unknown) => error)
    expect(
      (await readdir(folder, { recursive: true })).filter(
        (name) => name.endsWith('escaped.txt') && !name.includes('slip'),
      ),
    ).toEqual([])
    expect(existsSync(join(scratch, 'escaped.txt'))).toBe(false)
    expect(outcome).toBeDefined()
  })
})
