import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { HandaxeError } from '../contracts/errors.ts'
import type { HostFunction } from '../contracts/sandbox.ts'
import type { CommandContext } from './command.ts'
import { listOption } from './option-values.ts'

const EXAMPLE =
  'Write: export const price_of = { description: "…", inputSchema: { type: "object" }, execute: async ({ symbol }) => 1 }'

/**
 * What the files of `--host-functions` export, under the exported name unless it has a name of its own. The files are the
 * user's own code and are executed here, outside of the sandbox. Whether each can be offered is checked by the sandbox.
 * Rejects with `invalid_input_file` for a file that cannot be loaded and `invalid_arguments` for one without functions.
 */
export async function loadHostFunctions({ options, workingFolder }: CommandContext): Promise<HostFunction[]> {
  const paths = listOption(options, 'host-functions')
  const loaded = await Promise.all(paths.map((path) => loadFile(path, resolve(workingFolder, path))))
  return loaded.flat()
}

async function loadFile(shown: string, path: string): Promise<HostFunction[]> {
  let exported: Record<string, unknown>
  try {
    exported = await import(pathToFileURL(path).href)
  } catch (error) {
    const problem = `The host functions of ${shown} cannot be loaded: ${(error as Error).message}`
    throw new HandaxeError('invalid_input_file', problem, { hint: EXAMPLE, cause: error })
  }
  const functions = Object.entries(exported).map(([name, value]) => asHostFunction(shown, name, value))
  if (functions.length > 0) return functions
  throw new HandaxeError('invalid_arguments', `${shown} exports no host function`, { hint: EXAMPLE })
}

function asHostFunction(shown: string, name: string, value: unknown): HostFunction {
  if (typeof value === 'object' && value !== null && 'execute' in value && typeof value.execute === 'function') {
    return { name, ...value } as HostFunction
  }
  throw new HandaxeError('invalid_arguments', `${name} of ${shown} is no host function`, { hint: EXAMPLE })
}
