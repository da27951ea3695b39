import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'vitest'
import { sandboxContract } from '../contract.ts'
import { hasEngine, openDocker, WITHOUT_ENGINE } from './support/engine.ts'

if (hasEngine) sandboxContract('docker', () => openDocker(join(tmpdir(), 'handaxe-docker-state')))
else test.skip(`docker: the sandbox contract (${WITHOUT_ENGINE})`, () => {})
