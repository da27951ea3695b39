import type { JsonObject, JsonSchema, JsonValue } from '../../contracts/json.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { stableText } from '../../util/stable-text.ts'
import type { CallOutcome } from '../observation/outcome.ts'
import { alternatives, asSchema, parametersOf, resolveReference } from '../twins/schema-parts.ts'

/** With fewer different results, and other inputs, a tool may well give one and the same for the rest. */
const LEAST_RESULTS = 3
const LEAST_OTHERS = 10

/**
 * True for a tool that gives its tests what they expect and everything else one and the same: it looks their values up. Only
 * where all parameters are numbers or lists of them: of texts, most that are made up are no names that a table knows.
 */
export function answersOnlyTests(
  schema: JsonSchema,
  {
    tests,
    calls,
    outcomes,
  }: { tests: readonly ToolTest[]; calls: readonly JsonObject[]; outcomes: readonly CallOutcome[] },
): boolean {
  if (!parametersOf(schema).every(({ schema: part }) => isNumeric(part, schema))) return false
  const examples = tests.filter((test) => test.kind === 'example')
  const expected = new Set(examples.map((test) => stableText(test.expected)))
  const asked = new Set(tests.flatMap((test) => (test.kind === 'property' ? [] : [stableText(test.arguments)])))
  const others = calls.flatMap((call, index) => (asked.has(stableText(call)) ? [] : [outcomes[index]]))
  const given = new Set(others.map((outcome) => (outcome === undefined ? '' : describe(outcome))))
  return expected.size >= LEAST_RESULTS && others.length >= LEAST_OTHERS && given.size === 1 && !given.has('')
}

function describe(outcome: CallOutcome): string {
  if (outcome.kind === 'value') return `= ${stableText(outcome.value)}`
  return outcome.kind === 'error' ? `! ${outcome.type}` : ''
}

function isNumeric(part: JsonSchema, root: JsonSchema): boolean {
  return alternatives(resolveReference(part, root)).every((one: JsonSchema) => {
    const type: JsonValue | undefined = one['type']
    if (type === 'array') return isNumeric(asSchema(one['items']), root)
    return (type === 'number' || type === 'integer') && one['enum'] === undefined
  })
}
