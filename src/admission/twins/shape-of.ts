import type { JsonSchema } from '../../contracts/json.ts'
import type { ToolSignature } from '../../contracts/tool.ts'
import { alternatives, asSchema, isObject, parametersOf, resolveReference } from './schema-parts.ts'

const MOST_DEPTH = 4

/**
 * Language and types of the parameters in their order, as a text: tools of one shape can be called with the same arguments,
 * whatever their parameters are called. Whole and other numbers count as one: many a hint says `float` and means both.
 */
export function shapeOf({ language, inputSchema }: Pick<ToolSignature, 'language' | 'inputSchema'>): string {
  const parameters = parametersOf(inputSchema).map(({ schema, required }) => {
    return `${typeText(schema, inputSchema, 0)}${required ? '' : '?'}`
  })
  return `${language}(${parameters.join(', ')})`
}

function typeText(schema: JsonSchema, root: JsonSchema, depth: number): string {
  if (depth > MOST_DEPTH) return '…'
  const types = alternatives(resolveReference(schema, root)).map((one) => {
    const { type } = one
    if (type === 'integer') return 'number'
    if (type === 'array') return `[${typeText(asSchema(one['items']), root, depth + 1)}]`
    if (type !== 'object') return typeof type === 'string' ? type : 'any'
    const fields = isObject(one['properties']) ? Object.keys(one['properties']).toSorted().join(' ') : ''
    return `{${fields}}`
  })
  return [...new Set(types)].toSorted().join('|')
}
