import { isDeepStrictEqual } from 'node:util'
import type { ParameterSpecification, ToolSpecification } from '../../contracts/run.ts'
import type { ToolSignature } from '../../contracts/tool.ts'
import { isJsonObject } from '../is-json-object.ts'

/** Holds name, parameters and defaults of the code against the specification. Optional parameters more do no harm. */
export function checkSpecification(signature: ToolSignature, specification: ToolSpecification): string[] {
  const { inputSchema } = signature
  const properties = isJsonObject(inputSchema['properties']) ? inputSchema['properties'] : {}
  const required = new Set(Array.isArray(inputSchema['required']) ? inputSchema['required'] : [])
  const specified = new Set(specification.parameters.map(({ name }) => name))
  const unknown = [...required].filter((name) => typeof name === 'string' && !specified.has(name))
  return [
    ...(signature.name === specification.name
      ? []
      : [`The tool has to be called ${specification.name}, not ${signature.name}.`]),
    ...(unknown.length === 0
      ? []
      : [
          `It requires ${unknown.join(', ')}, which the specification does not have: leave it out or give it a default.`,
        ]),
    ...specification.parameters.flatMap((parameter) => {
      const { name } = parameter
      if (!Object.hasOwn(properties, name)) return [`The parameter ${name} of the specification is missing.`]
      const property = properties[name]
      return checkParameter(parameter, {
        schema: isJsonObject(property) ? property : {},
        isRequired: required.has(name),
      })
    }),
  ]
}

function checkParameter(
  { name, required, default: expected }: ParameterSpecification,
  { schema, isRequired }: { schema: { [key: string]: unknown }; isRequired: boolean },
): string[] {
  if (!required && isRequired) {
    const value = expected === undefined ? '' : ` of ${JSON.stringify(expected)}`
    return [`The parameter ${name} is optional in the specification: give it a default${value}.`]
  }
  // A default that is computed is not known here: the tests will tell.
  if (required || expected === undefined || !('default' in schema)) return []
  return isDeepStrictEqual(schema['default'], expected)
    ? []
    : [
        `The default of ${name} is ${JSON.stringify(schema['default'])}; the specification says ${JSON.stringify(expected)}.`,
      ]
}
