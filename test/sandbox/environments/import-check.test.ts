import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { importCheckProgram } from '../../../src/sandbox/environments/import-check.ts'

const python = {
  language: 'python' as const,
  packages: ['pyyaml>=6', 'google-cloud[x]'],
  modules: [
    { package: 'pyyaml', names: ['yaml'] },
    { package: 'google-cloud', names: ['google.cloud'] },
    { package: 'needed-by-others', names: ['other'] },
  ],
}

test('asks for the modules of what was asked for, as the arguments of a program for the sandbox', async () => {
  const program = await importCheckProgram(python)
  expect(program.language).toBe('python')
  expect(program.call).toEqual({ function: 'check_imports', arguments: { modules: ['yaml', 'google.cloud'] } })
})

// The modules here are Python's and Node's own: nothing foreign is imported outside the sandbox.
test('the Python program tells what could be imported and why the rest could not', async () => {
  const { code } = await importCheckProgram(python)
  const modules = ['json', 'no_such_module', 'xml.no_such']
  const call = `\nimport json, sys\nprint(json.dumps(check_imports(${JSON.stringify(modules)})))`
  const result = JSON.parse(execFileSync('python3', ['-I', '-c', code + call], { encoding: 'utf8' })) as object
  expect(result).toEqual({
    imported: [{ module: 'json', version: '2.0.9' }],
    failed: [
      { module: 'no_such_module', type: 'ModuleNotFoundError', message: "No module named 'no_such_module'" },
      { module: 'xml.no_such', type: 'ModuleNotFoundError', message: "No module named 'xml.no_such'" },
    ],
  })
})

test('the JavaScript program does the same', async () => {
  const { code, call } = await importCheckProgram({
    language: 'javascript',
    packages: ['@scope/name@^1'],
    modules: [{ package: '@scope/name', names: ['@scope/name'] }],
  })
  expect(call.arguments).toEqual({ modules: ['@scope/name'] })
  const file = join(import.meta.dirname, '../../../src/sandbox/environments/import-check.mjs')
  const module = (await import(file)) as { check_imports: (given: { modules: string[] }) => Promise<unknown> }
  expect(code).toContain('export async function check_imports')
  expect(await module.check_imports({ modules: ['node:path', 'handaxe-no-such-package'] })).toEqual({
    imported: [{ module: 'node:path', version: null }],
    failed: [
      { module: 'handaxe-no-such-package', type: 'Error', message: expect.stringContaining('handaxe-no-such-package') },
    ],
  })
})
