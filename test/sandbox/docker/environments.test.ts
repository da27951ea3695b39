import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EngineClient } from '../../../src/sandbox/backends/docker/engine-client.ts'
import { EnvironmentVolumes } from '../../../src/sandbox/backends/docker/environment-volumes.ts'
import { findEngine } from '../../../src/sandbox/backends/docker/find-engine.ts'
import { labelsOf } from '../../../src/sandbox/backends/docker/container-options.ts'
import { createEnvironment } from '../../../src/sandbox/environments/create-environment.ts'
import { describeOwner } from '../../../src/sandbox/owner.ts'
import type { TestSandbox } from '../../support/open-test-sandbox.ts'
import { openLocalNpmRegistry, type LocalRegistry } from '../environments/support/local-npm-registry.ts'
import { openLocalPythonIndex, type LocalIndex } from '../environments/support/local-python-index.ts'
import { allow } from '../network-contract.ts'
import { FIND_PLAIN_PACKAGE, FOUND_PLAIN_PACKAGE, PLAIN_PACKAGE } from '../support/plain-package.ts'
import { engineObjects, ENVIRONMENT, hasEngine, IMAGE, openTestDocker, WITHOUT_ENGINE } from './support/engine.ts'

let scratch: string
let index: LocalIndex
let registry: LocalRegistry
let opened: TestSandbox

const folder = () => join(scratch, 'environments')
/** The distribution's own: the image of the tests has the same release, so the same Python. */
const create = (name: string, packages: string[]) =>
  createEnvironment({
    name,
    language: 'python',
    packages,
    folder: folder(),
    pythonPath: '/usr/bin/python3',
    environment: { ...process.env, ...index.environment },
  })
const run = (environment: string | undefined, code: string, language: 'python' | 'javascript' = 'python') =>
  opened.sandbox.execute({ language, code, ...(environment === undefined ? {} : { environment }) })

describe.skipIf(!hasEngine)(`package environments in containers (${WITHOUT_ENGINE})`, { timeout: 240_000 }, () => {
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'handaxe-docker-environments-'))
    const module = (name: string, version: string) => ({
      name,
      version,
      files: { [`${name}.py`]: `v = '${version}'\n` },
    })
    index = await openLocalPythonIndex([PLAIN_PACKAGE, module('other', '1.0')])
    registry = await openLocalNpmRegistry([{ name: 'plain', version: '1.0.0', files: { 'index.js': '' } }])
    await create('tables', ['plain'])
    await createEnvironment({
      name: 'for-javascript',
      language: 'javascript',
      packages: ['plain'],
      folder: folder(),
      environment: { ...process.env, ...registry.environment },
    })
    opened = await openTestDocker({ idlePython: 1, idleJavascript: 0, environmentsFolder: folder() })
  })
  afterAll(async () => {
    await opened?.close()
    await index?.close()
    await registry?.close()
    await rm(scratch, { recursive: true, force: true })
  })

  test('Python imports the packages of its environment, read-only, after the standard library and before the image', async () => {
    const code = `${FIND_PLAIN_PACKAGE}
import pandas
result([*found, int(pandas.Series([1, 2]).sum())])`
    const result = await run('tables', code)
    expect(result.error).toBeUndefined()
    expect(result.value).toEqual([...FOUND_PLAIN_PACKAGE, 'EACCES', 3])
    expect(await run(undefined, 'import plain')).toMatchObject({ error: { type: 'ModuleNotFoundError' } })
  })

  test('an environment and a network go together', async () => {
    const code = "import plain, os\nresult([plain.__version__, 'HTTP_PROXY' in os.environ])"
    const result = await opened.sandbox.execute({
      language: 'python',
      code,
      environment: 'tables',
      network: allow([]),
    })
    expect(result).toMatchObject({ value: ['1.1', true], guarantees: { network: 'allow-list' } })
  })

  test('what is missing, of JavaScript or for another Python is refused, and nothing is executed', async () => {
    await expect(run('missing', '')).rejects.toMatchObject({ code: 'invalid_arguments' })
    await expect(run('for-javascript', '', 'javascript')).rejects.toMatchObject({
      code: 'invalid_arguments',
      message: expect.stringContaining('of Python only'),
    })
    const { folder: build } = await create('foreign', ['other', 'plain'])
    const record = join(build, 'environment.json')
    const text = await readFile(record, 'utf8')
    await writeFile(record, text.replace(/"interpreter": "[^"]*"/, '"interpreter": "cpython-39-darwin"'))
    await expect(run('foreign', '')).rejects.toMatchObject({
      code: 'invalid_arguments',
      message: expect.stringMatching(/built for cpython-39-darwin, this is cpython-3.*the linux backend/),
    })
    // A file that is only for a C library that the image does not have.
    await writeFile(
      record,
      text.replace(/"file": "plain[^"]*"/, '"file": "plain-1.1-cp311-cp311-manylinux_2_99_x86_64.whl"'),
    )
    await expect(run('foreign', '')).rejects.toMatchObject({ message: expect.stringContaining('is not for glibc 2.') })
  })

  test('the engine keeps four of them, and none after the end', async () => {
    const engine = new EngineClient(findEngine(ENVIRONMENT))
    const labels = labelsOf(describeOwner(), 'test')
    const name = `handaxe-test-${process.pid}`
    const volumes = new EnvironmentVolumes(name, (volume) => ({ engine, image: IMAGE, volume, labels }))
    const count = async () => (await engineObjects()).volumes.filter((one) => one.Name.startsWith(name)).length
    const built = await create('many', ['plain'])
    const named = async (volume: string) => volume
    try {
      for (const hash of ['a', 'b', 'c', 'd', 'e', 'f']) await volumes.use({ ...built, hash }, named)
      expect(await count()).toBe(4)
      const [one, same] = await Promise.all([volumes.use(built, named), volumes.use(built, named)])
      expect(one).toBe(same)
      await expect(volumes.use({ ...built, packagesFolder: join(scratch, 'none') }, named)).rejects.toThrow('ENOENT')
    } finally {
      await volumes.close()
      engine.close()
    }
    expect(await count()).toBe(0)
  })
})
