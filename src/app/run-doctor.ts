import { existsSync } from 'node:fs'
import { HandaxeError } from '../contracts/errors.ts'
import type { Guarantees } from '../contracts/sandbox.ts'
import { probeSandbox } from '../sandbox/probe.ts'
import type { ProbeCheck } from '../sandbox/probe-check.ts'
import { hidePassword, isPostgresAddress } from '../store/postgres/address.ts'
import { openApp, sandboxOptions } from './open-app.ts'
import type { Config } from './config.ts'
import { KEY_VARIABLES } from './select-gateway.ts'

export interface Check {
  name: string
  status: 'ok' | 'warning' | 'problem'
  detail: string
  /** What to do about it. */
  remedy: string | null
}

export interface DoctorReport {
  checks: Check[]
  /** What a sandbox enforces here; null where none can be opened. */
  guarantees: Guarantees | null
  /** False where something has to be done before requests can be answered. */
  healthy: boolean
}

/** Looks at everything that handaxe needs on this machine, by trying it. Never rejects for what it finds. */
export async function runDoctor(config: Config): Promise<DoctorReport> {
  const sandbox = await probeSandbox(sandboxOptions(config))
  const checks = [...sandbox.checks.map(toCheck), await checkStore(config), checkModels(config)]
  return { checks, guarantees: sandbox.guarantees, healthy: checks.every((check) => check.status !== 'problem') }
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
    if (!exists) return { name, status: 'ok', detail: `${shown} will be made by the first run`, remedy: null }
    const count = await (await app.library()).count()
    return { name, status: 'ok', detail: `${shown}, ${count} tools`, remedy: null }
  } catch (error) {
    if (!HandaxeError.isInstance(error)) throw error
    return { name, status: 'problem', detail: error.message, remedy: error.hint ?? null }
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
