import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DEFAULT_LIMITS, type Limits } from '../../../contracts/limits.ts'
import type { Sandbox } from '../../../contracts/sandbox.ts'
import type { EgressSettings } from '../../egress/execution-proxy.ts'
import type { GuestKind } from '../../relay/relay-messages.ts'
import { RelaySandbox } from '../../relay/relay-sandbox.ts'
import { WarmPool } from '../../relay/warm-pool.ts'
import { ContainerFactory } from './container-factory.ts'
import { imageMissing } from './create-container.ts'
import { EngineClient } from './engine-client.ts'
import { checkEngineFacts, loadEngineFacts } from './engine-facts.ts'
import { EnvironmentFinder } from '../../environments/environment-finder.ts'
import { containersNotReady, EngineError, engineUnavailable } from './engine-failure.ts'
import { findEngine } from './find-engine.ts'
import { describeGuarantees } from './guarantees.ts'
import { defaultImage, hasImage } from './image.ts'
import { imageBase } from './image-base.ts'
import { reapLeftovers } from './reap-leftovers.ts'
import { fillVolume } from './volumes.ts'

export interface DockerSandboxOptions {
  stateFolder: string
  /** Of the host: DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG, HOME and XDG_RUNTIME_DIR are read. */
  environment: Record<string, string | undefined>
  /** Default: the one that `buildImage` builds. It has `python3` from 3.10 on, and `node` from 24 on. */
  image?: string | undefined
  /** `runsc` is gVisor. Default: the engine's own. */
  runtime?: string | undefined
  egress: EgressSettings
  environmentsFolder: string | null
  idle: Record<GuestKind, number>
  maxConcurrent: number
  /** What idle containers are made for until other limits are asked for. */
  limits?: Limits
}

/** Finds the engine, clears away leftovers, starts a first container. Rejects with `sandbox_unavailable`. */
export async function openDockerSandbox(options: DockerSandboxOptions): Promise<Sandbox> {
  const engine = new EngineClient(findEngine(options.environment))
  try {
    return await open(engine, options)
  } catch (error) {
    engine.close()
    throw error instanceof EngineError ? engineUnavailable(engine.name, error) : error
  }
}

async function open(engine: EngineClient, options: DockerSandboxOptions): Promise<Sandbox> {
  const runtime = options.runtime ?? null
  const facts = await loadEngineFacts(engine)
  checkEngineFacts(facts, runtime)
  const image = options.image ?? (await defaultImage())
  if (!(await hasImage(engine, image))) throw imageMissing(image)
  await reapLeftovers(engine)
  await mkdir(options.stateFolder, { recursive: true, mode: 0o700 })
  const folder = await mkdtemp(join(options.stateFolder, 'docker-'))
  const factory = new ContainerFactory({ engine, image, runtime })
  const { idle, maxConcurrent } = options
  const pool = new WarmPool({ factory, idle, maxConcurrent, describeFailure: containersNotReady })
  try {
    await factory.open()
    await pool.start(options.limits ?? { ...DEFAULT_LIMITS })
    const sandbox: Sandbox = new RelaySandbox({
      pool,
      folder,
      guarantees: describeGuarantees(facts, runtime),
      egress: options.egress,
      environments: new EnvironmentFinder({
        folder: options.environmentsFolder,
        base: (language) => imageBase(sandbox, language),
      }),
      async prepare(container, _, inputs) {
        if (inputs.length > 0) await fillVolume(factory.inputFilling(container), inputs)
      },
      isReplaced: () => false,
      // What is neither the caller's nor ours is the engine's.
      explain: (error) => (error instanceof EngineError ? engineUnavailable(engine.name, error) : error),
      close: () => engine.close(),
    })
    return sandbox
  } catch (error) {
    await pool.close()
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}
