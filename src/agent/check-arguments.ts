import { HandaxeError } from '../contracts/errors.ts'
import { closest } from '../util/closest.ts'
import type { JsonObject } from '../contracts/json.ts'
import type { ToolSignature } from '../contracts/tool.ts'
import { coerceArguments } from './steps/coerce-arguments.ts'
import { validateValue } from '../domain/json/validate-value.ts'

/**
 * The arguments as the tool's schema wants them: brought to its types where nothing can be lost, then held against it.
 * Throws `invalid_arguments`, whose message has a line for each problem with its exact place.
 */
export function checkArguments(tool: Pick<ToolSignature, 'name' | 'inputSchema'>, args: JsonObject): JsonObject {
  const coerced = coerceArguments(args, tool.inputSchema)
  const problems = validateValue(tool.inputSchema, coerced, 'arguments')
  if (problems.length === 0) return coerced
  problems.push(...misspeltNames(tool.inputSchema, args))
  throw new HandaxeError('invalid_arguments', problems.join('\n'), {
    hint: `See its parameters with \`handaxe tools show ${tool.name}\`.`,
    details: { tool: tool.name, problems },
  })
}

/** A parameter that is missing is often there under a name with a slip in it. */
function misspeltNames({ properties }: ToolSignature['inputSchema'], args: JsonObject): string[] {
  const names = typeof properties === 'object' && properties !== null ? Object.keys(properties) : []
  return Object.keys(args).flatMap((given) => {
    const near = names.includes(given) ? null : closest(given, names)
    return near === null ? [] : [`${JSON.stringify(given)} is no parameter; did you mean ${JSON.stringify(near)}?`]
  })
}
