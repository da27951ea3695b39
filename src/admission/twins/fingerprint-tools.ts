import { createHash } from 'node:crypto'
import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import { readEntries } from '../../domain/json/entries.ts'
import { readInteger, readNumber } from '../../domain/numbers/read-number.ts'
import type { InputFile, Sandbox } from '../../contracts/sandbox.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { WORLDS } from '../determinism/worlds.ts'
import { eachLimited } from '../each-limited.ts'
import { observeCalls } from '../observation/observe-calls.ts'
import type { CallOutcome } from '../observation/outcome.ts'
import { stableText } from '../../util/stable-text.ts'
import type { ToolUnderTest } from '../subject.ts'
import { comparisonInputs } from './comparison-inputs.ts'
import { generateInputs } from './generate-inputs.ts'
import { pathParameters } from './path-parameters.ts'
import { ordersOf } from './shape-of.ts'

/** They only sort; pairs that look the same are compared on many more. */
const INPUTS = 60
const EXAMPLES = 40
const CONCURRENT_TOOLS = 2
/** With fewer results the fingerprints of unlike tools meet: most inputs were refused. */
const LEAST_RESULTS = 8
/** Twins add up in another order: what differs in the twelfth digit must not differ here. */
const DIGITS = 4

export interface TestedTool extends ToolUnderTest {
  tests: readonly ToolTest[]
}

/**
 * What tools of one shape (`shapeOf`) give for the same inputs, as a hash: one execution each, so that many can be sorted
 * without comparing all pairs. Each is called with its parameters in every order that the types allow, and the least of the
 * hashes taken: it is the same for tools that differ in nothing but their order. Tools with different fingerprints do different
 * things, in whatever language; the same one is only a hint. Null for a tool that refused nearly everything.
 */
export async function fingerprintTools<Tool extends TestedTool>(
  tools: readonly Tool[],
  { sandbox, onTool, signal }: { sandbox: Sandbox; onTool?: (tool: Tool) => void; signal?: AbortSignal },
): Promise<Map<Tool, string | null>> {
  const { inputs, files } = commonInputs(tools)
  const found = new Map<Tool, string | null>()
  await eachLimited(tools, CONCURRENT_TOOLS, async (tool) => {
    signal?.throwIfAborted()
    onTool?.(tool)
    const orders = ordersOf(tool.signature.inputSchema)
    const calls = orders.flatMap((names) => inputs.map((values) => toArguments(values, names)))
    const observed = { sandbox, tool, calls, inputs: files, world: WORLDS.first, ...(signal ? { signal } : {}) }
    const { outcomes } = await observeCalls(observed)
    const byOrder = orders.map((_, index) => outcomes.slice(index * inputs.length, (index + 1) * inputs.length))
    const results = Math.max(...byOrder.map((own) => own.filter(({ kind }) => kind === 'value').length))
    // What follows a call that ended the process is not known, and would tell any two tools apart.
    const isKnown = outcomes.every(({ kind }) => kind !== 'unknown')
    const least = byOrder.map(hashOf).toSorted()[0] ?? null
    found.set(tool, results < LEAST_RESULTS || !isKnown ? null : least)
  })
  return found
}

/** By the places of the parameters; undefined where one is left out. */
type Values = (JsonValue | undefined)[]

/**
 * From the tests of all, by turns, and generated from the schema of the first; with small tables where a parameter of one of
 * them takes the path of a file.
 */
function commonInputs(tools: readonly TestedTool[]): { inputs: Values[]; files: InputFile[] } {
  const [first] = tools
  if (first === undefined) return { inputs: [], files: [] }
  const { inputSchema } = first.signature
  const names = firstOrder(first)
  const byTool = tools.map((tool) => {
    const own = firstOrder(tool)
    const examples = tool.tests.flatMap((test) => (test.kind === 'property' ? [] : [test.arguments]))
    return examples.map((given) => toArguments(toValues(given, own), names))
  })
  const longest = Math.max(0, ...byTool.map(({ length }) => length))
  const examples: JsonObject[] = []
  for (let row = 0; row < longest && examples.length < EXAMPLES; row += 1) {
    for (const own of byTool) {
      const example = own[row]
      if (example !== undefined && examples.length < EXAMPLES) examples.push(example)
    }
  }
  const plain = generateInputs(inputSchema, 1, examples.length + INPUTS, { examples })
  // Of the first that takes one: the others meet the same in one of their orders.
  const reader = tools.find((tool) => firstOrder(tool).some((_, place) => takesPath(tool, place)))
  const paths = reader === undefined ? [] : names.filter((_, place) => takesPath(reader, place))
  const common = { seed: 1, count: INPUTS, codes: [], languages: [] }
  const tests = tools.flatMap((tool) => tool.tests).filter(({ kind }) => kind === 'property')
  const tables =
    paths.length === 0
      ? { inputs: [], files: [] }
      : comparisonInputs(inputSchema, { ...common, examples, tests, paths })
  // A folder is no file: what is said of one differs from execution to execution.
  const inputs = [...plain, ...tables.inputs].filter((given) =>
    paths.every((name) => !FOLDER.test(String(given[name]))),
  )
  return { inputs: inputs.map((given) => toValues(given, names)), files: tables.files }
}

const FOLDER = /^[./]+$/

function takesPath({ signature: { inputSchema } }: ToolUnderTest, place: number): boolean {
  const name = ordersOf(inputSchema)[0]?.[place]
  return name !== undefined && pathParameters(inputSchema).includes(name)
}

/** Parameters by the places of the shape. */
function firstOrder({ signature }: ToolUnderTest): string[] {
  return ordersOf(signature.inputSchema)[0] ?? []
}

function toValues(given: JsonObject, names: readonly string[]): Values {
  return names.map((name) => given[name])
}

function toArguments(values: Values, names: readonly string[]): JsonObject {
  const pairs = names.flatMap((name, place): [string, JsonValue][] => {
    const value = values[place]
    return value === undefined ? [] : [[name, value]]
  })
  return Object.fromEntries(pairs)
}

/** The classes of errors have other names in another language. */
function hashOf(outcomes: readonly CallOutcome[]): string {
  const texts = outcomes.map((outcome) => {
    if (outcome.kind === 'value') return `= ${stableText(roundValue(outcome.value))}`
    return outcome.kind === 'error' ? '!' : outcome.kind
  })
  return createHash('sha256').update(texts.join('\n')).digest('hex')
}

/** As values are compared: integers exactly, objects in any order, a key with null as a missing key. */
function roundValue(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(roundValue)
  const number = readInteger(value) === null ? readNumber(value) : null
  if (number !== null && Number.isFinite(number)) return roundNumber(number)
  const known = readEntries(value)?.filter(([, item]) => item !== null)
  if (known === undefined) return value
  const sorted = known.toSorted(([one], [other]) => (one < other ? -1 : 1))
  return { $entries: sorted.map(([key, item]) => [key, roundValue(item)]) }
}

/** What is left of numbers that cancel out is noise. */
function roundNumber(number: number): number {
  return Math.abs(number) < 1e-9 ? 0 : Number(number.toPrecision(DIGITS))
}
