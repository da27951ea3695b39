import { z } from 'zod'
import { removeContainer, removeVolume } from './container.ts'
import type { EngineClient } from './engine-client.ts'
import { EngineError } from './engine-failure.ts'
import { ownerState } from '../../owner.ts'
import { LABELS } from './labels.ts'

/** What an owner that cannot be asked about has not used for so long is nobody's: its containers end with it anyway. */
const FORGOTTEN_AFTER_MS = 60 * 60_000

const labels = z.record(z.string(), z.string()).nullable().optional()
const containers = z.array(
  z.object({ Id: z.string(), State: z.string().catch(''), Created: z.number(), Labels: labels }),
)
const volumes = z.object({
  Volumes: z.array(z.object({ Name: z.string(), CreatedAt: z.string().optional(), Labels: labels })).nullable(),
})

/** Removes what sandboxes whose process is gone have left at the engine. Containers first: they hold the volumes. */
export async function reapLeftovers(engine: EngineClient): Promise<void> {
  const filters = JSON.stringify({ label: [LABELS.owner] })
  const found = containers.parse(await engine.call('GET', '/containers/json', { query: { all: true, filters } }))
  for (const { Id, State, Created, Labels } of found) {
    const isIdle = State === 'exited' || State === 'dead' || State === 'created'
    if (isLeftover(Labels, isIdle ? Created * 1000 : Date.now())) await removeContainer(engine, Id)
  }
  const { Volumes } = volumes.parse(await engine.call('GET', '/volumes', { query: { filters } }))
  for (const { Name, CreatedAt, Labels } of Volumes ?? []) {
    if (isLeftover(Labels, Date.parse(CreatedAt ?? '') || Date.now())) await removeUnusedVolume(engine, Name)
  }
}

function isLeftover(found: z.infer<typeof labels>, idleSinceMs: number): boolean {
  const owner = found?.[LABELS.owner]
  if (owner === undefined) return false
  const state = ownerState(owner)
  return state === 'gone' || (state === 'unknown' && Date.now() - idleSinceMs > FORGOTTEN_AFTER_MS)
}

async function removeUnusedVolume(engine: EngineClient, name: string): Promise<void> {
  try {
    await removeVolume(engine, name)
  } catch (error) {
    // 409: some container still has it, so it is not forgotten at all.
    if (!(error instanceof EngineError) || error.status !== 409) throw error
  }
}
