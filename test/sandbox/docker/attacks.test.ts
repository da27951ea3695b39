import { afterAll, beforeAll, describe } from 'vitest'
import type { TestSandbox } from '../../support/open-test-sandbox.ts'
import { testAttacks } from '../support/attack.ts'
import { DOCKER_HOST } from './support/docker-host.ts'
import { hasEngine, openTestDocker, WITHOUT_ENGINE } from './support/engine.ts'
import { FILES_IN_CONTAINER } from './tables/files.ts'
import { KERNEL_IN_CONTAINER } from './tables/kernel.ts'
import { MEMORY_AND_TIME_IN_CONTAINER } from './tables/memory-and-time.ts'
import { NETWORK_IN_CONTAINER } from './tables/network.ts'
import { PROCESSES_IN_CONTAINER } from './tables/processes.ts'
import { PROTOCOL_IN_CONTAINER } from './tables/protocol.ts'
import { SECRETS_AND_STATE_IN_CONTAINER } from './tables/secrets.ts'

describe.skipIf(!hasEngine)(`attacks on a container (${WITHOUT_ENGINE})`, () => {
  let opened: TestSandbox
  beforeAll(async () => {
    opened = await openTestDocker({ idlePython: 1, idleJavascript: 0 })
  })
  afterAll(() => opened.close())
  testAttacks(
    () => opened,
    [
      ...FILES_IN_CONTAINER,
      ...PROCESSES_IN_CONTAINER,
      ...MEMORY_AND_TIME_IN_CONTAINER,
      ...(process.arch === 'x64' ? KERNEL_IN_CONTAINER : []),
      ...NETWORK_IN_CONTAINER,
      ...PROTOCOL_IN_CONTAINER,
      ...SECRETS_AND_STATE_IN_CONTAINER,
    ],
    DOCKER_HOST,
  )
})
