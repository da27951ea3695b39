import type { JsonValue } from '../../contracts/json.ts'
import type { ToolSpecification } from '../../contracts/run.ts'
import type { ToolSignature } from '../../contracts/tool.ts'
import { isJsonObject } from '../is-json-object.ts'
import type { CodeFacts } from '../signature/code-facts.ts'

/** Numbers that are the same in every request: units of time, of bytes, of percent; trading days; constants. */
const GENERAL_NUMBERS = new Set([
  100, 1000, 128, 256, 512, 1024, 2048, 4096, 252, 253, 261, 360, 364, 365, 366, 365.25, 365.2425, 3600, 1440, 86_400,
  86_400_000, 3_600_000, 273.15, 459.67, 9.81, 9.806_65, 6371, 6371.0088, 1900, 1970, 2000,
])
/** Words in capitals that belong to no request in particular. */
const GENERAL_WORDS = new Set(
  'CSV TSV JSON XML PDF PNG JPG SVG HTML HTTP URL UTF ASCII ISO UTC GMT UUID SQL API NAN NULL TRUE FALSE NONE MIN MAX SUM AVG'.split(
    ' ',
  ),
)
/** Words that a request puts in quotes and that code needs for itself: of statistics, of pandas, of results. */
const METHOD_WORDS = new Set(
  (
    'mean median mode sum min max count std var average total first last linear log simple index date day week month year ' +
    'value values name names rows columns inner outer left right asc desc ascending descending daily weekly monthly yes no'
  ).split(' '),
)
const QUOTED =
  /"([^"\n]{2,100})"|(?<![\p{L}\p{N}])'([^'\n]{2,100})'(?![\p{L}\p{N}])|`([^`\n]{2,100})`|[“„]([^“”\n]{2,100})[“”]|«([^«»\n]{2,100})»|‘([^‘’\n]{2,100})’/gu
const FILE_NAME =
  /(?<![\p{L}\p{N}_.-])[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,200}\.(?:csv|tsv|txt|json|jsonl|xlsx?|parquet|xml|html?|md|log|dat|png|jpe?g|pdf|gz|zip|db|sqlite)\b/giu
