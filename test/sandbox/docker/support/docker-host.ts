import { readdirSync } from 'node:fs'
import type { Observer } from '../../support/host-baseline.ts'
import { openDescriptors, heldBytes } from '../../support/host-state.ts'
import { engineObjects } from './engine.ts'

const MIB = 1024 * 1024

/** The `docker` backend: what this process has open, what it has at the engine, and files of its own. */
export const DOCKER_HOST: Observer = {
  async look(folder) {
    const { containers, volumes } = await engineObjects()
    return {
      containers: containers.length,
      volumes: volumes.length,
      descriptors: openDescriptors('self'),
      files: readdirSync(folder, { recursive: true }).length,
      hostBytes: heldBytes(),
    }
  },
  // One connection that this look itself keeps alive for a moment.
  allowances: { descriptors: 1, hostBytes: 96 * MIB },
  // A container takes the engine up to two seconds, on a busy machine many times that.
  settleMs: 60_000,
  // The engine ends a container by several processes of its own.
  survivalMs: 1_000,
}
