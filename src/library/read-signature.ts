import type { Sandbox, ToolLanguage } from '../contracts/sandbox.ts'
import type { ReadOptions, SignatureReading } from './signature/code-facts.ts'
import { readJavascriptSignature } from './signature/read-javascript.ts'
import { readPythonSignature } from './signature/read-python.ts'

export type { SignatureReading } from './signature/code-facts.ts'

/**
 * Reads from a tool's code what it is: name, parameters and result as JSON Schema, description, imports. Python is read from
 * its syntax tree and never run; a JavaScript module is loaded, inside the sandbox. `expectedName` is named in the problem
 * where another function stands there. `environment`: the packages that it may find besides. Rejects with `HandaxeError` where the sandbox cannot execute.
 */
export async function readSignature(
  sandbox: Sandbox,
  source: { language: ToolLanguage; code: string; expectedName?: string },
  options: ReadOptions = {},
): Promise<SignatureReading> {
  const read = source.language === 'python' ? readPythonSignature : readJavascriptSignature
  const reading = await read(sandbox, source.code, options)
  if ('problems' in reading || source.expectedName === undefined) return reading
  if (reading.signature.name === source.expectedName) return reading
  return { problems: [`The tool has to be called ${source.expectedName}, not ${reading.signature.name}.`] }
}
