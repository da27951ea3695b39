import { HandaxeError } from '../../../contracts/errors.ts'
import type { ProbeCheck } from '../../probe-check.ts'
import { CloudClient } from './cloud-client.ts'
import { resolveCloudSettings, type E2bOptions } from './e2b-options.ts'
import { anySandbox } from './metadata.ts'

/** One thing that the e2b backend needs. */
export type E2bCheck = ProbeCheck & { name: 'key' | 'package' | 'cloud' }

export interface E2bProbe {
  /** Everything required is there; no sandbox has been started, because that costs money. */
  usable: boolean
  checks: E2bCheck[]
  /** Cloud sandboxes of handaxe that are alive now, of whatever machine has the key; null where it cannot be told. */
  sandboxes: number | null
}

/** Looks at everything the e2b backend needs, and starts nothing. Never rejects for what is missing. */
export async function probeE2b(options: {
  environment: Record<string, string | undefined>
  e2b?: E2bOptions
}): Promise<E2bProbe> {
  const checks: E2bCheck[] = []
  let step: E2bCheck['name'] = 'key'
  const pass = (found: string) => {
    checks.push({ name: step, ok: true, required: true, found, problem: null, remedy: null })
  }
  try {
    const settings = resolveCloudSettings(options.e2b ?? {}, options.environment)
    pass('E2B_API_KEY')
    step = 'package'
    const client = await CloudClient.load(settings)
    pass('e2b')
    step = 'cloud'
    const { length: sandboxes } = await client.list(anySandbox())
    pass(`${settings.apiUrl}, template ${settings.template}`)
    return { usable: true, checks, sandboxes }
  } catch (error) {
    if (!HandaxeError.isInstance(error)) throw error
    const { message: problem, hint } = error
    checks.push({ name: step, ok: false, required: true, found: 'not usable', problem, remedy: hint ?? null })
    return { usable: false, checks, sandboxes: null }
  }
}
