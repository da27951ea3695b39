import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { stopDaemons } from '../../../src/sandbox/daemon/control-daemons.ts'
import { resolveDaemonSettings } from '../../../src/sandbox/daemon/daemon-settings.ts'
import { openDaemonSandbox } from '../../../src/sandbox/daemon/open-daemon-sandbox.ts'
import { findPython } from '../../support/python.ts'
import { sandboxContract } from '../contract.ts'

const program = { path: join(import.meta.dirname, '..', '..', '..', 'src', 'cli', 'main.ts'), version: '0.0.0-test' }
const stateFolder = await mkdtemp(join(tmpdir(), 'handaxe-daemon-'))

sandboxContract('daemon', () =>
  openDaemonSandbox({
    settings: resolveDaemonSettings(
      { pythonPath: findPython() ?? null, stateFolder, environment: process.env },
      program,
    ),
    start: true,
    idleMs: 60_000,
  }),
)

afterAll(async () => {
  await stopDaemons(stateFolder, { force: true })
  await rm(stateFolder, { recursive: true, force: true })
})
