import type { JsonSchema } from '../../contracts/json.ts'
import { alternatives, parametersOf, resolveReference } from './schema-parts.ts'

const NAME = /(?:^|_)(?:path|file|filename|csv|tsv)(?:_|$)/
const DESCRIPTION =
  /\bpath of (?:a|an|the|one)\b[^.]*\bfile\b|\bname of (?:a|an|the|one) (?:\w+ )?file\b|\bfile (?:path|name)\b|\bfile to read\b/i

/** The parameters that take the path of a file, by what they are called or described as: a type does not say it. */
export function pathParameters(schema: JsonSchema): string[] {
  return parametersOf(schema).flatMap(({ name, schema: part }) => {
    const resolved = resolveReference(part, schema)
    const isText = alternatives(resolved).some(({ type }) => type === 'string')
    const { description } = resolved
    const says = typeof description === 'string' && DESCRIPTION.test(description)
    return isText && (NAME.test(toSnakeCase(name)) || says) ? [name] : []
  })
}

function toSnakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** The parameters of `schema` that are paths by what they, or those of the other tool that take their arguments, are called. */
export function pathsOfBoth(schema: JsonSchema, other: JsonSchema, names: ReadonlyMap<string, string>): string[] {
  const [own, others] = [new Set(pathParameters(schema)), new Set(pathParameters(other))]
  return [...names].flatMap(([here, there]) => (own.has(here) || others.has(there) ? [here] : []))
}
