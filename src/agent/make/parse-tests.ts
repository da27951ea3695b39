import { z } from 'zod'
import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import type { ToolSpecification } from '../../contracts/run.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { assignCode } from '../parse-reply/assign-code.ts'
import { demandsOf, LEAST_RESULTS } from '../../domain/tests/test-demands.ts'
import { inputPath } from '../../domain/tests/test-files.ts'
import { findCodeBlocks, type CodeBlock } from '../parse-reply/find-code.ts'
import { findJson } from '../parse-reply/find-json.ts'
import { describeProblems } from '../plan/plan-schema.ts'
import type { ParsedReply } from '../run/ask-model.ts'
import { readEntries } from '../../domain/json/entries.ts'

/** Each is an execution for every version of the code. */
const MAXIMUM_TESTS = 20

/** A looser test would accept a wrong convention (sample or population, 252 or 260 days) as rounding. */
const LOOSEST_TOLERANCE = 0.05

/** Written out in a reply, and sent with every execution. */
const FILE_CHARACTERS = 4000
const MAXIMUM_FILES = 3

const name = z.string().min(1).max(200)
const files = z
  .record(
    z.string().regex(/^(?!\.)[\w .()-]{1,80}$/, 'the name of a file is one word such as days.csv'),
    z.string().max(FILE_CHARACTERS, `a file has at most ${FILE_CHARACTERS} characters`),
  )
  .refine((all) => Object.keys(all).length <= MAXIMUM_FILES, `at most ${MAXIMUM_FILES} files`)
  .nullish()
const args = z.record(z.string(), z.json(), 'arguments has to be an object with the parameters by name')

const writtenTest = z.discriminatedUnion(
  'kind',
  [
    z.object({
      name,
      kind: z.literal('example'),
      arguments: args,
      expected: z.json(),
      files,
      tolerance: z
        .number()
        .positive()
        .max(LOOSEST_TOLERANCE, `a tolerance is relative and at most ${LOOSEST_TOLERANCE}`)
        .nullish(),
    }),
    z.object({ name, kind: z.literal('error'), arguments: args, raises: z.string().nullish(), files }),
    z.object({ name, kind: z.literal('property'), id: z.string().nullish(), program: z.string().nullish(), files }),
  ],
  "kind has to be 'example', 'error' or 'property'",
)

const testsSchema = z.object({ tests: z.array(writtenTest).max(MAXIMUM_TESTS, `at most ${MAXIMUM_TESTS} tests`) })

type WrittenTest = z.infer<typeof writtenTest>
type WrittenProperty = Extract<WrittenTest, { kind: 'property' }>

/** Programs of properties, by the name of their block. */
type Blocks = ReadonlyMap<string, CodeBlock>

/** Reads the tests of a reply and holds them against the specification. What is wrong is a message for the model. */
export function parseTests(
  reply: string,
  specification: ToolSpecification,
  { minimum = LEAST_RESULTS }: { minimum?: number } = {},
): ParsedReply<ToolTest[]> {
  const found = findJson(reply, (value) => Array.isArray(value['tests']))
  if ('problem' in found) return found
  const checked = testsSchema.safeParse(found.value)
  if (!checked.success) return { problem: `The tests do not have the right form:\n${describeProblems(checked.error)}` }
  const { paths } = demandsOf(specification)
  const tests = checked.data.tests.map((test) => withPaths(test, paths))
  const properties = tests.filter((test) => test.kind === 'property')
  const blocks = assignCode(findCodeBlocks(reply), properties.map(blockName))
  const problems = [
    ...(tests.length < minimum ? [`There are ${tests.length} tests; at least ${minimum} are needed.`] : []),
    ...(minimum < LEAST_RESULTS || tests.some((test) => test.kind !== 'error') ? [] : ['No test checks a result.']),
    ...tests.flatMap((test) =>
      checkTest(test, specification, blocks).map((problem) => `Test "${test.name}": ${problem}.`),
    ),
  ]
  if (problems.length > 0) return { problem: problems.map((problem) => `- ${problem}`).join('\n') }
  return { value: withUniqueNames(tests.map((test) => toTest(test, blocks))) }
}

