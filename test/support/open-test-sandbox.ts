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

const KEY = Symbol.for('handaxe.tests.sandboxes')
const shared = globalThis as typeof globalThis & { [KEY]?: Map<string, Promise<TestSandbox>> }

/**
 * As `openTestSandbox` without options, but one for all files of tests that this process runs: a sandbox takes a second of a
 * processor to open. `close` leaves it open. For tests of what uses a sandbox; those of the sandbox itself open their own.
 */
export async function borrowTestSandbox(): Promise<TestSandbox> {
  const sandboxes = (shared[KEY] ??= closeAtTheEnd(new Map()))
  const python = findPython() ?? ''
  const opening = sandboxes.get(python) ?? openTestSandbox()
  sandboxes.set(python, opening)
  return { ...(await opening), close: () => Promise.resolve() }
}

/** Vitest ends its processes by SIGTERM. */
function closeAtTheEnd(sandboxes: Map<string, Promise<TestSandbox>>): Map<string, Promise<TestSandbox>> {
  process.once('SIGTERM', () => {
    const closing = [...sandboxes.values()].map(async (opening) => (await opening).close())
    void Promise.allSettled(closing).then(() => process.exit())
  })
  return sandboxes
}
