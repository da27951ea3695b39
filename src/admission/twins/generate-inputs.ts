import { Ajv2020 } from 'ajv/dist/2020.js'
import { HandaxeError } from '../../contracts/errors.ts'
import type { JsonObject, JsonSchema, JsonValue } from '../../contracts/json.ts'
import { createRandom, pickOne, type Random } from '../random.ts'
import { stableText } from '../../util/stable-text.ts'
import { withoutTags } from '../../domain/json/without-tags.ts'
import { edgeValues, type ValueSource } from './edge-values.ts'
import { randomValue } from './random-value.ts'
import type { Dictionary } from './read-dictionary.ts'
import { parametersOf } from './schema-parts.ts'
import { varyValue } from './vary-value.ts'

/** Tries for each input that is wanted: of narrow schemas most random values do not fit, or have been there. */
const TRIES = 20

/** Of the inputs, those at the edges of one parameter; the rest are varied from examples, or random. */
const EDGE_SHARE = 0.5
const VARIED_SHARE = 0.7
/** Of those that are varied: with an optional argument more, or without any. */
const ADDED_SHARE = 0.3
const RELATED_SHARE = 0.2

/**
 * Inputs of a tool from its `inputSchema`, all different, none against the schema, the same ones for the same seed: first
 * edges of one parameter at a time, then values near the examples, then random ones. With examples (arguments that the tool
 * is known to take, such as those of its tests) most inputs give results; without, a tool with unwritten conditions may
 * refuse most. The dictionary adds the numbers and texts at which the code branches. Fewer than `count` where the schema has
 * no more. Throws `invalid_arguments` for a schema that is none.
 */
export function generateInputs(
  schema: JsonSchema,
  seed: number,
  count: number,
  {
    examples = [],
    dictionary = NO_DICTIONARY,
    missing = false,
  }: {
    examples?: readonly JsonObject[]
    dictionary?: Dictionary
    /** With missing numbers (NaN) in lists and records, as a column of a table has them. */
    missing?: boolean
  } = {},
): JsonObject[] {
  const isValid = compile(schema)
  const random = createRandom(seed)
  const source = { root: schema, dictionary, missing }
  const found = new Map<string, JsonObject>()
  let characters = 0
  let isFull = false
  const add = (input: JsonObject): void => {
    if (found.size >= count || !isValid(input)) return
    const text = stableText(input)
    if (found.has(text)) return
    if (found.size > 0 && characters + text.length > MOST_CHARACTERS) {
      // Further variations of a large example would not fit either, and each takes its time.
      isFull = true
      return
    }
    characters += text.length
    found.set(text, input)
  }
  for (const example of examples) add(example)
  for (const example of examples) add(withoutOptional(example, schema))
  const edges = edgeInputs(source, examples, random)
  for (const input of edges.slice(0, Math.ceil(count * EDGE_SHARE))) add(input)
  for (let tries = 0; found.size < count && tries < TRIES * count; tries += 1) {
    const isVaried = !isFull && examples.length > 0 && random() < VARIED_SHARE
    add(isVaried ? vary(pickOne(random, examples), source, random) : randomInput(source, random))
  }
  return [...found.values()]
}

/** Of all inputs as JSON: they travel into a sandbox at once. Variations of a large example are few then. */
const MOST_CHARACTERS = 4_000_000

const NO_DICTIONARY: Dictionary = { numbers: [], texts: [] }

function compile(schema: JsonSchema): (input: JsonObject) => boolean {
  try {
    // Formats are for readers: a tool sees what it gets.
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    const validate = ajv.compile(schema)
    return (input) => validate(withoutTags(input))
  } catch (error) {
    throw new HandaxeError('invalid_arguments', `There is no making inputs from a schema that is none.`, {
      hint: 'Read the signature of the tool again: its inputSchema has to be a JSON Schema.',
      cause: error,
    })
  }
}

/** Every edge of every parameter, the others as in an example or random; the parameters by turns. */
function edgeInputs(source: ValueSource, examples: readonly JsonObject[], random: Random): JsonObject[] {
  const parameters = parametersOf(source.root)
  const edges = parameters.map((parameter) => edgeValues(parameter.schema, source))
  const longest = Math.max(0, ...edges.map((values) => values.length))
  const inputs: JsonObject[] = []
  for (let row = 0; row < longest; row += 1) {
    for (const [index, { name }] of parameters.entries()) {
      const value = edges[index]?.[row]
      if (value === undefined) continue
      const base = examples.length > 0 ? pickOne(random, examples) : randomInput(source, random)
      inputs.push({ ...base, [name]: value })
    }
  }
  return inputs
}

function randomInput(source: ValueSource, random: Random): JsonObject {
  const there = parametersOf(source.root).filter((parameter) => parameter.required || random() < 0.5)
  return Object.fromEntries(there.map(({ name, schema: part }) => [name, randomValue(part, source, random)]))
}

/** What a default gives shows only where nothing else is given. */
function withoutOptional(example: JsonObject, schema: JsonSchema): JsonObject {
  const optional = new Set(parametersOf(schema).flatMap(({ name, required }) => (required ? [] : [name])))
  return Object.fromEntries(Object.entries(example).filter(([name]) => !optional.has(name)))
}

/** One or two arguments changed, and at times one more given that may be left out, or all such left out. */
function vary(given: JsonObject, source: ValueSource, random: Random): JsonObject {
  const example = random() < ADDED_SHARE ? withoutOptional(given, source.root) : given
  const names = Object.keys(example)
  const further = parametersOf(source.root).filter(({ name }) => !names.includes(name))
  const added = further.length > 0 && random() < ADDED_SHARE ? pickOne(random, further) : null
  const more = added === null ? {} : { [added.name]: randomValue(added.schema, source, random) }
  if (names.length === 0) return more
  const changed = new Set([pickOne(random, names), ...(random() < 0.3 ? [pickOne(random, names)] : [])])
  const varied = Object.entries(example).map(([name, value]) => [
    name,
    changed.has(name) ? varyValue(value, random) : value,
  ])
  const input = { ...Object.fromEntries(varied), ...more }
  return random() < RELATED_SHARE ? relate(input, random) : input
}

/**
 * One argument made equal to another of its type, nearly equal, or equal to the length of one: code compares what belongs
 * together, and says when it is near enough.
 */
function relate(input: JsonObject, random: Random): JsonObject {
  const name = pickOne(random, Object.keys(input))
  const value = input[name] ?? null
  const others = Object.entries(input).flatMap(([key, other]) => (key === name ? [] : [other]))
  const related = others.flatMap((other): JsonValue[] => {
    if (typeof other === typeof value && Array.isArray(other) === Array.isArray(value)) return [other, ...nearTo(other)]
    const length = Array.isArray(other) || typeof other === 'string' ? other.length : null
    return typeof value === 'number' && length !== null ? [length, length - 1, length + 1] : []
  })
  return related.length === 0 ? input : { ...input, [name]: pickOne(random, related) }
}

/** A cent less or more, and what adding up in another order leaves. */
const NEAR = [0.001, -0.01, 1e-9]

function nearTo(value: JsonValue): JsonValue[] {
  if (typeof value === 'number') return NEAR.map((step) => value + step)
  if (!Array.isArray(value) || value.length === 0 || !value.every((item) => typeof item === 'number')) return []
  const [first = 0, ...rest] = value
  return NEAR.map((step) => [first + step, ...rest])
}
