import { execFile } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openLocalPythonIndex, type LocalIndex } from '../sandbox/environments/support/local-python-index.ts'
import { createHome, runCli } from '../support/run-cli.ts'

let home: string
let index: LocalIndex

beforeAll(async () => {
  index = await openLocalPythonIndex([
    { name: 'plain', version: '1.1', files: { 'plain.py': 'version = "1.1"\n' } },
    { name: 'other', version: '2.0', files: { 'other.py': 'import plain\n' }, requires: ['plain'] },
    { name: 'built', version: '1.0', kind: 'source', files: { 'built.py': 'version = "1.0"\n' } },
  ])
})
afterAll(() => index.close())
beforeEach(() => {
  home = createHome()
})

const local = () => Object.fromEntries(Object.entries(index.environment).filter(([, value]) => value !== undefined))
const env = (args: string[], options: Parameters<typeof runCli>[2] = {}) =>
  runCli(home, ['env', ...args], { environment: local() as Record<string, string>, ...options })
const builds = () => {
  const folder = join(home, 'environments', 'builds')
  return existsSync(folder) ? readdirSync(folder) : []
}

describe('handaxe env', () => {
  test('builds, shows, mounts and removes an environment', async () => {
    expect(await env(['list'])).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: expect.stringContaining('env create'),
    })
    writeFileSync(join(home, 'requirements.txt'), '# what is needed\nother>=1\n')
    const created = await env(['create', 'tables', 'plain', '-r', 'requirements.txt', '--json'])
    expect(created.exitCode, created.stderr).toBe(0)
    expect(created.stderr).toContain('· ')
    expect(JSON.parse(created.stdout)).toMatchObject({
      name: 'tables',
      language: 'python',
      packages: ['other>=1', 'plain'],
      lock: [
        { name: 'other', version: '2.0' },
        { name: 'plain', version: '1.1' },
      ],
    })
    const listed = await env(['list', '--verify'])
    expect(listed).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/NAME.*\ntables +python .*other>=1 plain/),
    })

    const program = 'import other\nprint(other.plain.version)'
    const used = await runCli(home, ['exec', '--environment', 'tables', '-'], { input: program })
    expect(used, used.stderr).toMatchObject({ exitCode: 0, stdout: '1.1\n' })
    const without = await runCli(home, ['exec', '-'], { input: program })
    expect(without).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('ModuleNotFoundError') })

    expect(await env(['remove', 'tables'])).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('tables is removed'),
    })
    expect(builds()).toEqual([])
    const gone = await runCli(home, ['exec', '--environment', 'tables', '-'], { input: program })
    expect(gone).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('handaxe env list') })
  }, 120_000)

  test('damage is found and mended', async () => {
    const created = await env(['create', 'tables', 'plain', '--json'])
    expect(created.exitCode, created.stderr).toBe(0)
    writeFileSync(join(JSON.parse(created.stdout).packagesFolder, 'plain.py'), 'version = "changed"\n')
    const damaged = await env(['list', '--verify'])
    expect(damaged).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/tables is damaged: .*1 changed.*plain\.py/),
    })
    const mended = await env(['create', 'tables', 'plain', '--refresh'])
    expect(mended.exitCode, mended.stderr).toBe(0)
    expect((await env(['list', '--verify'])).exitCode).toBe(0)
  }, 120_000)

  test.each([
    [['create', 'tables'], /1 to 100 packages/],
    [['create', 'Tables', 'plain'], /cannot be the name/],
    [['create', 'tables', 'https://example.com/x.whl'], /configured registry/],
    [['create', 'tables', '--', '--index-url=https://example.com'], /option/],
    [['create', 'tables', 'missing-from-the-index'], /no package/],
    [['create', 'tables', 'plain', '-r', 'nowhere.txt'], /does not exist/],
    [['create', 'tables', 'x', '--language', 'cobol'], /python, javascript/],
    [['create', 'tables', 'x', '--language', 'javascript', '--allow-source'], /Only Python/],
    [['remove', 'nothing'], /no package environment/],
    [['remove', '../../etc'], /cannot be the name/],
  ])('handaxe env %j is refused, and leaves nothing', async (args, message) => {
    const outcome = await env(args)
    expect(outcome.exitCode, outcome.stderr).toBe(2)
    expect(outcome.stderr).toMatch(message)
    expect(builds()).toEqual([])
  })

  test('code of a package is run while it is built only where that is allowed', async () => {
    const refused = await env(['create', 'tables', 'built'])
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('source') })
    const allowed = await env(['create', 'tables', 'built', '--allow-source', '--json'])
    expect(allowed.exitCode, allowed.stderr).toBe(0)
    expect(JSON.parse(allowed.stdout)).toMatchObject({ lock: [{ name: 'built', fromSource: true }] })
  }, 120_000)

  test('Ctrl-C ends the installer and leaves nothing', async () => {
    const slow = await openLocalPythonIndex()
    try {
      let interruptedAt = 0
      const asked = Promise.withResolvers<void>()
      slow.intercept(() => {
        asked.resolve()
        // Never answered.
        return true
      })
      const outcome = await env(['create', 'tables', 'plain'], {
        environment: slow.environment as Record<string, string>,
        onStart: (child) => {
          const interrupt = async (): Promise<void> => {
            await asked.promise
            interruptedAt = performance.now()
            child.kill('SIGINT')
          }
          void interrupt()
        },
      })
      expect(outcome.exitCode, outcome.stderr).toBe(130)
      expect(performance.now() - interruptedAt).toBeLessThan(10_000)
      expect(builds()).toEqual([])
      expect(await env(['list'])).toMatchObject({ stdout: '' })
    } finally {
      await slow.close()
    }
  }, 60_000)
})

/** What the installer of this machine needs to reach its registry. */
const configured = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name, value]) => /^(PIP_|HOME$|HTTPS?_PROXY$|SSL_)/i.test(name) && value !== undefined,
  ),
) as Record<string, string>
const hasPypi = await promisify(execFile)(
  'python3',
  ['-m', 'pip', '--retries', '0', '--timeout', '10', 'index', 'versions', 'tabulate'],
  {
    timeout: 30_000,
  },
).then(
  () => true,
  () => false,
)

test.skipIf(!hasPypi)(
  'a small package from the Python index that this machine uses (skipped where it cannot be reached)',
  async () => {
    const created = await env(['create', 'tables', 'tabulate'], { environment: configured })
    expect(created.exitCode, created.stderr).toBe(0)
    expect(created.stderr).toMatch(/tables: 1 package, .*\n +tabulate \d/)
    const program = 'import tabulate\nprint(tabulate.tabulate([[1, 2]], headers=["a", "b"], tablefmt="github"))'
    const used = await runCli(home, ['exec', '--environment', 'tables', '-'], { input: program })
    expect(used.stdout, used.stderr).toMatch(/^\| +a \| +b \|/)
  },
  180_000,
)
