import { readFile } from 'node:fs/promises'
import type { Environment } from '../../contracts/environment.ts'
import type { Execution } from '../../contracts/sandbox.ts'
import { assetPath } from '../../util/asset-path.ts'
import { parseRequirement } from './parse-requirement.ts'

/** What the program returns as its value. */
export interface ImportCheckResult {
  imported: { module: string; version: string | null }[]
  failed: { module: string; type: string; message: string }[]
}

/**
 * A program that imports what was asked for, as data: importing runs the packages' code, so it belongs into the sandbox
 * with the environment mounted, never onto the host. Its value is an `ImportCheckResult`.
 */
export async function importCheckProgram(
  environment: Pick<Environment, 'language' | 'packages' | 'modules'>,
): Promise<Pick<Execution, 'language' | 'code'> & { call: NonNullable<Execution['call']> }> {
  const { language, packages, modules } = environment
  const wanted = new Set(packages.map((text) => parseRequirement(text, language).name))
  const names = modules.filter((one) => wanted.has(one.package)).flatMap((one) => one.names)
  const file = language === 'python' ? 'import-check.py' : 'import-check.mjs'
  const code = await readFile(assetPath(`sandbox/environments/${file}`), 'utf8')
  return { language, code, call: { function: 'check_imports', arguments: { modules: names } } }
}
