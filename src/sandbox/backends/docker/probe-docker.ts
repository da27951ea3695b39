import { HandaxeError } from '../../../contracts/errors.ts'
import type { ProbeCheck } from '../../probe-check.ts'
import { EngineClient } from './engine-client.ts'
import { checkEngineFacts, loadEngineFacts, type EngineFacts } from './engine-facts.ts'
import { EngineError, engineUnavailable } from './engine-failure.ts'
import { findEngine } from './find-engine.ts'
import { defaultImage, hasImage } from './image.ts'

/** One thing that the docker backend needs, or is better with. */
export interface DockerCheck extends Omit<ProbeCheck, 'name'> {
  name: 'engine' | 'rootless' | 'limits' | 'image' | 'gvisor'
}

export interface DockerProbe {
  /** Everything required is there; an execution has not been tried. */
  usable: boolean
  checks: DockerCheck[]
  /** Names that `runtime` may have. */
  runtimes: string[]
}

/** Looks at everything the docker backend needs, and starts nothing. Never rejects for what is missing. */
export async function probeDocker(options: {
  environment: Record<string, string | undefined>
  image?: string
}): Promise<DockerProbe> {
  let engine: EngineClient | null = null
  try {
    engine = new EngineClient(findEngine(options.environment))
    const facts = await loadEngineFacts(engine)
    const found = `${facts.version} at ${engine.name}`
    const checks: DockerCheck[] = [
      { name: 'engine', ok: true, required: true, found, problem: null, remedy: null },
      checkRootless(facts),
      checkLimits(facts),
      await checkImage(engine, options.image ?? (await defaultImage())),
      checkGvisor(facts),
    ]
    return { usable: checks.every(({ ok, required }) => ok || !required), checks, runtimes: facts.runtimes }
  } catch (error) {
    const known = error instanceof EngineError ? engineUnavailable(engine?.name ?? '', error) : error
    if (!HandaxeError.isInstance(known)) throw known
    const failed = failure('engine', true, 'not usable', known.message, known.hint ?? null)
    return { usable: false, checks: [failed], runtimes: [] }
  } finally {
    engine?.close()
  }
}

function checkRootless({ rootless }: EngineFacts): DockerCheck {
  if (rootless) return { name: 'rootless', ok: true, required: false, found: 'yes', problem: null, remedy: null }
  const problem = 'The engine runs as root: whoever may use it controls the machine'
  return failure('rootless', false, 'no', problem, 'Use rootless Docker (dockerd-rootless-setuptool.sh install)')
}

function checkLimits(facts: EngineFacts): DockerCheck {
  try {
    checkEngineFacts(facts, null)
  } catch (error) {
    if (!HandaxeError.isInstance(error)) throw error
    return failure('limits', true, 'missing', error.message, error.hint ?? null)
  }
  if (facts.limits.swap) {
    return { name: 'limits', ok: true, required: true, found: 'memory, swap, processes', problem: null, remedy: null }
  }
  const problem = 'Swap cannot be limited: a program may use more than its memory there'
  return failure('limits', false, 'memory, processes', problem, 'Boot with swapaccount=1, or turn swap off')
}

async function checkImage(engine: EngineClient, image: string): Promise<DockerCheck> {
  if (await hasImage(engine, image)) {
    return { name: 'image', ok: true, required: true, found: image, problem: null, remedy: null }
  }
  return failure('image', true, 'missing', `The engine has no image ${image}`, 'handaxe setup --docker')
}

function checkGvisor({ runtimes }: EngineFacts): DockerCheck {
  const ok = runtimes.includes('runsc')
  if (ok) return { name: 'gvisor', ok, required: false, found: 'runsc', problem: null, remedy: null }
  const problem = "Code of strangers shares the machine's kernel"
  return failure('gvisor', false, 'missing', problem, "Install runsc (gVisor) and add it to the engine's runtimes")
}

function failure(
  name: DockerCheck['name'],
  required: boolean,
  found: string,
  problem: string,
  remedy: string | null,
): DockerCheck {
  return { name, ok: false, required, found, problem, remedy }
}
