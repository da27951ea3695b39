import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  createEnvironment,
  type CreateEnvironmentOptions,
} from '../../../src/sandbox/environments/create-environment.ts'
import { findEnvironment, listEnvironments } from '../../../src/sandbox/environments/list-environments.ts'
import { removeEnvironment } from '../../../src/sandbox/environments/remove-environment.ts'
import { verifyEnvironment } from '../../../src/sandbox/environments/verify-environment.ts'
import { makeBasePython, runPython } from './support/base-python.ts'
import { openLocalPythonIndex, type Distribution, type LocalIndex } from './support/local-python-index.ts'

let scratch: string
let folder: string
let index: LocalIndex
let pythonPath: string

const canary = (): string => join(scratch, 'canary')
const touchCanary = (): string => `open(${JSON.stringify(canary())}, "w").write("foreign code ran")\n`

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'handaxe-environments-'))
  const module = (name: string, version: string, requires: string[] = []): Distribution => ({
    name,
    version,
    requires,
    files: { [`${name}/__init__.py`]: `__version__ = "${version}"\n` },
  })
  // A base with its own numpy and pandas, small enough to be made here.
  index = await openLocalPythonIndex([
    module('numpy', '1.0'),
    module('numpy', '2.0'),
    module('pandas', '1.0', ['numpy<2']),
    module('pandas', '2.0', ['numpy>=2']),
    module('plain', '1.0'),
    module('plain', '1.1'),
    module('upon', '1.0', ['plain>=1', 'numpy', 'absent; extra == "more"']),
    module('older', '1.0', ['numpy<2']),
    module('fights', '1.0', ['plain<1.1']),
    { name: 'sourced', version: '3.0', kind: 'source', hook: touchCanary() },
  ])
  pythonPath = await makeBasePython(join(scratch, 'base'), {
    environment: index.environment,
    packages: ['numpy==2.0', 'pandas==2.0'],
  })
})
afterAll(async () => {
  await index.close()
  await rm(scratch, { recursive: true, force: true })
})
beforeEach(async () => {
  folder = await mkdtemp(join(scratch, 'environments-'))
  await rm(canary(), { force: true })
  index.requests.length = 0
  index.intercept(() => false)
})

function create(packages: string[], options: Partial<CreateEnvironmentOptions> = {}) {
  return createEnvironment({
    name: 'test',
    language: 'python',
    packages,
    folder,
    pythonPath,
    environment: index.environment,
    ...options,
  } as CreateEnvironmentOptions)
}

/** Nothing that looks finished and nothing half-built. */
async function expectNothingLeft(): Promise<void> {
  expect(await findEnvironment(folder, 'test')).toBeNull()
  expect(await listEnvironments(folder)).toEqual({ environments: [], damaged: [] })
  expect(await readdir(join(folder, 'builds'))).toEqual([])
}

