import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HandaxeError } from '../../../contracts/errors.ts'
import { DEFAULT_LIMITS, type Limits } from '../../../contracts/limits.ts'
import type { Sandbox } from '../../../contracts/sandbox.ts'
import type { GuestKind } from '../../relay/relay-messages.ts'
import { RelaySandbox } from '../../relay/relay-sandbox.ts'
import { WarmPool } from '../../relay/warm-pool.ts'
import { CloudClient } from './cloud-client.ts'
import { explainCloudFailure, isCloudFailure, isLost } from './cloud-failure.ts'
import { resolveCloudSettings, type E2bOptions } from './e2b-options.ts'
import { describeGuarantees } from './guarantees.ts'
import { anySandbox, isLeftover } from './metadata.ts'
import { SlotFactory } from './slot-factory.ts'

export interface E2bSandboxOptions extends E2bOptions {
  stateFolder: string
  /** Of the host: E2B_API_KEY, E2B_DOMAIN, E2B_API_URL and E2B_SANDBOX_URL are read. */
  environment: Record<string, string | undefined>
  /** With a cloud sandbox for each execution every idle one is paid for. */
  idle: Record<GuestKind, number>
  maxConcurrent: number
  /** What idle slots are made for until other limits are asked for. */
  limits?: Limits
}

/** Ends leftovers, starts a first cloud sandbox with a warm Python in it. Rejects with `sandbox_unavailable`. */
export async function openE2bSandbox(options: E2bSandboxOptions): Promise<Sandbox> {
  const settings = resolveCloudSettings(options, options.environment)
  const client = await CloudClient.load(settings)
  await reapLeftovers(client)
  await mkdir(options.stateFolder, { recursive: true, mode: 0o700 })
  const folder = await mkdtemp(join(options.stateFolder, 'e2b-'))
  const factory = new SlotFactory(client)
  const { idle, maxConcurrent } = options
  const pool = new WarmPool({ factory, idle, maxConcurrent, describeFailure: slotsNotReady })
  try {
    await pool.start(options.limits ?? { ...DEFAULT_LIMITS })
    if (factory.facts === null) throw new TypeError('A slot without a cloud sandbox')
    return new RelaySandbox({
      pool,
      folder,
      guarantees: describeGuarantees(settings, factory.facts),
      prepare: (slot, limits, inputs, signal) => slot.prepare(limits, inputs, signal),
      isReplaced: (error) => isLost(error) || (HandaxeError.isInstance(error) && error.code === 'sandbox_broken'),
      explain: (error) => (isCloudFailure(error) ? explainCloudFailure('take an execution', error) : error),
      close() {},
    })
  } catch (error) {
    // Nothing may be left that costs money; but what is told is why it could not be opened.
    await pool.close().catch(() => {})
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** Ends what sandboxes of this machine whose process is gone have left in the cloud. */
async function reapLeftovers(client: CloudClient): Promise<void> {
  for (const { sandboxId, metadata } of await client.list(anySandbox())) {
    if (isLeftover(metadata)) await client.kill(sandboxId)
  }
}

function slotsNotReady(error: Error): HandaxeError {
  return new HandaxeError('sandbox_broken', `A process in the cloud sandbox did not get ready: ${error.message}`, {
    hint: 'Run `handaxe doctor`; use the template that docker/Dockerfile makes',
    cause: error,
  })
}
