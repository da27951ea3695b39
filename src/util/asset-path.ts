import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

let assetRoot: string | undefined

/**
 * Absolute path of a file that is shipped beside the code but is not a module: a prompt, a guest program.
 * `name` is its path below `src`, such as `agent/prompts/plan.md`. Works from the sources, from the build and from a
 * bundle, because each of them keeps these files at the same place below `src` or `dist`.
 */
export function assetPath(name: string): string {
  assetRoot ??= findAssetRoot(dirname(fileURLToPath(import.meta.url)))
  return join(assetRoot, name)
}

function findAssetRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'sandbox', 'guest')) && existsSync(join(folder, 'agent', 'prompts'))) return folder
    if (dirname(folder) === folder) throw new Error(`No folder with the guest programs and prompts above ${start}`)
  }
}