describe('a Python environment', () => {
  test('has what was asked for and what that needs, locked by hash, over a base that stays as it is', async () => {
    const environment = await create(['Upon'])
    expect(environment).toMatchObject({ name: 'test', language: 'python', packages: ['upon'], warnings: [] })
    expect(environment.lock.map((one) => `${one.name} ${one.version}`)).toEqual(['plain 1.1', 'upon 1.0'])
    for (const one of environment.lock) expect(one.integrity).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(environment.base).toEqual([{ name: 'numpy', version: '2.0' }])
    expect(environment.modules).toEqual([
      { package: 'plain', names: ['plain'] },
      { package: 'upon', names: ['upon'] },
    ])
    const lock = await readFile(join(environment.folder, 'requirements.txt'), 'utf8')
    expect(lock).toMatch(
      /^# of the base: numpy==2.0\nplain==1.1 --hash=sha256:\w{64}\nupon==1.0 --hash=sha256:\w{64}\n$/,
    )
    const imports =
      'import upon, plain, numpy, pandas; print(upon.__version__, plain.__version__, numpy.__version__, pandas.__version__)'
    expect(runPython(pythonPath, environment.packagesFolder, imports)).toBe('1.0 1.1 2.0 2.0')
    expect(await findEnvironment(folder, 'test')).toEqual(environment)
    expect((await listEnvironments(folder)).environments).toEqual([environment])
    expect(await verifyEnvironment(environment)).toMatchObject({ ok: true })
  })

  test('takes numpy and its like into itself, in fitting versions, where the base has others', async () => {
    const environment = await create(['older'])
    expect(environment.lock.map((one) => `${one.name} ${one.version}`)).toEqual([
      'numpy 1.0',
      'older 1.0',
      'pandas 1.0',
    ])
    expect(environment.base).toEqual([])
    const imports = 'import numpy, pandas, older; print(numpy.__version__, pandas.__version__)'
    expect(runPython(pythonPath, environment.packagesFolder, imports)).toBe('1.0 1.0')
  })

  test('of packages that the base has is empty, and bound to the base', async () => {
    const environment = await create(['numpy>=2'])
    expect(environment.lock).toEqual([])
    expect(environment.base).toEqual([{ name: 'numpy', version: '2.0' }])
    expect(await verifyEnvironment(environment)).toMatchObject({ ok: true })
  })

  test('has the same hash elsewhere, and another for another lock', async () => {
    const first = await create(['upon'])
    const other = await mkdtemp(join(scratch, 'environments-'))
    const again = await create(['upon'], { folder: other, name: 'other-name' })
    const different = await create(['plain==1.0'], { folder: other })
    expect(again.hash).toBe(first.hash)
    expect(await readFile(join(again.folder, 'requirements.txt'))).toEqual(
      await readFile(join(first.folder, 'requirements.txt')),
    )
    expect(different.hash).not.toBe(first.hash)
  })

  test('that is there already is returned without asking the index; refresh asks again', async () => {
    index.add([{ name: 'renewed', version: '1.0', files: { 'renewed.py': '' } }])
    const first = await create(['renewed'])
    index.requests.length = 0
    expect(await create([' Renewed '])).toEqual(first)
    expect(index.requests).toEqual([])
    index.add([{ name: 'renewed', version: '1.1', files: { 'renewed.py': '' } }])
    const newer = await create(['renewed'], { refresh: true })
    expect(newer.lock[0]?.version).toBe('1.1')
    // An execution may still have it mounted.
    expect(existsSync(first.packagesFolder)).toBe(true)
  })

  test('names no path of this machine, and leaves out the commands that packages install', async () => {
    index.add([
      {
        name: 'commands',
        version: '1.0',
        files: { 'commands.py': 'def main(): pass\n' },
        scripts: { 'run-it': 'commands:main' },
      },
    ])
    const { packagesFolder } = await create(['commands'])
    expect(await readdir(packagesFolder)).toEqual(['__pycache__', 'commands-1.0.dist-info', 'commands.py'])
    for (const entry of await readdir(packagesFolder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const text = await readFile(join(entry.parentPath, entry.name), 'latin1')
      expect(text).not.toContain(scratch)
    }
    const compiled = await readdir(join(packagesFolder, '__pycache__'))
    expect(await readFile(join(packagesFolder, '__pycache__', compiled[0] ?? ''), 'latin1')).toContain(
      '/opt/environment/commands.py',
    )
  })

  test('is readable by the user of the sandbox, whatever the mask of this process', async () => {
    const before = process.umask(0o077)
    try {
      const { packagesFolder } = await create(['plain'])
      expect((await stat(packagesFolder)).mode & 0o777).toBe(0o755)
      expect((await stat(join(packagesFolder, 'plain', '__init__.py'))).mode & 0o7777).toBe(0o644)
    } finally {
      process.umask(before)
    }
  })
})

describe('what cannot be had', () => {
  test('a name that the index does not know is said so, with its reason and the near name', async () => {
    await expect(create(['pandsa'])).rejects.toMatchObject({
      code: 'invalid_arguments',
      message: "The registry has no package 'pandsa'",
      hint: "Did you mean 'pandas'?",
      details: {
        reason: 'not-found',
        package: 'pandsa',
        registry: expect.stringContaining('No matching distribution'),
      },
    })
    await expectNothingLeft()
  })

  test('a version that is not there is said so, with those that are', async () => {
    await expect(create(['plain==9'])).rejects.toMatchObject({
      message: "There is no such version of 'plain'; there are: 1.0, 1.1",
      details: { reason: 'no-version' },
    })
  })

  test('packages that exclude each other are said so', async () => {
    await expect(create(['fights', 'plain>=1.1'])).rejects.toMatchObject({
      code: 'invalid_arguments',
      details: { reason: 'conflict' },
      message: expect.stringMatching(/exclude each other.*fights.*plain/),
    })
    await expectNothingLeft()
  })

  test('a package without a wheel is refused, and its code does not run', async () => {
    await expect(create(['sourced'])).rejects.toMatchObject({
      code: 'invalid_arguments',
      details: { reason: 'source-only', package: 'sourced' },
      message: expect.stringMatching(/no wheel for Python 3.*only source \(3\.0\)/),
    })
    expect(existsSync(canary())).toBe(false)
    await expectNothingLeft()
  })

  test('an index that is not there is said so, soon', async () => {
    const started = performance.now()
    const environment = { ...index.environment, PIP_INDEX_URL: 'http://user:secret@127.0.0.1:9/simple' }
    const error = await create(['plain'], { environment }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'sandbox_unavailable', details: { reason: 'registry-unreachable' } })
    expect(JSON.stringify(error)).not.toContain('secret')
    expect(performance.now() - started).toBeLessThan(20_000)
    await expectNothingLeft()
  })

  test.each([401, 403])('an index that answers %i is said to refuse access', async (status) => {
    index.intercept((_, response) => {
      response.writeHead(status).end()
      return true
    })
    await expect(create(['plain'])).rejects.toMatchObject({
      code: 'sandbox_unavailable',
      details: { reason: 'registry-refused' },
    })
  })

  test('a file that is not the one announced is refused', async () => {
    index.intercept((request, response) => {
      if (!request.url?.startsWith('/files/')) return false
      response.end('PK something else')
      return true
    })
    await expect(create(['plain'])).rejects.toMatchObject({ details: { reason: 'hash-mismatch' } })
    await expectNothingLeft()
  })

  test('a file that changes between the lock and the installation is refused', async () => {
    let served = 0
    index.intercept((request, response) => {
      if (request.url?.startsWith('/files/') !== true || served++ === 0) return false
      response.end('PK something else')
      return true
    })
    await expect(create(['plain'])).rejects.toMatchObject({ details: { reason: 'hash-mismatch' } })
    expect(served).toBeGreaterThan(1)
    await expectNothingLeft()
  })

  test('a Python that does not run is said so', async () => {
    await expect(create(['plain'], { pythonPath: join(scratch, 'no-python') })).rejects.toMatchObject({
      code: 'sandbox_unavailable',
      hint: expect.stringContaining('handaxe setup'),
    })
  })

  test.each(['../x', 'A', '.hidden', 'x/y', '', 'x..y', 'x\n', 'a'.repeat(65)])(
    '%j is no name for an environment',
    async (name) => {
      await expect(create(['plain'], { name })).rejects.toMatchObject({ code: 'invalid_arguments' })
      expect(await readdir(folder)).toEqual([])
    },
  )
})

