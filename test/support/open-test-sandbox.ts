import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sandbox } from '../../src/contracts/sandbox.ts'
import { openSandbox, type SandboxOptions } from '../../src/sandbox/open-sandbox.ts'
import { findPython } from './python.ts'

export interface TestSandbox {
  sandbox: Sandbox
  /** A folder of the test's own; gone with the sandbox. */
  folder: string
  close(): Promise<void>
}

/** The real sandbox of this machine, with folders of its own. */
export async function openTestSandbox(options: Partial<SandboxOptions> = {}): Promise<TestSandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'handaxe-test-'))
  const sandbox = await openSandbox({
    // Without it another backend would pass the tests where this one cannot be opened.
    backend: 'linux',
    pythonPath: findPython() ?? null,
    stateFolder: join(folder, 'state'),
    environment: process.env,
    ...options,
  })
  return {
    sandbox,
    folder,
    async close() {
      await sandbox.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
