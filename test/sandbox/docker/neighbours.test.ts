import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { Sandbox } from '../../../src/contracts/sandbox.ts'
import { fuzzDescriptors } from '../support/descriptor-programs.ts'
import { expectNeighboursUnharmed, NEIGHBOUR_ATTACKS } from '../support/neighbour-attacks.ts'
import { hasEngine, openDocker, WITHOUT_ENGINE } from './support/engine.ts'

describe.skipIf(!hasEngine)(`containers that run at the same time (${WITHOUT_ENGINE})`, () => {
  let folder: string
  let sandbox: Sandbox

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'handaxe-docker-neighbours-'))
    sandbox = await openDocker(join(folder, 'state'), { idlePython: 2, idleJavascript: 1 })
  })
  afterAll(async () => {
    await sandbox.close()
    await rm(folder, { recursive: true, force: true })
  })

  // Containers of one engine have one user: what the kernel counts for it is accepted, see SECURITY.md.
  for (const attack of NEIGHBOUR_ATTACKS.filter(({ needs }) => needs === undefined)) {
    test(`a neighbour is left alone by ${attack.title}`, () => expectNeighboursUnharmed(sandbox, attack), 120_000)
  }

  for (const language of ['python', 'javascript'] as const) {
    const fuzz = { language, seed: 4_711, programs: 10, atATime: 3, withinMs: 60_000 }
    test(
      `${language}: whatever a program does with its descriptors, it ends in time`,
      () => fuzzDescriptors(sandbox, fuzz),
      240_000,
    )
  }
})
