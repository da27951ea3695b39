import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sandbox } from '../../../../src/contracts/sandbox.ts'
import { openSandbox, type SandboxOptions } from '../../../../src/sandbox/open-sandbox.ts'
import { FakeCloud } from './fake-cloud.ts'

/** For titles of tests that are skipped: nothing of the fake cloud runs outside of bubblewrap. */
export const WITHOUT_MACHINES = 'needs Linux, bubblewrap at /usr/bin/bwrap, and root'
/** A machine has several users, as the real ones have; only root can give it a range of them. */
export const canMakeMachines = process.platform === 'linux' && existsSync('/usr/bin/bwrap') && process.geteuid?.() === 0

export interface TestE2b {
  cloud: FakeCloud
  sandbox: Sandbox
  folder: string
  close(): Promise<void>
}

export async function openTestE2b(more: Partial<SandboxOptions> = {}, given?: FakeCloud): Promise<TestE2b> {
  const cloud = given ?? (await FakeCloud.open())
  const folder = await mkdtemp(join(tmpdir(), 'handaxe-e2b-'))
  const release = async () => {
    if (given === undefined) await cloud.close()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const sandbox = await openSandbox({
      backend: 'e2b',
      pythonPath: null,
      stateFolder: join(folder, 'state'),
      environment: cloud.environment,
      ...more,
    })
    const close = async () => {
      await sandbox.close()
      await release()
    }
    return { cloud, sandbox, folder, close }
  } catch (error) {
    await release()
    throw error
  }
}
