import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, vi } from 'vitest'
import { sandboxContract } from '../contract.ts'
import { folderInputsContract } from '../folder-inputs-contract.ts'
import { hasEngine, openDocker, WITHOUT_ENGINE } from './support/engine.ts'

// Containers take the engine seconds each, on a busy machine many times that.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 })

const open = () => openDocker(join(tmpdir(), 'handaxe-docker-state'))

if (hasEngine) {
  sandboxContract('docker', open)
  folderInputsContract('docker', open)
} else test.skip(`docker: the sandbox contract (${WITHOUT_ENGINE})`, () => {})