describe('hostile packages', () => {
  test('nothing of a package runs while it is installed', async () => {
    const program = touchCanary()
    index.add([
      {
        name: 'eager',
        version: '1.0',
        files: {
          'eager/__init__.py': program,
          'eager.pth': `import os; ${program}`,
          'sitecustomize.py': program,
          'usercustomize.py': program,
          'setup.py': program,
          'compileall.py': program,
          'pip/__init__.py': program,
          'encodings/__init__.py': program,
        },
      },
    ])
    const environment = await create(['eager'])
    expect(await verifyEnvironment(environment)).toMatchObject({ ok: true })
    expect(existsSync(canary())).toBe(false)
  })

  test('a dependency by address is never built, and not accepted', async () => {
    index.add([
      { name: 'evil', version: '1.0', kind: 'source', hook: touchCanary() },
      {
        name: 'lure',
        version: '1.0',
        requires: [`evil @ ${index.address}/files/evil-1.0.tar.gz`],
        files: { 'lure.py': '' },
      },
    ])
    await expect(create(['lure'])).rejects.toMatchObject({ details: { reason: 'unsafe-package' } })
    expect(existsSync(canary())).toBe(false)
    await expectNothingLeft()
    // The same where builds are allowed shows that the address was tried, and that the canary sings.
    await expect(create(['lure'], { allowSourceDistributions: true } as never)).rejects.toMatchObject({
      details: { reason: 'unsafe-package' },
    })
    expect(existsSync(canary())).toBe(true)
  })

  test('a wheel by address is not accepted either', async () => {
    index.add([
      { name: 'lure2', version: '1.0', requires: [`plain @ ${index.address}/files/plain-1.0-py3-none-any.whl`] },
    ])
    await expect(create(['lure2'])).rejects.toMatchObject({ details: { reason: 'unsafe-package', package: 'plain' } })
  })

  test('a repository as a dependency starts no program', async () => {
    index.add([{ name: 'lure3', version: '1.0', requires: [`evil @ git+${index.address}/evil.git`] }])
    await expect(create(['lure3'])).rejects.toMatchObject({ details: { reason: 'unsafe-package' } })
    expect(index.requests.filter((path) => path.includes('evil.git'))).toEqual([])
  })

  test.each(['../../../escaped.txt', '/tmp/handaxe-escaped.txt'])('a wheel cannot write to %s', async (path) => {
    index.add([{ name: 'slip', version: '1.0', files: { 'slip.py': '', [path]: 'out' } }])
    const outcome = await create(['slip']).catch((error: unknown) => error)
    const found = await readdir(folder, { recursive: true })
    const outside = found.filter((name) => name.endsWith('escaped.txt') && !name.includes('site-packages'))
    expect(outside).toEqual([])
    expect(existsSync('/tmp/handaxe-escaped.txt')).toBe(false)
    expect(existsSync(join(scratch, 'escaped.txt'))).toBe(false)
    if ('hash' in (outcome as object)) expect(await verifyEnvironment(outcome as never)).toMatchObject({ ok: true })
    else expect(outcome).toMatchObject({ name: 'HandaxeError' })
  })

  test('a package that would hide the numpy of the base is refused', async () => {
    index.add([{ name: 'helper', version: '1.0', files: { 'numpy/__init__.py': touchCanary() } }])
    await expect(create(['helper'])).rejects.toMatchObject({ details: { reason: 'unsafe-package', package: 'helper' } })
    await expectNothingLeft()
  })

  test('control characters of an index do not reach the terminal', async () => {
    index.intercept((_, response) => {
      response.setHeader('content-type', 'text/html')
      response.end('<html><body><a href="/files/plain-\u001b[2J9-py3-none-any.whl">plain-\u001b[2J9</a></body></html>')
      return true
    })
    const lines: string[] = []
    const error = await create(['plain'], { onProgress: (line) => lines.push(line) }).catch((error: unknown) => error)
    expect(JSON.stringify([error, (error as Error).message, lines])).not.toMatch(/\\u001b/)
  })
})

