import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSandbox } from '../../src/sandbox/open-sandbox.ts'
import { probeSandbox } from '../../src/sandbox/probe.ts'
import { findPython } from '../support/python.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'handaxe-probe-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function options(environment: Record<string, string | undefined> = process.env) {
  return {
    backend: 'linux' as const,
    pythonPath: findPython() ?? null,
    stateFolder: join(folder, 'state'),
    environment,
  }
}

test('on a machine with everything, every required check is good and a line was executed', async () => {
  const probe = await probeSandbox(options())
  expect(probe.usable).toBe(true)
  expect(probe.guarantees?.backend).toBe('linux')
  expect(probe.checks.map(({ name }) => name)).toEqual(
    'kernel bubblewrap user-namespaces cgroups python packages node execution'.split(' '),
  )
  for (const check of probe.checks) if (check.required) expect(check).toMatchObject({ ok: true, problem: null })
})

test('without bubblewrap nothing is usable, and the remedy is a command', async () => {
  const probe = await probeSandbox(options({ PATH: folder }))
  expect(probe).toMatchObject({ usable: false, guarantees: null })
  const check = probe.checks.find(({ name }) => name === 'bubblewrap')
  expect(check).toMatchObject({
    ok: false,
    required: true,
    remedy: expect.stringContaining('apt-get install bubblewrap'),
  })
})

test('without bubblewrap no sandbox opens: nothing falls back to the host', async () => {
  await expect(openSandbox(options({ PATH: folder }))).rejects.toMatchObject({
    code: 'sandbox_unavailable',
    hint: expect.stringContaining('apt-get install bubblewrap'),
  })
})

test('a Python that does not run is named with what to do', async () => {
  const opening = openSandbox({ ...options(), pythonPath: join(folder, 'no-python') })
  await expect(opening).rejects.toMatchObject({ code: 'sandbox_unavailable', hint: expect.stringContaining('setup') })
  const probe = await probeSandbox({ ...options(), pythonPath: join(folder, 'no-python') })
  expect(probe.checks.find(({ name }) => name === 'python')).toMatchObject({ ok: false })
})
