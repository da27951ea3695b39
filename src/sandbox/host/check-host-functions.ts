import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { HandaxeError } from '../../contracts/errors.ts'
import type { JsonSchema } from '../../contracts/json.ts'
import type { HostFunction } from '../../contracts/sandbox.ts'

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/
/** These mean something else in the module `host`; `then` would make it a promise for `await import('host')`. */
const RESERVED = new Set(['aio', 'default', 'host', 'then', 'HostError'])
const MAXIMUM_FUNCTIONS = 1000

/** The same functions are offered to one execution after the other: their schemas are compiled once. */
const compiled = new WeakMap<JsonSchema, ValidateFunction>()

/** Refuses what the code could not call. Throws `invalid_arguments`. */
export function checkHostFunctions(functions: HostFunction[]): void {
  if (functions.length > MAXIMUM_FUNCTIONS) throw invalid(`At most ${MAXIMUM_FUNCTIONS} host functions can be offered`)
  const seen = new Set<string>()
  for (const { name, description, inputSchema, execute } of functions) {
    if (typeof name !== 'string' || !NAME.test(name) || RESERVED.has(name)) {
      throw invalid(`A host function cannot be named '${name}'`, 'Use a letter, then letters, digits and underscores')
    }
    // In JavaScript a function is known by its name in camelCase too.
    const other = camelCase(name)
    if (seen.has(name) || seen.has(other)) throw invalid(`Two host functions are named '${name}'`)
    seen.add(name).add(other)
    if (typeof description !== 'string' || typeof execute !== 'function') {
      throw invalid(`The host function '${name}' needs \`description\` and \`execute\``)
    }
    compileSchema(name, inputSchema)
  }
}

/** Checks the arguments of calls. Throws `invalid_arguments` where the schema is none. */
export function compileSchema(name: string, schema: JsonSchema): ValidateFunction {
  const known = compiled.get(schema)
  if (known !== undefined) return known
  try {
    // Stops at the first error: hostile arguments must not choose how many the host collects.
    const validate = new Ajv2020({ strict: false, validateFormats: false, logger: false }).compile(schema)
    compiled.set(schema, validate)
    return validate
  } catch (error) {
    throw invalid(`\`inputSchema\` of the host function '${name}' cannot be used: ${(error as Error).message}`)
  }
}

function camelCase(name: string): string {
  return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function invalid(message: string, hint?: string): HandaxeError {
  return new HandaxeError('invalid_arguments', message, hint === undefined ? {} : { hint })
}
