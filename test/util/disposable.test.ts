import { expect, test } from 'vitest'
import { openSandbox } from '../../src/sandbox/open-sandbox.ts'
import { openStore } from '../../src/store/open-store.ts'
import { createHome } from '../support/run-cli.ts'
import { findPython } from '../support/python.ts'

test('a store and a sandbox are closed at the end of the block that opened them with await using', async () => {
  const opened = await (async () => {
    await using store = await openStore({ path: ':memory:' })
    await using sandbox = await openSandbox({
      pythonPath: findPython() ?? null,
      stateFolder: createHome(),
      backend: 'linux',
    })
    expect(await sandbox.execute({ language: 'python', code: 'result(1)' })).toMatchObject({ status: 'ok', value: 1 })
    expect(await store.tools.list()).toEqual([])
    return { store, sandbox }
  })()
  await expect(opened.sandbox.execute({ language: 'python', code: 'result(1)' })).rejects.toMatchObject({
    name: 'HandaxeError',
  })
  await expect((async () => opened.store.tools.list())()).rejects.toThrow()
})