const DATE = /\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}[./]\d{1,2}[./]\d{4}\b/g
const CAPITALS = /\b[A-Z][A-Z0-9]{2,5}\b/g
const NUMBER = /(?<![\w.,:/-])-?\d+(?:[,’' ]\d{3})*(?:\.\d+)?(?![\w:/]|[.,]\d|-\d)/g

/** A longer request has its data in it, which are no names. */
const REQUEST_CHARACTERS = 20_000

interface RequestLiterals {
  /** Texts that a literal may not be. */
  texts: Set<string>
  /** Texts that a literal may not contain: names of files, dates. */
  parts: Set<string>
  numbers: Set<number>
}

/**
 * Literals of the request that stand in the code: a tool takes them as parameters. What the specification names itself, or
 * a default or a choice of a parameter, is meant to be there; numbers of fewer than three digits are everywhere.
 */
export function checkRequestLiterals({
  facts,
  signature,
  specification,
  request,
}: {
  facts: CodeFacts
  signature: ToolSignature
  specification: ToolSpecification
  request: string
}): string[] {
  const wanted = readRequest(request)
  const allowed = collectAllowed(signature, specification)
  const isAllowed = (found: string | number): boolean =>
    allowed.values.has(found) || allowed.text.includes(String(found).toLowerCase())
  const inCode = facts.literals.flatMap(({ value, line }) => {
    const found = findLiteral(value, wanted)
    if (found === null || isAllowed(found)) return []
    return [`Line ${line}: ${JSON.stringify(found)} stands in the request: take it as a parameter.`]
  })
  const inDefaults = ownDefaults(signature, specification).flatMap(({ name, value }) => {
    const found = findLiteral(value, wanted)
    if (found === null || isAllowed(found)) return []
    return [`The default of ${name} has ${JSON.stringify(found)} of the request: let the caller give it.`]
  })
  return [...inCode, ...inDefaults]
}

function findLiteral(value: string | number, wanted: RequestLiterals): string | number | null {
  if (typeof value === 'number') return findNumber(value, wanted)
  const decoded = decodeBase64(value)
  return findText(value, wanted) ?? (decoded === null ? null : findText(decoded, wanted))
}

/** The text that stands in base64; null where it is none. */
function decodeBase64(value: string): string | null {
  if (!/^[A-Za-z0-9+/_-]{8,}={0,2}$/.test(value)) return null
  const text = Buffer.from(value, 'base64').toString('utf8')
  return /^[\p{L}\p{N}\p{P}\p{S}\p{Zs}]+$/u.test(text) ? text : null
}

/** Defaults that the code has and the specification does not ask for. */
function ownDefaults(
  { inputSchema }: ToolSignature,
  { parameters }: ToolSpecification,
): { name: string; value: string | number }[] {
  const { properties } = inputSchema
  if (!isJsonObject(properties)) return []
  const asked = new Set(parameters.filter((one) => one.default !== undefined).map(({ name }) => name))
  return Object.entries(properties).flatMap(([name, schema]) => {
    const value = isJsonObject(schema) ? schema['default'] : undefined
    const isLiteral = typeof value === 'string' || typeof value === 'number'
    return isLiteral && !asked.has(name) ? [{ name, value }] : []
  })
}

function findNumber(value: number, { numbers }: RequestLiterals): number | null {
  return numbers.has(Math.abs(value)) ? value : null
}

function findText(value: string, { texts, parts, numbers }: RequestLiterals): string | number | null {
  const text = value.trim()
  if (texts.has(text)) return text
  const part = [...parts].find((one) => text.includes(one))
  return part ?? numbersIn(text).find((number) => numbers.has(number)) ?? null
}

/** As they stand in a request or in a text of the code, without their signs. */
function numbersIn(text: string): number[] {
  return [...text.matchAll(NUMBER)].map(([digits]) => Math.abs(Number(digits.replaceAll(/[,’' ]/g, ''))))
}

function readRequest(text: string): RequestLiterals {
  const request = text.slice(0, REQUEST_CHARACTERS)
  const quoted = [...request.matchAll(QUOTED)].flatMap((match) =>
    match.slice(1).filter((part) => part !== undefined && !METHOD_WORDS.has(part.trim())),
  )
  const capitals = [...request.matchAll(CAPITALS)].map(([word]) => word).filter((word) => !GENERAL_WORDS.has(word))
  // A request in capitals throughout has no names in capitals.
  const words = capitals.length > 8 ? [] : capitals
  return {
    texts: new Set([...quoted.map((part) => part.trim()), ...words]),
    parts: new Set([...request.matchAll(FILE_NAME), ...request.matchAll(DATE)].map(([found]) => found)),
    numbers: new Set(numbersIn(request).filter(isParticular)),
  }
}

/** At least three significant digits, and none that every program may have. */
function isParticular(value: number): boolean {
  const digits = String(value).replace('.', '').replace(/^0+/, '').replace(/0+$/, '')
  const isConstant = [Math.PI, Math.E, Math.SQRT2, Math.LN2].some((constant) => Math.abs(value - constant) < 0.01)
  return digits.length >= 3 && !GENERAL_NUMBERS.has(value) && !isConstant
}

/** What the specification or the signature say themselves. */
function collectAllowed(
  { inputSchema }: ToolSignature,
  specification: ToolSpecification,
): { values: Set<JsonValue>; text: string } {
  const { name, description, whenToUse, parameters, returns, examples } = specification
  const values = new Set<JsonValue>()
  for (const value of [withoutDefaults(inputSchema), examples, parameters]) {
    collectValues(value as unknown as JsonValue, values)
  }
  const texts = [name, description, whenToUse, returns.type, returns.description]
  texts.push(...parameters.flatMap((parameter) => [parameter.name, parameter.type, parameter.description]))
  return { values, text: texts.join('\n').toLowerCase() }
}

/** A default of the code's own allows nothing; those of the specification stand there. */
function withoutDefaults(schema: JsonValue): JsonValue {
  if (Array.isArray(schema)) return schema.map(withoutDefaults)
  if (!isJsonObject(schema)) return schema
  const kept = Object.entries(schema).filter(([key, value]) => key !== 'default' || isJsonObject(value))
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutDefaults(value)]))
}

function collectValues(value: JsonValue, values: Set<JsonValue>): void {
  if (value === null || typeof value !== 'object') values.add(value)
  else for (const part of Object.values(value)) collectValues(part, values)
}
