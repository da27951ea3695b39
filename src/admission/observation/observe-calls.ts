import { z } from 'zod'
import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import type { Limits } from '../../contracts/limits.ts'
import type { Execution, ExecutionResult, InputFile, Sandbox, ToolModule } from '../../contracts/sandbox.ts'
import { wasStarved } from '../../domain/failures/host-ended.ts'
import { decodeNumbers } from '../../domain/numbers/decode-numbers.ts'
import { grantNeeds } from '../../util/grant-needs.ts'
import { joinAssets } from '../../util/join-assets.ts'
import type { ToolUnderTest } from '../subject.ts'
import { callOutcome, type CallOutcome } from './outcome.ts'
import { mergeReads, READ_KINDS, type Reads } from './reads.ts'

/** Later parts use what the earlier ones define. */
const PARTS = {
  python: ['observed_reads.py', 'changed_world.py', 'observe_tool.py'],
  javascript: ['observed-reads.mjs', 'observe-tool.mjs'],
} as const

/** All calls of one observation together; a call that hangs is found by running parts. */
const TOGETHER: Partial<Limits> = { wallMs: 20_000, cpuMs: 4000 }
const PART: Partial<Limits> = { wallMs: 10_000, cpuMs: 2000 }
/** To find two calls among hundreds; what they cost has a bound whatever the tool does. */
const MOST_EXECUTIONS = 24
/** Calls that end their process, after which no further one is made: a tool that hangs on everything would take minutes. */
const MOST_ENDED = 2

/** What surrounds a tool while it is called, besides its arguments. */
export interface World {
  /** Epoch seconds at the start. */
  clock: number
  /** Of the generators of random numbers that have a common state; set before every call. */
  seed: number
  /** The machine's: as POSIX writes it for Python, by its name for Node, which need no files for it. */
  timeZone: { python: string; javascript: string }
  /** The current folder. */
  folder: string
  /** Added to the value of every environment variable that the tool reads. */
  environment: string
  /** The calls in reverse order: what a call leaves behind meets other calls. */
  reverse: boolean
  /** Files in the input folder that no argument names. */
  files: InputFile[]
}

export interface ObservedCalls {
  sandbox: Sandbox
  tool: ToolUnderTest
  /** Named arguments, as JSON values. */
  calls: readonly JsonObject[]
  world: World
  /** Input files that the arguments name. */
  inputs?: readonly InputFile[]
  signal?: AbortSignal
}

export interface Observation {
  /** One for each call, in their order. */
  outcomes: CallOutcome[]
  reads: Reads
  /** Indices of calls that changed the arguments that they were given. */
  changedArguments: number[]
  /** True where the code makes sets or hashes, whose order or value Python draws anew for each interpreter. */
  usesHashOrder: boolean
}

const observation = z.object({
  outcomes: z.array(callOutcome),
  reads: z.record(z.enum(READ_KINDS), z.array(z.string())),
  changedArguments: z.array(z.number()),
  usesHashOrder: z.boolean(),
})

/**
 * Calls a tool several times inside one sandbox and tells what came of it. Where the process does not live through all calls,
 * the halves are made again, and so on down to the calls that end it. After two of these, or after 24 executions, the outcomes
 * of the others are unknown. Rejects where the sandbox cannot execute and with the signal's reason.
 */
export async function observeCalls(observed: ObservedCalls): Promise<Observation> {
  const { calls, signal } = observed
  const together = await observeTogether(observed)
  if (typeof together !== 'string') return together
  const outcomes = calls.map((): CallOutcome => ({ kind: 'unknown' }))
  const parts: Observation[] = []
  const open = halves({ from: 0, to: calls.length })
  let ended = 0
  for (let executions = 0; executions < MOST_EXECUTIONS && ended < MOST_ENDED; executions += 1) {
    const range = open.shift()
    if (range === undefined) break
    signal?.throwIfAborted()
    const { from, to } = range
    const isAlone = to - from === 1
    const result = await execute(observed, calls.slice(from, to), PART)
    if (result.status === 'ok') {
      const part = observation.parse(result.value)
      outcomes.splice(from, to - from, ...part.outcomes)
      parts.push({ ...part, changedArguments: part.changedArguments.map((index) => from + index) })
    } else if (isAlone) {
      outcomes[from] = toOutcome(result)
      if (result.status !== 'error') ended += 1
    } else open.unshift(...halves(range))
  }
  return {
    outcomes,
    reads: mergeReads(parts.map((part) => part.reads)),
    changedArguments: parts.flatMap((part) => part.changedArguments),
    usesHashOrder: parts.some((part) => part.usesHashOrder),
  }
}

