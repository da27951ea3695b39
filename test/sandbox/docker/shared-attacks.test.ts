import { afterAll, beforeAll, describe, test } from 'vitest'
import type { TestSandbox } from '../../support/open-test-sandbox.ts'
import { FILES } from '../attacks/tables/files.ts'
import { KERNEL } from '../attacks/tables/kernel.ts'
import { networkAttacks } from '../attacks/tables/network.ts'
import { PROCESSES } from '../attacks/tables/processes.ts'
import { PROTOCOL } from '../attacks/tables/protocol.ts'
import { SECRETS } from '../attacks/tables/secrets.ts'
import { testAttacks, type Attack } from '../support/attack.ts'
import { openBystander } from '../support/bystander.ts'
import { FOREIGN_CALL, inJavascript } from '../support/in-javascript.ts'
import { ALIKE_FROM_JAVASCRIPT, ALIKE_IN_CONTAINER } from './support/alike-in-container.ts'
import { DOCKER_HOST } from './support/docker-host.ts'
import { hasEngine, openTestDocker, WITHOUT_ENGINE } from './support/engine.ts'

/** The engine needs more time than a process to end one execution and to say how it ended. */
const LONGER = 5

const service = openBystander()
const shared: Attack[] = [...FILES, ...PROCESSES, ...KERNEL, ...networkAttacks(service), ...PROTOCOL, ...SECRETS]
  .filter(({ id }) => ALIKE_IN_CONTAINER.includes(id))
  // Not a copy: the code of some attacks is only known when their test runs.
  .map((attack) =>
    attack.withinMs === undefined ? attack : Object.create(attack, { withinMs: { value: attack.withinMs * LONGER } }),
  )

const fromJavascript: Attack[] = [
  ...shared
    .filter(({ id, language }) => language === undefined && ALIKE_FROM_JAVASCRIPT.includes(id))
    .map(inJavascript),
  FOREIGN_CALL,
]

describe.skipIf(!hasEngine)(`attacks that end in a container as everywhere (${WITHOUT_ENGINE})`, () => {
  let opened: TestSandbox
  beforeAll(async () => {
    opened = await openTestDocker({ idlePython: 1, idleJavascript: 1 })
  })
  afterAll(() => opened.close())
  if (process.arch === 'x64') testAttacks(() => opened, [...shared, ...fromJavascript], DOCKER_HOST)
  else test.skip(`the numbers of system calls in these tests are those of x86-64, not of ${process.arch}`, () => {})
})
