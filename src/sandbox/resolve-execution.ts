import { HandaxeError } from '../contracts/errors.ts'
import { DEFAULT_LIMITS, type Limits } from '../contracts/limits.ts'
import type { Execution, InputFile } from '../contracts/sandbox.ts'
import { checkHostFunctions } from './host/check-host-functions.ts'

const MIB = 1024 * 1024
/** Below these an execution cannot even start; above them the number means nothing on any machine. */
const BOUNDS: Readonly<Record<keyof Limits, readonly [number, number]>> = {
  memoryBytes: [32 * MIB, 2 ** 46],
  cpuMs: [10, 7 * 24 * 3_600_000],
  // setTimeout takes 31 bits.
  wallMs: [10, 2 ** 31 - 1],
  processes: [1, 32_768],
  outputBytes: [0, 2 ** 40],
  capturedBytes: [0, 256 * MIB],
  valueBytes: [2, 256 * MIB],
  artifactBytes: [4096, 2 ** 46],
  artifactCount: [0, 100_000],
  temporaryBytes: [64 * 1024, 2 ** 46],
  openFiles: [16, 65_536],
  hostCalls: [0, 1_000_000],
  hostCallsInFlight: [1, 1024],
  hostInputBytes: [0, 256 * MIB],
  hostOutputBytes: [0, 256 * MIB],
}
const TOOL_NAME = /^[A-Za-z_$][\w$]*$/
const IMPORTABLE_LANGUAGES = new Set(['python', 'javascript'])
const LANGUAGES = new Set(['python', 'javascript', 'typescript'])

/** The limits of an execution, the defaults filled in. Throws `invalid_arguments`. */
export function resolveLimits(given: Partial<Limits> = {}): Limits {
  const limits = { ...DEFAULT_LIMITS }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    if (!Object.hasOwn(BOUNDS, name)) throw invalid(`There is no limit '${name}'`, { known: Object.keys(BOUNDS) })
    const key = name as keyof Limits
    const [low, high] = BOUNDS[key]
    if (!Number.isSafeInteger(value) || value < low || value > high) {
      throw invalid(`The limit ${name} must be an integer from ${low}${inMebibytes(key, low)} to ${high}`, {
        limit: name,
        value,
      })
    }
    limits[key] = value
  }
  return limits
}

/** `--memory-mb` is given in these. */
function inMebibytes(limit: keyof Limits, bytes: number): string {
  return limit.endsWith('Bytes') && bytes >= MIB ? ` (${bytes / MIB} MiB)` : ''
}

/** What not every backend has. */
export interface Offers {
  hostFunctions?: boolean
  network?: boolean
  environments?: boolean
}

/** Refuses what this backend could not execute. Throws `invalid_arguments` or `invalid_input_file`. */
export function checkExecution(execution: Execution, offers: Offers = {}): void {
  if (!LANGUAGES.has(execution.language)) throw invalid(`There is no language '${execution.language}'`)
  if (typeof execution.code !== 'string') throw invalid('`code` must be text')
  if (execution.call !== undefined && (typeof execution.call.function !== 'string' || execution.call.function === '')) {
    throw invalid('`call.function` must name a function of the code')
  }
  for (const tool of execution.tools ?? []) {
    if (!TOOL_NAME.test(tool.name)) throw invalid(`A tool cannot be named '${tool.name}'`)
    if (!IMPORTABLE_LANGUAGES.has(tool.language)) throw invalid(`A tool cannot be written in '${tool.language}'`)
  }
  if (offers.hostFunctions !== true && (execution.host ?? []).length > 0) {
    throw invalid('This backend does not offer host functions to the code', { hint: 'Leave `host` out' })
  }
  checkHostFunctions(execution.host ?? [])
  const mode = execution.network?.mode ?? 'none'
  if (mode !== 'none' && mode !== 'allow-list') throw invalid(`There is no network mode '${String(mode)}'`)
  if (offers.network !== true && mode !== 'none') {
    throw invalid('This backend has no network to allow', {
      hint: "Use network: { mode: 'none' }",
    })
  }
  if (offers.environments !== true && execution.environment !== undefined) {
    throw invalid('This backend has no package environments', { hint: 'Leave `environment` out' })
  }
  checkInputNames(execution.inputs ?? [])
}

function checkInputNames(inputs: InputFile[]): void {
  const seen = new Set<string>()
  for (const { name } of inputs) {
    const bytes = Buffer.byteLength(name)
    if (name === '' || name === '.' || name === '..' || bytes > 255 || /[/\0]/.test(name) || !name.isWellFormed()) {
      throw new HandaxeError('invalid_input_file', `'${name}' is not a usable name of an input file`, {
        hint: 'Use one path component of 1 to 255 bytes, without a slash',
        details: { name },
      })
    }
    if (seen.has(name)) {
      throw new HandaxeError('invalid_input_file', `Two input files are named '${name}'`, {
        hint: 'Give each input file its own name',
        details: { name },
      })
    }
    seen.add(name)
  }
}

function invalid(message: string, details: Record<string, unknown> = {}): HandaxeError {
  const { hint, ...rest } = details
  return new HandaxeError('invalid_arguments', message, {
    ...(typeof hint === 'string' ? { hint } : {}),
    details: rest,
  })
}
