import { mkdirSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSandbox, type SandboxOptions } from '../../../src/sandbox/open-sandbox.ts'
import { findPython } from '../../support/python.ts'
import { ENVIRONMENT, hasEngine, IMAGE, WITHOUT_ENGINE } from './support/engine.ts'

// The rest of the choice is tested in test/sandbox/choose.

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'handaxe-choose-'))
  mkdirSync(join(folder, 'empty'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const openWithoutBubblewrap = (more: Partial<SandboxOptions>) =>
  openSandbox({
    pythonPath: findPython() ?? null,
    stateFolder: join(folder, 'state'),
    environment: { PATH: join(folder, 'empty'), HOME: folder, ...ENVIRONMENT },
    ...more,
  })

describe.skipIf(!hasEngine)(`without bubblewrap (${WITHOUT_ENGINE})`, () => {
  test('docker is taken, which a line of progress and every result say', async () => {
    const lines: string[] = []
    const sandbox = await openWithoutBubblewrap({
      docker: { image: IMAGE },
      require: { memory: 'cgroup' },
      onProgress: (line) => lines.push(line),
    })
    try {
      const result = await sandbox.execute({ language: 'python', code: 'result(6 * 7)' })
      expect(result).toMatchObject({ status: 'ok', value: 42, guarantees: { backend: 'docker' } })
      expect(lines).toEqual(['executing with the docker backend (linux: bubblewrap is not installed)'])
      expect(result.guarantees.notes[0]).toMatch(/docker backend is used .*bubblewrap is not installed/)
    } finally {
      await sandbox.close()
    }
  }, 60_000)

  test('a fall to docker does not fall below the policy', async () => {
    const opening = openWithoutBubblewrap({
      docker: { image: IMAGE, runtime: 'runc' },
      require: { systemCalls: 'own-kernel' },
    })
    await expect(opening).rejects.toMatchObject({
      code: 'sandbox_unavailable',
      message: expect.stringContaining('systemCalls is allow-list, and own-kernel is required'),
    })
  }, 60_000)
})