describe('source distributions, where they are allowed', () => {
  test('are built, named in the lock and warned of, and get no secret', async () => {
    const seen = join(scratch, 'seen-by-build')
    index.add([
      {
        name: 'built',
        version: '1.0',
        kind: 'source',
        hook: `import json\njson.dump(dict(os.environ), open(${JSON.stringify(seen)}, "w"))`,
      },
    ])
    const environment = await create(['built'], {
      allowSourceDistributions: true,
      environment: { ...index.environment, SOME_API_KEY: 'secret' },
    } as never)
    expect(environment.lock).toMatchObject([{ name: 'built', file: 'built-1.0.tar.gz', fromSource: true }])
    expect(environment.warnings).toEqual([expect.stringContaining('its own code ran on this machine')])
    expect(runPython(pythonPath, environment.packagesFolder, 'import built; print(built.origin)')).toBe('source')
    expect(JSON.parse(await readFile(seen, 'utf8'))).not.toHaveProperty('SOME_API_KEY')
  })

  test('are not built where there is a wheel', async () => {
    expect((await create(['plain'], { allowSourceDistributions: true } as never)).warnings).toEqual([])
  })
})

describe('builders and removers at the same time', () => {
  test('of the same name and packages all get the same, whole environment', async () => {
    const environments = await Promise.all([1, 2, 3].map(() => create(['upon'])))
    expect(new Set(environments.map((one) => one.hash)).size).toBe(1)
    expect(await verifyEnvironment(environments[0] ?? expect.fail())).toMatchObject({ ok: true })
    expect(await readdir(join(folder, 'builds'))).toEqual([environments[0]?.hash])
  })

  test('of the same name with different packages leave one of them, whole', async () => {
    const [first, second] = await Promise.all([create(['plain==1.0']), create(['plain==1.1'])])
    const found = await findEnvironment(folder, 'test')
    expect([first.hash, second.hash]).toContain(found?.hash)
    expect(await verifyEnvironment(found ?? expect.fail())).toMatchObject({ ok: true })
  })

  test('two names share one build; it goes with the last of them', async () => {
    const first = await create(['plain'], { name: 'first' })
    const second = await create(['plain'], { name: 'second' })
    expect(second.folder).toBe(first.folder)
    expect(await removeEnvironment(folder, 'first')).toBe(true)
    expect(await verifyEnvironment(second)).toMatchObject({ ok: true })
    expect(await removeEnvironment(folder, 'second')).toBe(true)
    expect(await removeEnvironment(folder, 'second')).toBe(false)
    expect(await readdir(join(folder, 'builds'))).toEqual([])
    expect(await readdir(join(folder, 'names'))).toEqual([])
  })

  test('creating while it is removed ends with a whole environment or with none', async () => {
    for (let round = 0; round < 2; round++) {
      await create(['plain==1.0'])
      const [created] = await Promise.all([
        create(['plain==1.0'], { refresh: true }).catch((error: unknown) => error),
        removeEnvironment(folder, 'test'),
      ])
      const found = await findEnvironment(folder, 'test')
      if (found === null) expect(created).toMatchObject({ code: 'sandbox_broken' })
      else expect(await verifyEnvironment(found)).toMatchObject({ ok: true })
    }
  })
})

test('damage is found, and mended by creating again with refresh, for all names of the build', async () => {
  const environment = await create(['upon'])
  const twin = await create(['upon'], { name: 'twin' })
  await writeFile(join(environment.packagesFolder, 'plain', '__init__.py'), 'changed')
  await rm(join(environment.packagesFolder, 'upon', '__init__.py'))
  await writeFile(join(environment.packagesFolder, 'added.py'), '')
  expect(await verifyEnvironment(environment)).toEqual({
    ok: false,
    changed: ['plain/__init__.py'],
    missing: ['upon/__init__.py'],
    added: ['added.py'],
  })
  expect(await create(['upon'], { refresh: true })).toMatchObject({ hash: environment.hash })
  expect(await verifyEnvironment(twin)).toMatchObject({ ok: true })
  await rm(join(environment.folder, 'manifest.json'))
  await expect(verifyEnvironment(environment)).rejects.toMatchObject({ code: 'sandbox_broken' })
  expect(await verifyEnvironment(await create(['upon'], { refresh: true }))).toMatchObject({ ok: true })
})
