import type { Environment, EnvironmentCheck } from '../../contracts/environment.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import { compareFolder, isSame } from './manifest.ts'
import { readManifest } from './records.ts'

/**
 * Reads every file and compares it with what was built. Finds damage by disks and by hand; whoever can write the folder
 * can also write a manifest that fits. Rejects with `sandbox_broken` where the manifest itself is missing or damaged.
 */
export async function verifyEnvironment(
  environment: Pick<Environment, 'name' | 'folder' | 'packagesFolder'>,
  options: { signal?: AbortSignal } = {},
): Promise<EnvironmentCheck> {
  const manifest = await readManifest(environment.folder)
  if (manifest === null) {
    throw new HandaxeError('sandbox_broken', `The manifest of the environment '${environment.name}' is damaged`, {
      details: { environment: environment.name },
      hint: `Remove it and create it again: handaxe env remove ${environment.name}`,
    })
  }
  const difference = await compareFolder(environment.packagesFolder, manifest, options.signal)
  return { ok: isSame(difference), ...difference }
}