function checkTest(test: WrittenTest, specification: ToolSpecification, blocks: Blocks): string[] {
  if (test.kind === 'property') return checkProgram(programOf(test, blocks), test.id ?? '', specification)
  const known = specification.parameters.map((parameter) => parameter.name)
  const unknown = Object.keys(test.arguments).filter((key) => !known.includes(key))
  const required = specification.parameters.filter((parameter) => parameter.required)
  // An error test may leave an argument out on purpose, but then every code passes it.
  const missing = required.filter((parameter) => !Object.hasOwn(test.arguments, parameter.name))
  return [
    ...(unknown.length > 0 ? [`there is no parameter ${unknown.join(', ')}; there are ${known.join(', ')}`] : []),
    ...(missing.length > 0 ? [`the argument ${missing.map((parameter) => parameter.name).join(', ')} is missing`] : []),
    ...unknownFiles(test).map((file) => `there is no file ${JSON.stringify(file)} among its files`),
    ...(hasReference(test.arguments)
      ? ['arguments have to be written out, without $ references other than {"$file": …} for one of its files']
      : []),
  ]
}

function checkProgram(program: string | null, id: string, { name: tool, language }: ToolSpecification): string[] {
  if (program === null)
    return [`its program is missing: a fenced block with the info string "${language} ${id || 'p1'}"`]
  return [
    ...(/\bresult\s*\(/.test(program) ? [] : ['its program never calls result(...)']),
    ...(/\btools\b/.test(program) ? [] : [`its program does not import ${tool} from tools`]),
  ]
}

function blockName(test: WrittenProperty): string {
  return test.id ?? test.name
}

function programOf(test: WrittenProperty, blocks: Blocks): string | null {
  return blocks.get(blockName(test))?.code ?? (test.program?.trim() ? test.program : null)
}

function toTest(test: WrittenTest, blocks: Blocks): ToolTest {
  const files = Object.keys(test.files ?? {}).length === 0 ? {} : { files: test.files ?? {} }
  if (test.kind === 'property') {
    return { name: test.name, kind: 'property', program: programOf(test, blocks) ?? '', ...files }
  }
  if (test.kind === 'error') {
    const { name, arguments: values, raises } = test
    return { name, kind: 'error', arguments: values, ...(raises ? { raises } : {}), ...files }
  }
  const { tolerance, files: _, ...rest } = test
  return { ...rest, ...files, ...(typeof tolerance === 'number' ? { tolerance } : {}) }
}

/** Outcomes are kept by the test's name. */
export function withUniqueNames(tests: readonly ToolTest[]): ToolTest[] {
  const used = new Set<string>()
  return tests.map((test) => {
    let { name } = test
    for (let count = 2; used.has(name); count += 1) name = `${test.name} (${count})`
    used.add(name)
    return name === test.name ? test : { ...test, name }
  })
}

/** Files that stand for arguments become their paths, also where a path parameter is given the mere name. */
function withPaths(test: WrittenTest, paths: readonly string[]): WrittenTest {
  const names = new Set(Object.keys(test.files ?? {}))
  if (test.kind === 'property' || names.size === 0) return test
  const resolve = (value: JsonValue, isPath: boolean): JsonValue => {
    if (typeof value === 'string') return isPath && names.has(value) ? inputPath(value) : value
    if (value === null || typeof value !== 'object') return value
    if (Array.isArray(value)) return value.map((item) => resolve(item, isPath))
    const named = fileOf(value)
    if (named !== null && names.has(named)) return inputPath(named)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, false)]))
  }
  const entries = Object.entries(test.arguments).map(([key, value]) => [key, resolve(value, paths.includes(key))])
  return { ...test, arguments: Object.fromEntries(entries) as JsonObject }
}

function fileOf(value: JsonObject): string | null {
  const { $file } = value
  return typeof $file === 'string' && Object.keys(value).length === 1 ? $file : null
}

function unknownFiles(test: Exclude<WrittenTest, { kind: 'property' }>): string[] {
  const find = (value: JsonValue): string[] => {
    if (value === null || typeof value !== 'object') return []
    const named = Array.isArray(value) ? null : fileOf(value)
    return named === null ? Object.values(value).flatMap(find) : [named]
  }
  return find(test.arguments)
}

function hasReference(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false
  if (Array.isArray(value)) return value.some(hasReference)
  const entries = readEntries(value as JsonObject) ?? []
  return entries.some(([key, part]) => (key.startsWith('$') && key !== '$file') || hasReference(part))
}
