import type { BackendName, Guarantees } from '../contracts/sandbox.ts'
import { HandaxeError } from '../contracts/errors.ts'
import { openChosen, type Choice, type PassedOver } from './choose/open-chosen.ts'
import { probeBackends, type BackendProbe } from './probe-backends.ts'
import type { ProbeCheck } from './probe-check.ts'
import type { SandboxOptions } from './sandbox-options.ts'

export interface SandboxProbe {
  /** Code can be executed on this machine. */
  usable: boolean
  /** Of the backend that is chosen, or where none can be of the first that was wanted; the last is a real execution. */
  checks: ProbeCheck[]
  /** What a sandbox opened now really enforces; null where none can be opened. */
  guarantees: Guarantees | null
  backends: BackendProbe[]
  choice: SandboxChoice
}

/** Which backend executes code here, and why. */
export interface SandboxChoice {
  backend: BackendName | null
  reason: string
  /** What could be stronger than it is, one sentence each with the remedy. */
  better: string[]
}

/** Looks at everything the sandbox needs, then opens one and executes a line in it. Never rejects for what is missing. */
export async function probeSandbox(options: SandboxOptions): Promise<SandboxProbe> {
  const backends = await probeBackends(options)
  const { check, guarantees, choice } = await probeExecution(options)
  const { backend = 'auto' } = options
  const shown = choice.backend ?? (backend === 'auto' ? firstHere() : backend)
  const checks = [...(backends.find((one) => one.backend === shown)?.checks ?? []), check]
  return { usable: check.ok, checks, guarantees, backends, choice }
}

function firstHere(): BackendName {
  return process.platform === 'linux' ? 'linux' : 'docker'
}

interface Proof {
  check: ProbeCheck
  guarantees: Guarantees | null
  choice: SandboxChoice
}

/** The proof: a real sandbox, a real execution. */
async function probeExecution(options: SandboxOptions): Promise<Proof> {
  let chosen: Choice
  try {
    chosen = await openChosen({ ...options, idlePython: 1, idleJavascript: 0, maxConcurrent: 1 })
  } catch (error) {
    const remedy = HandaxeError.isInstance(error) ? (error.hint ?? null) : null
    const problem = error instanceof Error ? error.message : String(error)
    const check = failed('failed', problem, remedy)
    return { check, guarantees: null, choice: { backend: null, reason: problem, better: [] } }
  }
  const { sandbox, passedOver } = chosen
  const { guarantees } = sandbox
  try {
    const result = await sandbox.execute({ language: 'python', code: 'result(6 * 7)' })
    const found = `${result.status} after ${Math.round(result.usage.startupMs + result.usage.wallMs)} ms`
    const ok = result.status === 'ok' && result.value === 42
    const problem = `A line of Python ended as ${result.status}: ${result.error?.message ?? ''}`
    const check: ProbeCheck = ok
      ? { name: 'execution', ok, required: true, found, problem: null, remedy: null }
      : failed(found, problem, 'Report this with the output of doctor')
    return { check, guarantees, choice: explain(options, guarantees, passedOver) }
  } catch (error) {
    const remedy = HandaxeError.isInstance(error) ? (error.hint ?? null) : null
    const check = failed('failed', error instanceof Error ? error.message : String(error), remedy)
    return { check, guarantees, choice: explain(options, guarantees, passedOver) }
  } finally {
    await sandbox.close()
  }
}

function failed(found: string, problem: string, remedy: string | null): ProbeCheck {
  return { name: 'execution', ok: false, required: true, found, problem, remedy }
}

function explain(options: SandboxOptions, { backend, notes }: Guarantees, passedOver: PassedOver[]): SandboxChoice {
  if (options.backend !== undefined && options.backend !== 'auto') {
    return { backend, reason: 'it was asked for', better: notes }
  }
  if (passedOver.length === 0) {
    return { backend, reason: 'it comes first, can be opened here and gives what is required', better: notes }
  }
  const reasons = passedOver.map((one) => `${one.backend} cannot be used: ${one.problem}`)
  const remedies = passedOver.flatMap((one) => (one.remedy === null ? [] : [`For ${one.backend}: ${one.remedy}`]))
  // The first note tells of the same fall.
  return { backend, reason: reasons.join('; '), better: [...remedies, ...notes.slice(1)] }
}
