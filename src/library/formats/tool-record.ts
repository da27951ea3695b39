import { z } from 'zod'
import type { DeclaredTool } from '../../contracts/exchange.ts'
import type { JsonObject, JsonSchema, JsonValue } from '../../contracts/json.ts'
import type { ToolTest, ToolVersion } from '../../contracts/tool.ts'

/** What is written of a tool besides its code and tests. */
export type ToolRecord = Omit<ToolVersion, 'code' | 'tests' | 'admission'>

/** With a fixed order of fields, so that a changed tool changes the lines that it has to. */
export function toToolRecord(tool: ToolVersion): ToolRecord {
  return {
    name: tool.name,
    version: tool.version,
    language: tool.language,
    function: tool.function,
    summary: tool.summary,
    description: tool.description,
    whenToUse: tool.whenToUse,
    exampleRequests: tool.exampleRequests,
    inputSchema: tool.inputSchema,
    outputSchema: tool.outputSchema,
    imports: tool.imports,
    uses: tool.uses,
    pins: tool.pins.map(({ name, version }) => ({ name, version })),
    needs: tool.needs,
    state: tool.state,
    stateReason: tool.stateReason,
    provenance: {
      source: tool.provenance.source,
      createdAt: tool.provenance.createdAt,
      model: tool.provenance.model,
      runId: tool.provenance.runId,
      request: tool.provenance.request,
      ...(tool.provenance.earlierRequests === undefined ? {} : { earlierRequests: tool.provenance.earlierRequests }),
      repairs: tool.provenance.repairs,
      tokens: tool.provenance.tokens,
      costUsd: tool.provenance.costUsd,
    },
    codeHash: tool.codeHash,
  }
}

/** The same, as JSON: fields that are not there are left out. */
export function toJsonRecord(record: object): JsonObject {
  return JSON.parse(JSON.stringify(record)) as JsonObject
}

export function toJsonTests(tests: readonly ToolTest[]): JsonObject[] {
  return tests.map((test) => {
    const files = test.files === undefined ? {} : { files: test.files }
    if (test.kind === 'property') return { name: test.name, kind: test.kind, program: test.program, ...files }
    const { name, kind } = test
    if (test.kind === 'error') {
      return {
        name,
        kind,
        arguments: test.arguments,
        ...(test.raises === undefined ? {} : { raises: test.raises }),
        ...files,
      }
    }
    const tolerance = test.tolerance === undefined ? {} : { tolerance: test.tolerance }
    const origin = test.fromRequest === undefined ? {} : { fromRequest: test.fromRequest }
    return { name, kind, arguments: test.arguments, expected: test.expected, ...tolerance, ...origin, ...files }
  })
}

const TEXT = 100_000
const text = z.string().max(TEXT)
const jsonObject: z.ZodType<JsonSchema> = z.record(z.string(), z.json())
const count = z.int().nonnegative()
const pin = z.object({ name: text, version: z.int().positive() })

/** As `null` is written where nothing is known, it counts as missing in what is read. */
const optional = <Schema extends z.ZodType>(schema: Schema): z.ZodOptional<z.ZodType<z.output<Schema> | undefined>> =>
  z.preprocess((value) => value ?? undefined, schema.optional()).optional()

const provenanceSchema = z.object({
  source: z.enum(['made', 'imported', 'edited']),
  createdAt: text,
  model: text.nullable().default(null),
  runId: text.nullable().default(null),
  request: text.nullable().default(null),
  earlierRequests: z.array(text).max(1000).exactOptional(),
  repairs: count.default(0),
  tokens: count.default(0),
  costUsd: z.number().nonnegative().nullable().default(null),
})

const needsSchema = z.object({
  packages: z.array(text).max(1000).default([]),
  environment: text.nullable().default(null),
  network: z
    .array(z.object({ host: text, port: z.int().exactOptional(), requireTls: z.boolean().exactOptional() }))
    .max(1000)
    .default([]),
  hostFunctions: z.array(text).max(1000).default([]),
})

/** Lenient: everything but the name may be missing, and what is not known is dropped. */
export const toolRecordSchema = z.object({
  name: text,
  language: z.enum(['python', 'javascript']),
  version: optional(z.int().positive()),
  whenToUse: optional(text),
  exampleRequests: optional(z.array(text).max(1000)),
  summary: optional(text),
  description: optional(text),
  inputSchema: optional(jsonObject),
  outputSchema: optional(jsonObject),
  imports: optional(z.array(text).max(1000)),
  uses: optional(z.array(text).max(1000)),
  pins: optional(z.array(pin).max(1000)),
  needs: optional(needsSchema),
  isImported: optional(z.boolean()),
  codeHash: optional(z.string().regex(/^[0-9a-f]{64}$/, 'is no sha256')),
  state: optional(z.enum(['candidate', 'verified', 'trusted', 'quarantined', 'retired'])),
  stateReason: optional(text),
  provenance: optional(provenanceSchema),
})

export type ReadRecord = z.infer<typeof toolRecordSchema>

/** One path component: it lands in the input folder of a sandbox. */
const testFiles = z.record(z.string().regex(/^(?!\.)[^/\\\p{Cc}]{1,100}$/u, 'is no name of a file'), text)
const testName = z.string().min(1).max(1000)
const testSchema: z.ZodType<ToolTest> = z.discriminatedUnion('kind', [
  z.strictObject({
    name: testName,
    kind: z.literal('example'),
    arguments: jsonObject,
    expected: z.json(),
    tolerance: z.number().nonnegative().exactOptional(),
    fromRequest: z.literal(true).exactOptional(),
    files: testFiles.exactOptional(),
  }),
  z.strictObject({
    name: testName,
    kind: z.literal('error'),
    arguments: jsonObject,
    raises: text.exactOptional(),
    files: testFiles.exactOptional(),
  }),
  z.strictObject({ name: testName, kind: z.literal('property'), program: text, files: testFiles.exactOptional() }),
])

const MAXIMUM_TESTS = 1000

/** The tests that can be taken, and a sentence for each that cannot: one mistake does not lose the others. */
export function readTests(value: JsonValue | undefined): { tests: ToolTest[]; problems: string[] } {
  if (!Array.isArray(value)) return { tests: [], problems: ['The tests are no list.'] }
  const tests: ToolTest[] = []
  const problems: string[] = []
  for (const [index, item] of value.slice(0, MAXIMUM_TESTS).entries()) {
    const read = testSchema.safeParse(item)
    if (read.success) tests.push(read.data)
    else problems.push(`Test ${index + 1} cannot be taken: ${describeIssues(read.error)}.`)
  }
  if (value.length > MAXIMUM_TESTS)
    problems.push(`There are more than ${MAXIMUM_TESTS} tests: the others are left out.`)
  return { tests, problems }
}

/** What the source claims, without what the candidate says elsewhere. */
export function toDeclared(record: ReadRecord): DeclaredTool {
  const { name: _name, language: _language, whenToUse: _use, exampleRequests: _requests, ...declared } = record
  const known = Object.entries(declared).filter(([, value]) => value !== undefined)
  return Object.fromEntries(known) as DeclaredTool
}

const SHOWN_ISSUES = 3

/** In one line: place and what is wrong there. */
export function describeIssues(error: z.ZodError): string {
  const shown = error.issues.slice(0, SHOWN_ISSUES).map(({ path, message }) => {
    return path.length === 0 ? message : `${path.join('.')}: ${message}`
  })
  const more = error.issues.length - shown.length
  return `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}
