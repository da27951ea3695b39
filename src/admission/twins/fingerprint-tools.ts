import { createHash } from 'node:crypto'
import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import type { Sandbox } from '../../contracts/sandbox.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { WORLDS } from '../determinism/worlds.ts'
import { eachLimited } from '../each-limited.ts'
import { observeCalls } from '../observation/observe-calls.ts'
import type { CallOutcome } from '../observation/outcome.ts'
import { stableText } from '../../util/stable-text.ts'
import type { ToolUnderTest } from '../subject.ts'
import { generateInputs } from './generate-inputs.ts'
import { parametersOf } from './schema-parts.ts'

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
 * without comparing all pairs. Tools with different fingerprints do different things; the same one is only a hint. Null for
 * a tool that refused nearly everything.
 */
export async function fingerprintTools<Tool extends TestedTool>(
  tools: readonly Tool[],
  { sandbox, onTool, signal }: { sandbox: Sandbox; onTool?: (tool: Tool) => void; signal?: AbortSignal },
): Promise<Map<Tool, string | null>> {
  const inputs = commonInputs(tools)
  const found = new Map<Tool, string | null>()
  await eachLimited(tools, CONCURRENT_TOOLS, async (tool) => {
    signal?.throwIfAborted()
    onTool?.(tool)
    const names = namesOf(tool)
    const calls = inputs.map((values) => toArguments(values, names))
    const observed = { sandbox, tool, calls, world: WORLDS.first, ...(signal ? { signal } : {}) }
    const { outcomes } = await observeCalls(observed)
    const results = outcomes.filter(({ kind }) => kind === 'value').length
    found.set(tool, results < LEAST_RESULTS ? null : hashOf(outcomes))
  })
  return found
}

/** By the places of the parameters; undefined where one is left out. */
type Values = (JsonValue | undefined)[]

/** From the tests of all, by turns, and generated from the schema of the first. */
function commonInputs(tools: readonly TestedTool[]): Values[] {
  const [first] = tools
  if (first === undefined) return []
  const names = namesOf(first)
  const byTool = tools.map((tool) => {
    const own = namesOf(tool)
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
  const inputs = generateInputs(first.signature.inputSchema, 1, examples.length + INPUTS, { examples })
  return inputs.map((given) => toValues(given, names))
}

function namesOf({ signature }: ToolUnderTest): string[] {
  return parametersOf(signature.inputSchema).map(({ name }) => name)
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

function hashOf(outcomes: readonly CallOutcome[]): string {
  const texts = outcomes.map((outcome) => {
    if (outcome.kind === 'value') return `= ${stableText(roundValue(outcome.value))}`
    return outcome.kind === 'error' ? `! ${outcome.type}` : outcome.kind
  })
  return createHash('sha256').update(texts.join('\n')).digest('hex')
}

function roundValue(value: JsonValue): JsonValue {
  if (typeof value === 'number') return roundNumber(value)
  if (Array.isArray(value)) return value.map(roundValue)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, roundValue(item)]))
}

/** What is left of numbers that cancel out is noise. */
function roundNumber(number: number): number {
  return Math.abs(number) < 1e-9 ? 0 : Number(number.toPrecision(DIGITS))
}
