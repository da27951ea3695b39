import type { JsonSchema } from '../../contracts/json.ts'
import { isPathParameter } from '../../domain/tests/path-parameters.ts'
import { alternatives, parametersOf, resolveReference } from './schema-parts.ts'

/** The parameters that take the path of a file, by what they are called or described as: a type does not say it. */
export function pathParameters(schema: JsonSchema): string[] {
  return parametersOf(schema).flatMap(({ name, schema: part }) => {
    const resolved = resolveReference(part, schema)
    const isText = alternatives(resolved).some(({ type }) => type === 'string')
    const { description } = resolved
    const about = { name, description: typeof description === 'string' ? description : '' }
    return isText && isPathParameter(about) ? [name] : []
  })
}

/** The parameters of `schema` that are paths by what they, or those of the other tool that take their arguments, are called. */
export function pathsOfBoth(schema: JsonSchema, other: JsonSchema, names: ReadonlyMap<string, string>): string[] {
  const [own, others] = [new Set(pathParameters(schema)), new Set(pathParameters(other))]
  return [...names].flatMap(([here, there]) => (own.has(here) || others.has(there) ? [here] : []))
}
