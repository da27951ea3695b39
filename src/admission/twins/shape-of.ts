import type { JsonSchema } from '../../contracts/json.ts'
import type { ToolSignature } from '../../contracts/tool.ts'
import { alternatives, asSchema, isObject, parametersOf, resolveReference } from './schema-parts.ts'

const MOST_DEPTH = 4

/** Parameters of one type can stand in each other's place: those of four have 24 orders, and more would take too long. */
const MOST_ORDERS = 24

/**
 * The types of the parameters, sorted, as a text: tools of one shape can be called with the same arguments, whatever their
 * language and whatever their parameters are called and however they are ordered. Whole and other numbers count as one: many a
 * hint says `float` and means both; so does a parameter that may be left out and one that may be null besides.
 */
export function shapeOf({ inputSchema }: Pick<ToolSignature, 'inputSchema'>): string {
  return `(${placesOf(inputSchema)
    .map(({ type }) => type)
    .join(', ')})`
}

/**
 * The names of the parameters in the places of the shape, in each order that the types allow: the first as they stand in the
 * signature. No more than 24.
 */
export function ordersOf(inputSchema: JsonSchema): string[][] {
  const places = placesOf(inputSchema)
  const byType = [...Map.groupBy(places, ({ type }) => type).values()].map((group) => group.map(({ name }) => name))
  let orders: string[][] = [[]]
  for (const names of byType) {
    orders = orders.flatMap((order) => permutations(names).map((more) => [...order, ...more]))
    if (orders.length > MOST_ORDERS) return [places.map(({ name }) => name)]
  }
  return orders
}

function placesOf(inputSchema: JsonSchema): { name: string; type: string }[] {
  const places = parametersOf(inputSchema).map(({ name, schema, required }) => {
    const types = typesOf(schema, inputSchema, 0).filter((type) => required || type !== 'null')
    return { name, type: `${types.join('|')}${required ? '' : '?'}` }
  })
  return places.toSorted((a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : 0))
}

function permutations(names: readonly string[]): string[][] {
  // More have more orders than are taken.
  if (names.length < 2 || names.length > 4) return [[...names]]
  return names.flatMap((name, place) => permutations(names.toSpliced(place, 1)).map((rest) => [name, ...rest]))
}

function typesOf(schema: JsonSchema, root: JsonSchema, depth: number): string[] {
  if (depth > MOST_DEPTH) return ['…']
  const types = alternatives(resolveReference(schema, root)).map((one) => {
    const { type } = one
    if (type === 'integer') return 'number'
    if (type === 'array') return `[${typesOf(asSchema(one['items']), root, depth + 1).join('|')}]`
    if (type !== 'object') return typeof type === 'string' ? type : 'any'
    const fields = isObject(one['properties']) ? Object.keys(one['properties']).toSorted().join(' ') : ''
    return `{${fields}}`
  })
  return [...new Set(types)].toSorted()
}
