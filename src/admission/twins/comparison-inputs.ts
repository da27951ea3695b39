import type { JsonObject, JsonSchema } from '../../contracts/json.ts'
import { GUEST_PATHS, type InputFile, type ToolLanguage } from '../../contracts/sandbox.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { generateFiles, type GeneratedFiles } from './generate-files.ts'
import { generateInputs } from './generate-inputs.ts'
import { pathParameters } from './path-parameters.ts'
import { readDictionary, type Dictionary } from './read-dictionary.ts'
import { parametersOf } from './schema-parts.ts'

/** Beyond 32 bits, where JavaScript's bitwise operators cut off; one only, for loops up to it hang. */
const LARGE = 2 ** 32 + 5
/** Names that every JavaScript object has: where a tool counts into one, these are there already. */
const INHERITED = ['constructor', '__proto__']
/** Characters that stand the other way round where texts are ordered by code units: the first patterns put them side by side. */
const BEYOND_UNITS = ['\uFB01', '\u{1F600}']
/** Two characters that look like one, a capital whose small letter is two, and dates that a lenient reader moves on. */
const COMPOSED = ['e\u0301', '\u0130']
const ODD_DATES = ['2024-02-30', '2024-1-5', '2023-02-29', '2024-01-01T00:00:00', '2024-01-01T00:00:00+02:00']
const ISO_DATE = /^\d{4}-\d{2}-\d{2}/

/** Variations of one file each with the names of its columns are enough to get results; the rest is for other arguments. */
const MOST_FILE_EXAMPLES = 60

export interface ComparisonInputs {
  inputs: JsonObject[]
  /** What the inputs name. */
  files: InputFile[]
}

/**
 * Inputs on which two tools are held against each other: `generateInputs` from the arguments of both tests and the constants
 * of both codes, with missing values in lists, with what sets languages apart, and with small tables where a parameter takes
 * the path of a file.
 */
export function comparisonInputs(
  schema: JsonSchema,
  {
    seed,
    count,
    examples,
    tests,
    codes,
    languages,
    paths = pathParameters(schema),
  }: {
    seed: number
    count: number
    /** Arguments under the names of `schema`. */
    examples: readonly JsonObject[]
    /** Of both; their properties may hold tables. */
    tests: readonly ToolTest[]
    codes: readonly string[]
    languages: readonly ToolLanguage[]
    /** Parameters that take the path of a file, where another than `schema` says so. */
    paths?: readonly string[]
  },
): ComparisonInputs {
  const known = readDictionary(codes)
  const dictionary = withLanguages(known, { examples, languages })
  const missing = true
  if (paths.length === 0)
    return { inputs: generateInputs(schema, seed, count, { examples, dictionary, missing }), files: [] }
  const generated = generateFiles(tests)
  const given = [...withFiles(schema, { paths, generated, examples }), ...examples]
  const texts = [...generated.columns, ...dictionary.texts]
  const options = { examples: given, dictionary: { ...dictionary, texts }, missing }
  const inputs = generateInputs(withPaths(schema, { paths, generated, examples }), seed, count, options)
  return { inputs, files: generated.files }
}

function withLanguages(
  { numbers, texts }: Dictionary,
  { examples, languages }: { examples: readonly JsonObject[]; languages: readonly ToolLanguage[] },
): Dictionary {
  const hasDates = examples.some((example) =>
    Object.values(example).some((value) => typeof value === 'string' && ISO_DATE.test(value)),
  )
  const inherited = languages.includes('javascript') ? INHERITED : []
  const isAcross = new Set(languages).size > 1
  return {
    numbers: [...numbers, ...(isAcross ? [LARGE] : [])],
    texts: [...(isAcross ? BEYOND_UNITS : []), ...texts, ...inherited, ...COMPOSED, ...(hasDates ? ODD_DATES : [])],
  }
}

function pathOf({ name }: { name: string }): string {
  return `${GUEST_PATHS.input}/${name}`
}

interface FileOptions {
  paths: readonly string[]
  generated: GeneratedFiles
  examples: readonly JsonObject[]
}

/** Each file by turns with each column, in every parameter that is a text. */
function withFiles(schema: JsonSchema, { paths, generated, examples }: FileOptions): JsonObject[] {
  const others = parametersOf(schema).filter(({ name, required }) => required && !paths.includes(name))
  const base = examples[0] ?? {}
  const inputs = generated.columns.flatMap((column) =>
    generated.files.map((file): JsonObject => {
      const texts = others.flatMap(({ name, schema: part }) =>
        part['type'] === 'string' ? [[name, column] as const] : [],
      )
      const rest = others.flatMap(({ name, schema: part }) =>
        part['type'] === 'string' ? [] : [[name, plainValue(part)] as const],
      )
      const files = paths.map((name) => [name, pathOf(file)] as const)
      return { ...Object.fromEntries(rest), ...base, ...Object.fromEntries([...texts, ...files]) }
    }),
  )
  return inputs.slice(0, MOST_FILE_EXAMPLES)
}

function plainValue({ type }: JsonSchema): JsonObject[string] {
  if (type === 'integer' || type === 'number') return 1
  if (type === 'boolean') return true
  return type === 'array' ? [] : null
}

/** A path is one of the files or of the examples: any other text only shows again that there is no such file. */
function withPaths(schema: JsonSchema, { paths, generated, examples }: FileOptions): JsonSchema {
  const properties = parametersOf(schema).map(({ name, schema: part, required }) => {
    if (!paths.includes(name)) return [name, part]
    const named = examples.flatMap((example) => (typeof example[name] === 'string' ? [example[name]] : []))
    const nothing = required ? [] : [null]
    return [
      name,
      { enum: [...generated.files.map(pathOf), ...new Set(named), `${GUEST_PATHS.input}/none.csv`, ...nothing] },
    ]
  })
  return { ...schema, properties: Object.fromEntries(properties) }
}
