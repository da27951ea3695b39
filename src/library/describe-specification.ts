import type { JsonSchema, JsonValue } from '../contracts/json.ts'
import type { ToolSpecification } from '../contracts/run.ts'
import type { ToolSignature } from '../contracts/tool.ts'
import { isJsonObject } from './is-json-object.ts'
import { renderType } from './render-type.ts'

/**
 * What a tool's own signature and docstring promise, in the form of a specification: for tools that nobody specified before
 * they were written, such as those that come from outside.
 */
export function describeSpecification(
  signature: ToolSignature,
  texts: { whenToUse?: string; exampleRequests?: string[] } = {},
): ToolSpecification {
  const { name, language, description, inputSchema, outputSchema } = signature
  const properties = isJsonObject(inputSchema['properties']) ? inputSchema['properties'] : {}
  const required = new Set(Array.isArray(inputSchema['required']) ? inputSchema['required'] : [])
  return {
    name,
    language,
    description,
    whenToUse: texts.whenToUse ?? '',
    parameters: Object.entries(properties).map(([parameter, value]) => {
      const schema: JsonSchema = isJsonObject(value) ? value : {}
      return {
        name: parameter,
        type: renderType(schema, language),
        description: textOf(schema['description']),
        required: required.has(parameter),
        ...(schema['default'] === undefined ? {} : { default: schema['default'] }),
      }
    }),
    returns: { type: renderType(outputSchema, language), description: textOf(outputSchema['description']) },
    examples: [],
    exampleRequests: texts.exampleRequests ?? [],
  }
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
