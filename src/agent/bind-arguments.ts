import { HandaxeError } from '../contracts/errors.ts'
import type { JsonObject, JsonValue } from '../contracts/json.ts'
import type { BoundArguments } from '../contracts/plan.ts'
import { GUEST_PATHS, type ExecutionResult, type InputFile, type Sandbox } from '../contracts/sandbox.ts'
import { readEntries, toObject } from '../domain/json/entries.ts'
import { toJsonText } from '../domain/json/to-json-text.ts'
import { closest } from '../util/closest.ts'
import { readPath } from './answer/read-path.ts'
import { loadGuestProgram } from './load-guest-program.ts'
import { readReferences, type Reference } from './plan/read-references.ts'

/** What is read from files for one call, as JSON. More than this belongs into the tool, which can read the file itself. */
const BOUND_BYTES = 64 * 1024 * 1024
const SHOWN_CHARACTERS = 200

export interface BindOptions {
  files: readonly InputFile[]
  /** The values of the steps that have finished, by id. */
  stepValues: ReadonlyMap<string, JsonValue> | Readonly<Record<string, JsonValue>>
  signal?: AbortSignal
}

/** A reference that stands somewhere in the arguments, and what it stands for once that is known. */
interface Place {
  path: string
  reference: Reference
  /** Of a `$step`: which part of its value. */
  part: string
  value?: JsonValue
}

type Outcome = { value: JsonValue } | { problem: string }

/**
 * The arguments with every reference (`$file`, `$column`, `$columns`, `$records`, `$json`, `$text`, `$step`) replaced by what
 * it stands for. Files are read by trusted code in one execution: numbers become numbers, missing fields null, dates stay
 * text. Rejects with `invalid_arguments`, whose message has a sentence for each reference that cannot be bound, written for
 * the model that chose it (`details.problems` has them one by one).
 */
export async function bindArguments(sandbox: Sandbox, args: BoundArguments, options: BindOptions): Promise<JsonObject> {
  const reading = readReferences(args)
  if ('problems' in reading) throw invalidArguments(reading.problems)
  const places: Place[] = []
  collectPlaces(args, '', places)
  const outcomes = await bindPlaces(sandbox, places, options)
  const problems = outcomes.flatMap((outcome, index) =>
    'problem' in outcome ? [`${places[index]?.path}: ${outcome.problem}`] : [],
  )
  if (problems.length > 0) throw invalidArguments(problems)
  const values = outcomes.flatMap((outcome) => ('value' in outcome ? [outcome.value] : []))
  return replaceObject(args, values)
}

function invalidArguments(problems: string[]): HandaxeError {
  return new HandaxeError('invalid_arguments', problems.join('\n'), {
    hint: 'Name files, columns and steps exactly as they are listed.',
    details: { problems },
  })
}

function isReference(value: JsonObject): boolean {
  return readEntries(value)?.some(([key]) => key.startsWith('$')) ?? false
}

/** References in the order in which `replace` meets them. */
function collectPlaces(value: JsonValue, path: string, places: Place[]): void {
  if (value === null || typeof value !== 'object') return
  if (Array.isArray(value)) {
    value.forEach((item, index) => collectPlaces(item, `${path}[${index}]`, places))
  } else if (isReference(value)) {
    const reading = readReferences({ value })
    const reference = 'references' in reading ? reading.references[0] : undefined
    const part = typeof value['path'] === 'string' ? value['path'] : ''
    if (reference !== undefined) places.push({ path, reference, part })
  } else {
    for (const [key, item] of readEntries(value) ?? [])
      collectPlaces(item, path === '' ? key : `${path}.${key}`, places)
  }
}

function replaceObject(value: JsonObject, values: JsonValue[]): JsonObject {
  const entries = readEntries(value)
  return entries === null ? value : toObject(entries.map(([key, item]) => [key, replace(item, values)]))
}

function replace(value: JsonValue, values: JsonValue[]): JsonValue {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item) => replace(item, values))
  return isReference(value) ? (values.shift() ?? null) : replaceObject(value, values)
}

