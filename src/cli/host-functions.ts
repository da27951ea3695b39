import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { HandaxeError } from '../contracts/errors.ts'
import { ProgramError } from '../contracts/program-error.ts'
import type { HostFunction } from '../contracts/sandbox.ts'
import type { CommandContext } from './command.ts'
import { listOption } from './option-values.ts'
import { safeText, type Terminal } from './terminal.ts'

const EXAMPLE =
  'Write: export const price_of = { description: "…", inputSchema: { type: "object" }, execute: async ({ symbol }) => 1 }'

/**
 * What the files of `--host-functions` export, under the exported name unless it has a name of its own. The files are the
 * user's own code and are executed here, outside of the sandbox. Whether each can be offered is checked by the sandbox.
 * Rejects with `invalid_input_file` for a file that cannot be loaded and `invalid_arguments` for one without functions.
 */
export async function loadHostFunctions({ options, workingFolder, terminal }: CommandContext): Promise<HostFunction[]> {
  const paths = listOption(options, 'host-functions')
  const loaded = await Promise.all(paths.map((path) => loadFile(path, resolve(workingFolder, path))))
  return loaded.flat().map((one) => tellingFailures(one, terminal))
}

/** The program is told that a function failed, its author why. */
function tellingFailures(one: HostFunction, terminal: Terminal): HostFunction {
  const execute: HostFunction['execute'] = async (input, options) => {
    try {
      return await one.execute(input, options)
    } catch (error) {
      if (!ProgramError.isInstance(error)) {
        terminal.writeProgress(`host function ${one.name} failed: ${safeText(String(error))}\n`)
      }
      throw error
    }
  }
  return { ...one, execute }
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
