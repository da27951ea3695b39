import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { HandaxeError } from '../contracts/errors.ts'
import type { Guarantees } from '../contracts/sandbox.ts'
import { probeSandbox, type SandboxChoice } from '../sandbox/probe.ts'
import type { BackendProbe } from '../sandbox/probe-backends.ts'
import type { ProbeCheck } from '../sandbox/probe-check.ts'
import { hidePassword, isPostgresAddress } from '../store/postgres/address.ts'
import { openApp, sandboxOptions, type AppSelection } from './open-app.ts'
import type { Config } from './config.ts'
import { KEY_VARIABLES } from './select-gateway.ts'

export interface Check {
  name: string
  /** `info` is for what is not needed here. */
  status: 'ok' | 'info' | 'warning' | 'problem'
  detail: string
  /** What to do about it. */
  remedy: string | null
}

export interface DoctorReport {
  checks: Check[]
  /** What a sandbox enforces here; null where none can be opened. */
  guarantees: Guarantees | null
  /** Which backend executes code, why, and what could be stronger. */
  choice: SandboxChoice
  /** All of them, chosen or not. */
  backends: BackendProbe[]
  /** False where something has to be done before requests can be answered. */
  healthy: boolean
}

/** Looks at everything that handaxe needs on this machine, by trying it. Never rejects for what it finds. */
export async function runDoctor(config: Config, selection: AppSelection = {}): Promise<DoctorReport> {
  const { checks: sandbox, guarantees, choice, backends } = await probeSandbox(sandboxOptions(config, selection))
  const others = backends.filter(({ backend }) => backend !== choice.backend)
  const checks = [
    ...sandbox.map(toCheck),
    describeChoice(choice),
    ...others.map((other) => describeOther(other, choice.backend !== null)),
    await checkStore(config),
    checkModels(config),
    ...(await checkPrices(config, selection)),
    ...(await checkEmbedding(config)),
  ]
  return { checks, guarantees, choice, backends, healthy: checks.every((check) => check.status !== 'problem') }
}

function describeChoice({ backend, reason, better }: SandboxChoice): Check {
  // Why is in the check of the execution, and in those of the backends.
  if (backend === null) return { name: 'sandbox', status: 'problem', detail: 'no backend can be used', remedy: null }
  const remedy = better.length === 0 ? null : `better: ${better.join('\n    → better: ')}`
  return { name: 'sandbox', status: 'ok', detail: `${backend}: ${reason}`, remedy }
}

/** What is not needed has no remedy: it would look like something to do. */
function describeOther({ backend, usable, checks }: BackendProbe, isChosen: boolean): Check {
  const lacking = checks.find(({ ok, required }) => required && !ok)
  if (usable || lacking === undefined) return { name: backend, status: 'info', detail: 'could be used', remedy: null }
  const detail = `not usable: ${lacking.problem}`
  return isChosen
    ? { name: backend, status: 'info', detail, remedy: null }
    : { name: backend, status: 'warning', detail, remedy: lacking.remedy }
}

function toCheck({ name, ok, required, found, problem, remedy }: ProbeCheck): Check {
  return { name, status: ok ? 'ok' : required ? 'problem' : 'warning', detail: problem ?? found, remedy }
}

async function checkStore(config: Config): Promise<Check> {
  const name = 'library'
  const shown = hidePassword(config.storePath)
  const app = openApp(config)
  try {
    // A file that is not there yet is none to open: looking must not make one. A server is asked.
    const exists = isPostgresAddress(config.storePath) || existsSync(config.storePath)
    if (!exists) return describeFutureStore(config.storePath)
    const count = await (await app.library()).count()
    return { name, status: 'ok', detail: `${shown}, ${count} ${count === 1 ? 'tool' : 'tools'}`, remedy: null }
  } catch (error) {
    if (!HandaxeError.isInstance(error)) throw error
    return { name, status: 'problem', detail: error.message, remedy: error.hint ?? null }
  } finally {
    await app.close()
  }
}

/** Whether the file could be made: by the rights of the nearest folder above it that is there. */
function describeFutureStore(path: string): Check {
  let folder = dirname(path)
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder)
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return { name: 'library', status: 'ok', detail: `${path} will be made by the first run`, remedy: null }
  } catch {
    const detail = `${path} cannot be made: ${folder} is no folder that this user may write to`
    return { name: 'library', status: 'problem', detail, remedy: 'Set HANDAXE_HOME to a folder that you may write to' }
  }
}

/** Nothing where no embedding model is configured: words alone are the default and no fault. */
async function checkEmbedding(config: Config): Promise<Check[]> {
  if (config.embedding === null) return []
  const name = 'embedding'
  const app = openApp(config)
  try {
    const exists = isPostgresAddress(config.storePath) || existsSync(config.storePath)
    const vectors = exists ? await app.vectors() : null
    if (vectors === null) return [{ name, status: 'ok', detail: config.embedding, remedy: null }]
    const { support, status } = await vectors.status()
    if (!support.available) return [{ name, status: 'warning', detail: support.reason, remedy: support.hint }]
    const count = `${status?.embedded ?? 0} of ${(status?.embedded ?? 0) + (status?.missing ?? 0)} tools have a vector`
    const detail = `${config.embedding} by ${support.detail}, ${count}`
    return [{ name, status: 'ok', detail, remedy: status?.missing === 0 ? null : 'handaxe tools embed' }]
  } catch (error) {
    if (!HandaxeError.isInstance(error)) throw error
    return [{ name, status: 'problem', detail: error.message, remedy: error.hint ?? null }]
  } finally {
    await app.close()
  }
}

/** Nothing where no model can be reached: that is a check of its own. */
async function checkPrices(config: Config, selection: AppSelection): Promise<Check[]> {
  const name = 'prices'
  const app = openApp(config, selection)
  try {
    const models = (await app.gateway()).describe()
    const unknown = [...new Set(models.flatMap(({ model, price }) => (price === null ? [model] : [])))]
    if (unknown.length === 0) return []
    const detail = `not known for ${unknown.join(', ')}: calls count as nothing in the cost, unless the provider sends a bill`
    return [{ name, status: 'info', detail, remedy: 'Set "prices" in the configuration' }]
  } catch (error) {
    if (!HandaxeError.isInstance(error)) throw error
    return []
  } finally {
    await app.close()
  }
}

function checkModels(config: Config): Check {
  const set = KEY_VARIABLES.filter((variable) => config.environment[variable])
  if (set.length > 0)
    return {
      name: 'models',
      status: 'ok',
      detail: `${set.join(', ')} ${set.length === 1 ? 'is' : 'are'} set`,
      remedy: null,
    }
  const remedy = `Set one of ${KEY_VARIABLES.join(', ')}, or start Ollama. Without a model: \`-m manual\` and \`--replay FILE\`.`
  return { name: 'models', status: 'warning', detail: 'no key is set', remedy }
}
