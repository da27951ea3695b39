import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { HandaxeError } from '../../contracts/errors.ts'
import type { Execution, InputFile } from '../../contracts/sandbox.ts'
import { unusableInput } from '../unusable-input.ts'
import type { PortableError, PortableExecution, PortableInput } from './protocol.ts'

/** Rejects with `invalid_arguments` for what cannot travel, and `invalid_input_file` for a path that leads nowhere. */
export async function toPortable(execution: Execution, artifactsFolder: string): Promise<PortableExecution> {
  const { host = [], onOutput: _, signal: __, inputs = [], ...rest } = execution
  if (host.length > 0) {
    throw new HandaxeError('invalid_arguments', 'The daemon does not offer host functions to the code', {
      hint: 'Execute without the daemon',
    })
  }
  return { ...rest, inputs: await Promise.all(inputs.map(toPortableInput)), artifactsFolder: resolve(artifactsFolder) }
}

export function fromPortable({ inputs, ...rest }: PortableExecution): Execution {
  return { ...rest, inputs: inputs.map(fromPortableInput) }
}

/** `/dev/fd/3` and the like mean another file in another process: what they lead to here is what is sent. */
async function toPortableInput(input: InputFile): Promise<PortableInput> {
  if ('content' in input) {
    const { name, content } = input
    return typeof content === 'string'
      ? { name, text: content }
      : { name, base64: Buffer.from(content).toString('base64') }
  }
  try {
    return { name: input.name, path: await realpath(input.path) }
  } catch (error) {
    throw unusableInput(input, error)
  }
}

function fromPortableInput(input: PortableInput): InputFile {
  if ('path' in input) return input
  const { name } = input
  return 'text' in input ? { name, content: input.text } : { name, content: Buffer.from(input.base64, 'base64') }
}

export function toPortableError(error: unknown): PortableError {
  if (!HandaxeError.isInstance(error)) {
    return { code: 'internal', message: error instanceof Error ? error.message : String(error), details: {} }
  }
  const { code, message, hint, details } = error
  return { code, message, details, ...(hint === undefined ? {} : { hint }) }
}

export function fromPortableError({ code, message, hint, details }: PortableError): HandaxeError {
  return new HandaxeError(code, message, { details, ...(hint === undefined ? {} : { hint }) })
}
