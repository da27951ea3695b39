import { release } from 'node:os'
import type { Guarantees } from '../contracts/sandbox.ts'
import { HandaxeError } from '../contracts/errors.ts'
import { probeBubblewrap, probeCgroups, probeKernel, probeNode, probePython } from './backends/linux/probe-parts.ts'
import { openSandbox, type SandboxOptions } from './open-sandbox.ts'
import type { ProbeCheck } from './probe-check.ts'

export interface SandboxProbe {
  /** Code can be executed on this machine. */
  usable: boolean
  checks: ProbeCheck[]
  /** What a sandbox opened now really enforces; null where none can be opened. */
  guarantees: Guarantees | null
}

/** Looks at everything the sandbox needs, then opens one and executes a line in it. Never rejects for what is missing. */
export async function probeSandbox(options: SandboxOptions): Promise<SandboxProbe> {
  const searchPath = options.environment?.['PATH']
  const checks: ProbeCheck[] = [
    probeKernel(release()),
    ...(await probeBubblewrap(searchPath)),
    await probeCgroups(),
    ...(await probePython(options.pythonPath, searchPath)),
    await probeNode(options.nodePath ?? process.execPath),
  ]
  const { check, guarantees } = await probeExecution(options)
  checks.push(check)
  return { usable: checks.every(({ ok, required }) => ok || !required), checks, guarantees }
}

/** The proof: a real sandbox, a real execution. */
async function probeExecution(options: SandboxOptions): Promise<{ check: ProbeCheck; guarantees: Guarantees | null }> {
  const name = 'execution'
  try {
    const sandbox = await openSandbox({ ...options, idlePython: 1, idleJavascript: 0, maxConcurrent: 1 })
    try {
      const result = await sandbox.execute({ language: 'python', code: 'result(6 * 7)' })
      const ok = result.status === 'ok' && result.value === 42
      const found = `${result.status} after ${Math.round(result.usage.startupMs + result.usage.wallMs)} ms`
      const problem = ok ? null : `A line of Python ended as ${result.status}: ${result.error?.message ?? ''}`
      return {
        check: {
          name,
          ok,
          required: true,
          found,
          problem,
          remedy: ok ? null : 'Report this with the output of doctor',
        },
        guarantees: sandbox.guarantees,
      }
    } finally {
      await sandbox.close()
    }
  } catch (error) {
    const remedy = HandaxeError.isInstance(error) ? (error.hint ?? null) : null
    const problem = error instanceof Error ? error.message : String(error)
    return { check: { name, ok: false, required: true, found: 'failed', problem, remedy }, guarantees: null }
  }
}
