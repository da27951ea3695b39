import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Environment } from '../../src/contracts/environment.ts'
import type { Execution } from '../../src/contracts/sandbox.ts'
import { createEnvironment } from '../../src/sandbox/environments/create-environment.ts'
import { importCheckProgram } from '../../src/sandbox/environments/import-check.ts'
import { openTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'
import { findPython } from '../support/python.ts'
import { openLocalNpmRegistry, type LocalRegistry } from './environments/support/local-npm-registry.ts'
import { openLocalPythonIndex, type LocalIndex } from './environments/support/local-python-index.ts'
import { FIND_PLAIN_PACKAGE, FOUND_PLAIN_PACKAGE, PLAIN_PACKAGE } from './support/plain-package.ts'

/** More than there are zygotes for. */
const MANY = ['one', 'two', 'three', 'four', 'five']

let scratch: string
let index: LocalIndex
let registry: LocalRegistry
let opened: TestSandbox
let python: Environment
let javascript: Environment

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'handaxe-environment-executions-'))
  index = await openLocalPythonIndex([
    ...MANY.map((name) => ({ name, version: '1.0', files: { [`${name}.py`]: `name = '${name}'\n` } })),
    PLAIN_PACKAGE,
  ])
  registry = await openLocalNpmRegistry([
    { name: 'plain', version: '1.1.0', files: { 'index.js': 'module.exports = "plain 1.1"' } },
  ])
  const folder = join(scratch, 'environments')
  const make = (language: 'python' | 'javascript', environment: Record<string, string | undefined>, name = 'plain') =>
    createEnvironment({
      name: name === 'plain' ? `for-${language}` : name,
      language,
      packages: [name],
      folder,
      pythonPath: findPython() ?? '/usr/bin/python3',
      environment: { ...process.env, ...environment },
    } as Parameters<typeof createEnvironment>[0])
  python = await make('python', index.environment)
  javascript = await make('javascript', registry.environment)
  for (const name of MANY) await make('python', index.environment, name)
  opened = await openTestSandbox({ environmentsFolder: folder })
})
afterAll(async () => {
  await opened.close()
  await index.close()
  await registry.close()
  await rm(scratch, { recursive: true, force: true })
})

const run = (language: Execution['language'], code: string, environment: string | undefined, more = {}) =>
  opened.sandbox.execute({
    language,
    code,
    ...(environment === undefined ? {} : { environment }),
    ...more,
  })

test('Python imports the packages of its environment, read-only, and the standard library before them', async () => {
  const code = `${FIND_PLAIN_PACKAGE}
result([*found, plain.where])`
  const result = await run('python', code, 'for-python')
  expect(result.error).toBeUndefined()
  expect(result.value).toEqual([...FOUND_PLAIN_PACKAGE, 'EROFS', 1])
})

test('the base is still there, and pandas finds what the environment has', async () => {
  const code = 'import pandas as pd\nimport plain\nresult(int(pd.Series([1, 2]).sum()))'
  expect(await run('python', code, 'for-python')).toMatchObject({ status: 'ok', value: 3 })
})

test('where a package lies on the host is not shown', async () => {
  const code = "result([line for line in open('/proc/self/mountinfo') if 'handaxe-environment' in line])"
  const shown = opened.sandbox.guarantees.notes.some((note) => note.includes('mountinfo'))
  expect((await run('python', code, 'for-python')).value).toHaveLength(shown ? 1 : 0)
})

test.each(['javascript', 'typescript'] as const)('%s imports the packages of its environment', async (language) => {
  const code = "import plain from 'plain'\nresult(plain)"
  const result = await run(language, code, 'for-javascript')
  expect(result.error).toBeUndefined()
  expect(result.value).toBe('plain 1.1')
})

test('without the environment there are no such packages', async () => {
  expect(await run('python', 'import plain', undefined)).toMatchObject({
    error: { type: 'ModuleNotFoundError' },
  })
  expect(await run('javascript', "import 'plain'", undefined)).toMatchObject({ status: 'error' })
})

test('the check after its creation imports what was asked for', async () => {
  for (const environment of [python, javascript]) {
    const program = await importCheckProgram(environment)
    const result = await opened.sandbox.execute({ ...program, environment: environment.name })
    expect(result.error).toBeUndefined()
    expect(result.value).toMatchObject({
      imported: expect.arrayContaining([expect.objectContaining({ module: 'plain' })]) as unknown,
      failed: [],
    })
  }
})

test('an environment that is missing, of another language or badly named is refused', async () => {
  for (const [language, name] of [
    ['python', 'missing'],
    ['python', 'for-javascript'],
    ['javascript', 'for-python'],
    ['python', '../escape'],
  ] as const) {
    await expect(run(language, '', name)).rejects.toMatchObject({
      code: expect.stringMatching(/^invalid_/),
    })
  }
})

test('of many environments the one that was used longest ago makes room, and comes back when it is asked for', async () => {
  const ask = (name: string) => run('python', `import ${name}\nresult(${name}.name)`, name)
  for (const name of [...MANY, 'one']) expect((await ask(name)).value).toBe(name)
  expect((await Promise.all(MANY.map(ask))).map(({ value }) => value)).toEqual(MANY)
  const state = join(opened.folder, 'state')
  const zygotes = () => readdirSync(state, { recursive: true }).filter((path) => /zygote-\d+$/.test(String(path)))
  // Four, and the one of executions without an environment.
  await expect.poll(() => zygotes().length, { timeout: 5000 }).toBeLessThanOrEqual(5)
})

test('the second execution finds its zygote warm', async () => {
  await run('python', 'result(1)', 'for-python')
  const { usage } = await run('python', 'result(1)', 'for-python')
  expect(usage.startupMs).toBeLessThan(10_000)
})

test('an environment that was removed and built again is shown as it is now', async () => {
  const folder = join(scratch, 'environments')
  const options = {
    name: 'again',
    language: 'python' as const,
    packages: ['one'],
    folder,
    pythonPath: findPython() ?? '/usr/bin/python3',
    environment: { ...process.env, ...index.environment },
  }
  const code = 'import one\nresult(one.name)'
  const first = await createEnvironment(options)
  expect((await run('python', code, 'again')).value).toBe('one')
  await rm(folder, { recursive: true })
  const second = await createEnvironment(options)
  expect(second.hash).toBe(first.hash)
  expect((await run('python', code, 'again')).value).toBe('one')
}, 60_000)
