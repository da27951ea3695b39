import type { JsonSchema, JsonValue } from '../../contracts/json.ts'
import { stableText } from '../../util/stable-text.ts'
import { alternatives, asSchema, isObject, parametersOf, resolveReference } from './schema-parts.ts'

type Parameter = ReturnType<typeof parametersOf>[number]

/** All orders of four parameters of one type; of more, tests could not tell the right one in one execution. */
const MOST_ALIGNMENTS = 24
/** Places that are tried at all: schemas of many parameters would take for ever otherwise. */
const MOST_STEPS = 2000

/** The likeliest of `listAlignments`; null where there is none. */
export function alignParameters(tool: JsonSchema, other: JsonSchema): Map<string, string> | null {
  return listAlignments(tool, other)[0] ?? null
}

/**
 * In which ways the parameters of `other` can take the arguments of those of `tool`, by name: each goes to one whose type takes
 * all that it takes, no two to the same one, and all that `other` requires is there. The likeliest first: under the same names,
 * by position, then any other, at most 24. Names alone never decide which one is right: behaviour does.
 */
export function listAlignments(tool: JsonSchema, other: JsonSchema): Map<string, string>[] {
  const [own, others] = [parametersOf(tool), parametersOf(other)]
  const choices = own.map((parameter, place) => {
    const fitting = others.filter((partner) => fits(partner, parameter, [other, tool]))
    return fitting.toSorted((a, b) => rank(a, parameter, others, place) - rank(b, parameter, others, place))
  })
  const found: Parameter[][] = []
  let steps = 0
  const place = (partners: Parameter[]): void => {
    steps += 1
    if (found.length >= MOST_ALIGNMENTS || steps > MOST_STEPS) return
    if (partners.length === own.length) {
      if (others.every((one) => !one.required || partners.includes(one))) found.push(partners)
      return
    }
    for (const partner of choices[partners.length] ?? []) {
      if (!partners.includes(partner)) place([...partners, partner])
    }
  }
  place([])
  const byPosition = found.find((partners) => partners.every((partner, index) => partner === others[index]))
  const sameNames = found.find((partners) => partners.every(({ name }, index) => name === own[index]?.name))
  const sorted = new Set([sameNames, byPosition, ...found].filter((one) => one !== undefined))
  return [...sorted].map((partners) => new Map(partners.map(({ name }, index) => [own[index]?.name ?? '', name])))
}

function fits(partner: Parameter, parameter: Parameter, roots: [JsonSchema, JsonSchema]): boolean {
  // What may be left out here has to be there to be left out.
  if (partner.required && !parameter.required) return false
  return accepts(partner.schema, parameter.schema, roots, 0)
}

/** The same name before the same place before all others. */
function rank(partner: Parameter, parameter: Parameter, others: readonly Parameter[], place: number): number {
  if (partner.name === parameter.name) return -1
  return others[place] === partner ? 0 : 1
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