async function bindPlaces(sandbox: Sandbox, places: readonly Place[], options: BindOptions): Promise<Outcome[]> {
  const outcomes = places.map((place) => bindOnHost(place, options))
  const inFiles = places.filter((_, index) => outcomes[index] === null)
  const read = inFiles.length === 0 ? [] : await readFromFiles(sandbox, inFiles, options)
  return outcomes.map((outcome) => outcome ?? read.shift() ?? { problem: 'it could not be read' })
}

/** What needs no look into a file; null where one is needed. */
function bindOnHost({ reference, part }: Place, { files, stepValues }: BindOptions): Outcome | null {
  if (reference.step !== null) return bindStep(reference.step, part, stepValues)
  const name = reference.file ?? ''
  if (!files.some((file) => file.name === name)) return { problem: unknownFile(name, files) }
  return reference.kind === 'file' ? { value: `${GUEST_PATHS.input}/${name}` } : null
}

function unknownFile(name: string, files: readonly InputFile[]): string {
  const names = files.map((file) => file.name)
  if (names.length === 0) return `there is no file ${JSON.stringify(name)}: no files were given`
  const near = closest(name, names)
  const meant = near === null ? '' : ` (did you mean ${JSON.stringify(near)}?)`
  return `there is no file ${JSON.stringify(name)}${meant}; the files are ${names.map((one) => JSON.stringify(one)).join(', ')}`
}

function bindStep(id: string, part: string, stepValues: BindOptions['stepValues']): Outcome {
  const values: ReadonlyMap<string, JsonValue> =
    stepValues instanceof Map ? stepValues : new Map(Object.entries(stepValues))
  const value = values.get(id)
  if (value === undefined) {
    const known = [...values.keys()].join(', ')
    const choice = known === '' ? 'no step has finished yet' : `there are values of ${known}`
    return { problem: `there is no value of a step ${JSON.stringify(id)}; ${choice}` }
  }
  const found = readPath(value, part)
  if (found !== undefined) return { value: found }
  const shown = toJsonText(value, { digits: true })
  const cut = shown.length > SHOWN_CHARACTERS ? `${shown.slice(0, SHOWN_CHARACTERS)}…` : shown
  return { problem: `the value of step ${id} has nothing at ${JSON.stringify(part)}; it is ${cut}` }
}

async function readFromFiles(sandbox: Sandbox, places: readonly Place[], options: BindOptions): Promise<Outcome[]> {
  const references = places.map(({ reference }) => ({
    kind: reference.kind,
    file: reference.file,
    columns: reference.columns,
    encoding: reference.encoding,
  }))
  const names = new Set(references.map((reference) => reference.file))
  const result = await sandbox.execute({
    language: 'python',
    code: await loadGuestProgram('bind_arguments'),
    call: { function: 'bind_arguments', arguments: { references } },
    inputs: options.files.filter((file) => names.has(file.name)),
    limits: { valueBytes: BOUND_BYTES },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  options.signal?.throwIfAborted()
  if (result.status !== 'ok') return places.map(() => ({ problem: describeFailure(result) }))
  if (!Array.isArray(result.value)) throw new Error('Binding arguments gave no list')
  return result.value.map(toOutcome)
}

function toOutcome(outcome: JsonValue): Outcome {
  if (outcome !== null && typeof outcome === 'object' && !Array.isArray(outcome)) {
    const { problem, value } = outcome
    if (typeof problem === 'string') return { problem }
    if (value !== undefined) return { value }
  }
  throw new Error('Binding arguments gave neither a value nor a problem')
}

/** The program is trusted and complete: what can stop it is the size of the files. */
function describeFailure({ status, error }: ExecutionResult): string {
  const isLarge = status === 'out-of-memory' || status === 'timeout' || error?.type === 'ValueTooLarge'
  if (!isLarge) throw new Error(`Binding arguments failed (${status}): ${error?.type}: ${error?.message}`)
  return 'the data are too large to be passed as a value: pass the path of the file with {"$file": …} and read it there'
}