interface Range {
  from: number
  /** Not included. */
  to: number
}

function halves({ from, to }: Range): Range[] {
  if (to - from === 1) return [{ from, to }]
  const middle = Math.ceil((from + to) / 2)
  return [
    { from, to: middle },
    { from: middle, to },
  ]
}

/**
 * All calls in one sandbox. `ended`: the process did not live through them; `starved`: the machine was too busy to tell.
 * Rejects as `observeCalls` does.
 */
export async function observeTogether(observed: ObservedCalls): Promise<Observation | 'ended' | 'starved'> {
  const result = await execute(observed, observed.calls, TOGETHER)
  if (result.status === 'ok') return observation.parse(result.value)
  return wasStarved(result) ? 'starved' : 'ended'
}

/** `error`: the value has no form in JSON or is too large; the guest catches what the tool raises. */
function toOutcome(result: ExecutionResult): CallOutcome {
  const { status, error } = result
  if (wasStarved(result)) return { kind: 'unknown' }
  if (status !== 'error' || error === undefined) return { kind: 'ended', status }
  return { kind: 'error', type: error.type, message: error.message }
}

/** The calls again in new Python interpreters with these hash seeds: the outcomes by seed. */
export async function observeHashOrders(
  { sandbox, tool, calls, inputs = [], signal }: Omit<ObservedCalls, 'world'>,
  seeds: number[],
): Promise<CallOutcome[][] | null> {
  const code = await programFor('python')
  const { modules, name } = modulesOf(tool)
  const decoded = calls.map((call) => decodeNumbers(call, tool.signature.inputSchema))
  const args = { modules, tool: name, calls: decoded, seeds, source: code }
  const result = await sandbox.execute({
    language: 'python',
    code,
    call: { function: 'observe_hash_orders', arguments: args },
    inputs: [...inputs],
    limits: TOGETHER,
    ...grantNeeds(tool),
    ...(signal ? { signal } : {}),
  })
  signal?.throwIfAborted()
  return result.status === 'ok' ? z.array(z.array(callOutcome)).parse(result.value) : null
}

async function execute(
  { sandbox, tool, world, inputs = [], signal }: ObservedCalls,
  calls: readonly JsonObject[],
  limits: Partial<Limits>,
): Promise<ExecutionResult> {
  const { language } = tool.signature
  const { modules, name } = modulesOf(tool)
  const { files, timeZone, ...rest } = world
  const settings = { ...rest, timeZone: timeZone[language] }
  const decoded = calls.map((call) => decodeNumbers(call, tool.signature.inputSchema))
  const common = { tool: name, calls: decoded, settings }
  const given: Pick<Execution, 'call' | 'tools'> =
    language === 'python'
      ? { call: { function: 'observe', arguments: { ...common, modules } } }
      : { call: { function: 'observe', arguments: common }, tools: toolModules(tool) }
  const result = await sandbox.execute({
    language,
    code: await programFor(language),
    ...given,
    inputs: [...inputs, ...files],
    limits,
    ...grantNeeds(tool),
    ...(signal ? { signal } : {}),
  })
  signal?.throwIfAborted()
  return result
}

function programFor(language: 'python' | 'javascript'): Promise<string> {
  return joinAssets(PARTS[language].map((part) => `admission/guest/${part}`))
}

function toolModules({ signature, code, tools }: ToolUnderTest): ToolModule[] {
  const { name, language, function: called } = signature
  return [...tools.filter((tool) => tool.name !== name), { name, language, code, function: called }]
}

function modulesOf(tool: ToolUnderTest): { modules: JsonValue[]; name: string } {
  const modules = toolModules(tool).map(({ name, code, function: called }) => ({ name, code, function: called }))
  return { modules, name: tool.signature.name }
}
