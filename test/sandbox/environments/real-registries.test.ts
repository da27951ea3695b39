import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEnvironment } from '../../../src/sandbox/environments/create-environment.ts'
import { verifyEnvironment } from '../../../src/sandbox/environments/verify-environment.ts'
import { makeBasePython, runPython } from './support/base-python.ts'
import { hasNpm, hasPypi } from './support/real-registries.ts'

const environment = process.env
const titled = (title: string, reachable: boolean): string =>
  reachable ? title : `${title} (skipped: the configured registry cannot be reached)`

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'handaxe-registries-'))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

describe.skipIf(!hasPypi)(titled('the Python index that this machine uses', hasPypi), () => {
  let pythonPath: string
  beforeAll(async () => {
    pythonPath = await makeBasePython(join(scratch, 'base'))
  })
  const create = (packages: string[], folder = 'python', options = {}) =>
    createEnvironment({
      name: 'test',
      language: 'python',
      packages,
      folder: join(scratch, folder),
      pythonPath,
      environment,
      ...options,
    })

  test('serves a small package, which can be imported, and the same lock twice', async () => {
    const built = await create(['tabulate[widechars]>=0.9'])
    const again = await create(['tabulate[widechars]>=0.9'], 'again')
    expect(again.hash).toBe(built.hash)
    expect(built.lock.map((one) => one.name)).toEqual(['tabulate', 'wcwidth'])
    expect(await verifyEnvironment(built)).toMatchObject({ ok: true })
    const program = 'from tabulate import tabulate; print(tabulate([["a", 1]], tablefmt="plain"))'
    expect(runPython(pythonPath, built.packagesFolder, program)).toBe('a  1')
  })

  test('serves a package with compiled modules, with the wheel for this interpreter', async () => {
    const { lock, interpreter, packagesFolder } = await create(['markupsafe'])
    expect(lock[0]?.file).toContain(interpreter.split('-')[1])
    expect(runPython(pythonPath, packagesFolder, 'import markupsafe._speedups; print(markupsafe.escape("<"))')).toBe(
      '&lt;',
    )
  })

  test('serves a package that has only a source distribution, which is refused', async () => {
    await expect(create(['docopt'])).rejects.toMatchObject({
      code: 'invalid_arguments',
      details: { reason: 'source-only', package: 'docopt' },
    })
  })

  test('has a package that is built from source only where that is allowed', async () => {
    const { lock, packagesFolder } = await create(['docopt==0.6.2'], 'source', { allowSourceDistributions: true })
    expect(lock).toMatchObject([{ name: 'docopt', fromSource: true }])
    expect(runPython(pythonPath, packagesFolder, 'import docopt; print(docopt.__version__)')).toBe('0.6.2')
  })

  test('does not know a name that nobody took', async () => {
    await expect(create(['tabulate-handaxe-no-such-package'])).rejects.toMatchObject({
      details: { reason: 'not-found' },
    })
  })

  test.each([
    ['none', undefined],
    ['one that is too old', 'pip==22.0.4'],
  ])('serves a base Python with pip: %s', async (name, pip) => {
    const base = await makeBasePython(join(scratch, `base-${name}`), {
      withoutPip: pip === undefined,
      packages: pip === undefined ? [] : [pip],
    })
    const { packagesFolder } = await create(['tabulate'], `environments-${name}`, { pythonPath: base })
    expect(runPython(base, packagesFolder, 'import tabulate; print("there")')).toBe('there')
  })
})

describe.skipIf(!hasNpm)(titled('the npm registry that this machine uses', hasNpm), () => {
  const create = (packages: string[], folder = 'npm') =>
    createEnvironment({ name: 'test', language: 'javascript', packages, folder: join(scratch, folder), environment })

  test('serves small packages, with and without a scope, and the same lock twice', async () => {
    const built = await create(['is-number@^7', '@sindresorhus/slugify'])
    const again = await create(['is-number@^7', '@sindresorhus/slugify'], 'npm-again')
    expect(again.hash).toBe(built.hash)
    expect(built.lock.map((one) => one.name)).toEqual(expect.arrayContaining(['is-number', '@sindresorhus/slugify']))
    expect(await verifyEnvironment(built)).toMatchObject({ ok: true })
  })

  test('does not know a name that nobody took', async () => {
    await expect(create(['is-number-handaxe-no-such-package'])).rejects.toMatchObject({
      details: { reason: 'not-found' },
    })
  })
})
