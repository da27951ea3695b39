import { dirname } from 'node:path'
import { allowNamespaces, disallowNamespaces } from '../sandbox/setup/allow-namespaces.ts'
import { installSystemPackages } from '../sandbox/setup/system-packages.ts'
import { prepareImage, type PreparedImage } from '../sandbox/setup/prepare-image.ts'
import { preparePythonEnvironment, type PythonEnvironment } from '../sandbox/setup/python-environment.ts'
import type { Config } from './config.ts'
import { sandboxOptions } from './open-app.ts'

export interface SetupReport {
  systemPackages: string[]
  /** Commands that root ran for AppArmor; empty where it does not stand in the way. */
  apparmor: string[]
  python: PythonEnvironment
}

/** The image of the docker backend, found or made. Rejects with `sandbox_unavailable`, `invalid_request`, `cancelled`. */
export async function runDockerSetup(
  config: Config,
  options: { rootFolder: string | null; onProgress: (line: string) => void; signal: AbortSignal },
): Promise<PreparedImage> {
  return prepareImage({ ...options, sandbox: sandboxOptions(config) })
}

/** Installs what the sandbox needs on this machine. Does nothing where all is there. Rejects with `sandbox_unavailable`. */
export async function runSetup(
  config: Config,
  options: { onProgress: (line: string) => void; signal: AbortSignal },
): Promise<SetupReport> {
  const shared = { environment: config.environment, userId: process.getuid?.() ?? -1, ...options }
  const { installed } = await installSystemPackages(['bubblewrap', 'python3', 'python3-venv'], shared)
  const apparmor = await allowNamespaces(shared)
  // The environment's folder is the one above bin/python.
  const python = await preparePythonEnvironment({ ...shared, folder: dirname(dirname(config.pythonPath)) })
  return { systemPackages: installed, apparmor, python }
}

/**
 * Takes back what set-up changed of this machine's protection: the profile of AppArmor. Packages and the Python environment
 * stay. Returns the commands that root ran. Rejects with `sandbox_unavailable`.
 */
export async function undoSetup(
  config: Config,
  options: { onProgress: (line: string) => void; signal: AbortSignal },
): Promise<string[]> {
  return disallowNamespaces({ environment: config.environment, userId: process.getuid?.() ?? -1, ...options })
}
