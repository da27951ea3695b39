import type { JsonSchema, JsonValue } from '../../contracts/json.ts'
import { stableText } from '../../util/stable-text.ts'
import { alternatives, asSchema, isObject, parametersOf, resolveReference } from './schema-parts.ts'

/**
 * Which parameter of `other` takes the arguments of which parameter of `tool`, by name: under the same names where all are
 * there, else by position, if each position has a type that takes what the first one takes. Null where they do not fit; names
 * alone never decide, and a parameter is never passed to one further on.
 */
export function alignParameters(tool: JsonSchema, other: JsonSchema): Map<string, string> | null {
  const [own, others] = [parametersOf(tool), parametersOf(other)]
  const byName = own.map((parameter) => others.find(({ name }) => name === parameter.name))
  const byPosition = own.map((_, position) => others[position])
  for (const partners of [byName, byPosition]) {
    const isWhole = partners.every((partner) => partner !== undefined)
    if (!isWhole || others.some((one) => one.required && !partners.includes(one))) continue
    const fits = partners.every((partner, index) => {
      const parameter = own[index]
      // What may be left out here has to be there to be left out.
      if (parameter === undefined || (partner.required && !parameter.required)) return false
      return accepts(partner.schema, parameter.schema, [other, tool], 0)
    })
    if (fits) return new Map(partners.map((partner, index) => [own[index]?.name ?? '', partner.name]))
  }
  return null
}

const MOST_DEPTH = 8

/** True where every value of `given` has a type that `taken` takes. Bounds are left to behaviour. */
function accepts(taken: JsonSchema, given: JsonSchema, roots: [JsonSchema, JsonSchema], depth: number): boolean {
  if (depth > MOST_DEPTH) return true
  const takes = alternatives(resolveReference(taken, roots[0]))
  return alternatives(resolveReference(given, roots[1])).every((one) =>
    takes.some((other) => acceptsOne(other, one, roots, depth)),
  )
}

function acceptsOne(taken: JsonSchema, given: JsonSchema, roots: [JsonSchema, JsonSchema], depth: number): boolean {
  if (!acceptsChoices(taken['enum'], given['enum'])) return false
  const [takenType, givenType] = [taken['type'], given['type']]
  if (takenType === undefined) return true
  if (givenType === 'integer' && takenType === 'number') return true
  if (givenType !== takenType) return false
  const inner = (a: JsonValue | undefined, b: JsonValue | undefined): boolean =>
    accepts(asSchema(a), asSchema(b), roots, depth + 1)
  if (givenType === 'array') return inner(taken['items'], given['items'])
  if (givenType !== 'object') return true
  const [takenFields, givenFields] = [taken['properties'], given['properties']]
  if (!isObject(takenFields) || !isObject(givenFields)) {
    return inner(taken['additionalProperties'], given['additionalProperties'])
  }
  return Object.entries(takenFields).every(([name, schema]) => name in givenFields && inner(schema, givenFields[name]))
}

function acceptsChoices(taken: JsonValue | undefined, given: JsonValue | undefined): boolean {
  if (!Array.isArray(taken)) return true
  if (!Array.isArray(given)) return false
  const known = new Set(taken.map(stableText))
  return given.every((choice) => known.has(stableText(choice)))
}
