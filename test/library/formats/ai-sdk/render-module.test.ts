import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { exportTools } from '../../../../src/library/formats/export-tools.ts'
import { findPython } from '../../../support/python.ts'
import { readFiles, temporaryFolder, writeFiles } from '../support/temporary-folder.ts'
import { ALL_TOOLS, makeTool, MEAN, RETURN_RATE } from '../support/tools.ts'

const project = join(import.meta.dirname, '../../../..')

/** A project that has the exported packages, the AI SDK and handaxe installed. */
async function createProject(folder: string, packages: Record<string, typeof ALL_TOOLS>): Promise<void> {
  for (const [name, tools] of Object.entries(packages)) {
    const target = join(folder, 'node_modules', name)
    await exportTools(tools, { format: 'ai-sdk', folder: target })
    // The compiler takes two packages of one name and version for the same one.
    const manifest = join(target, 'package.json')
    await writeFile(manifest, JSON.stringify({ ...JSON.parse(await readFile(manifest, 'utf8')), name }))
  }
  for (const name of [
    'ai',
    '@ai-sdk',
    'zod',
    '@types',
    'undici-types',
    'typescript',
    '@opentelemetry',
    'json-schema',
    '@standard-schema',
  ]) {
    await symlink(join(project, 'node_modules', name), join(folder, 'node_modules', name))
  }
  // The published package is built; its sources have the same names.
  await writeFiles(folder, {
    'package.json': '{"type":"module"}',
    'node_modules/handaxe/package.json': '{"name":"handaxe","type":"module","exports":"./index.mjs"}',
    'node_modules/handaxe/index.mjs': `export * from ${JSON.stringify(pathToFileURL(join(project, 'src/index.ts')).href)}\n`,
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        target: 'es2024',
        lib: ['es2024', 'dom'],
        module: 'nodenext',
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noEmit: true,
        allowImportingTsExtensions: true,
        types: ['node'],
        skipLibCheck: false,
        paths: { handaxe: [join(project, 'src/index.ts')] },
      },
      include: ['*.ts', ...Object.keys(packages).map((name) => `node_modules/${name}/index.d.mts`)],
    }),
  })
}

/** What the compiler says of each file of one project: to check the types of the AI SDK takes it seconds, so it does so once. */
let complaints: string[]
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'handaxe-types-'))
  try {
    await createProject(folder, { 'handaxe-tools': ALL_TOOLS, 'odd-tools': [ODD] })
    await writeFiles(folder, { 'use.ts': USE, 'wrong.ts': WRONG_USE, 'odd.ts': ODD_USE })
    complaints = await compile(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

async function compile(folder: string): Promise<string[]> {
  try {
    const compiler = join(project, 'node_modules/typescript/bin/tsc')
    await promisify(execFile)(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], { cwd: folder })
    return []
  } catch (error) {
    if (!(error instanceof Error) || !('stdout' in error)) throw error
    return String(error.stdout).split('\n')
  }
}

/** Libraries are checked in their own projects. */
const complaintsOf = (...starts: string[]): string[] =>
  complaints.filter((line) => starts.some((start) => line.startsWith(start)))

const USE = `import { generateText, type LanguageModel, type ToolSet } from 'ai'
import { openSandbox, type Sandbox } from 'handaxe'
import { createTools, openTools } from 'handaxe-tools'

declare const model: LanguageModel
declare const sandbox: Sandbox
const tools = createTools({ sandbox, execution: { limits: { wallMs: 1000 }, inputs: [{ name: 'a.csv', content: 'a' }] } })
const set: ToolSet = tools
export const reply = await generateText({ model, tools, prompt: 'x' })
const call = reply.toolCalls[0]
if (call !== undefined && !call.dynamic && call.toolName === 'weighted_mean') {
  const weights: number[] = call.input.weights
  console.log(weights, set)
}
const mean: number = await tools.weighted_mean.execute({ values: [1], weights: [1] }, {})
const clamped: number[] = await tools.clamp_numbers.execute({ values: [1], low: 0 }, {})
const own = await openTools({ pythonPath: '/usr/bin/python3', maxConcurrent: 1 })
await own.close()
console.log(mean, clamped, openSandbox)
`

const WRONG_USE = `import { createTools, openTools } from 'handaxe-tools'
createTools({})
const { tools } = await openTools({ nothing: true })
await tools.weighted_mean.execute({ values: ['a'], weights: [1] }, {})
await tools.clamp_numbers.execute({}, {})
const text: string = await tools.weighted_mean.execute({ values: [1], weights: [1] }, {})
tools.missing
export { text }
`

const ODD = makeTool({
  name: 'odd',
  code: 'def odd(): ...',
  summary: 'Ends */ the comment, `and` ${more} \n // lines',
  inputSchema: {
    type: 'object',
    properties: {
      'not an identifier': { type: ['string', 'null'], description: '*/ x' },
      class: { enum: ['a"b', 1, null, { a: 1 }] },
      list: { type: 'array', prefixItems: [{ type: 'integer' }, { $ref: '#/$defs/node' }] },
      node: { $ref: '#/$defs/node' },
      map: { type: 'object', additionalProperties: { anyOf: [{ const: true }, { type: 'array' }] } },
      empty: { type: 'object', properties: {}, additionalProperties: false },
      lost: { $ref: 'https://example.org/x' },
      __proto__x: {},
      '': { type: 'string' },
    },
    required: ['class'],
    $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' }, 'a-b': { oneOf: [] } } } },
  },
  outputSchema: { anyOf: [{ type: 'string' }, { type: 'null' }] },
})

const ODD_USE = `import { openTools } from 'odd-tools'
const { tools } = await openTools()
const value: string | null = await tools.odd.execute({ class: 'a"b', list: [1, { next: {} }], map: { x: true }, empty: {} }, {})
export { value }
`

test('the declarations fit the AI SDK that is installed, with the types of every tool', () => {
  expect(complaintsOf('use.ts', 'node_modules/handaxe-tools')).toEqual([])
})

test('wrong uses of the tools do not compile', () => {
  const lines = complaintsOf('wrong.ts').map((line) => /^wrong\.ts\((\d+)/.exec(line)?.[1])
  expect(lines).toEqual(['2', '3', '4', '5', '6', '7'])
})

test('schemas of all kinds give declarations that compile', () => {
  expect(complaintsOf('odd.ts', 'node_modules/odd-tools')).toEqual([])
})

test(
  'the tools run in the sandbox: values, imports of other tools, errors, an abort',
  { timeout: 120_000 },
  async () => {
    const newer = makeTool({ ...MEAN, version: 4, code: MEAN.code.replace('/ total', '/ total * 1000') })
    const tools = [...ALL_TOOLS.filter((tool) => tool !== MEAN), newer, MEAN]
    const folder = await temporaryFolder()
    await createProject(folder, { 'handaxe-tools': tools })
    await mkdir(join(folder, 'state'))
    await writeFile(
      join(folder, 'use.mjs'),
      `import { openTools } from 'handaxe-tools'
const { tools, close } = await openTools({ stateFolder: ${JSON.stringify(join(folder, 'state'))}, pythonPath: ${JSON.stringify(findPython() ?? null)} })
const attempt = (promise) => promise.then((value) => ({ value }), (error) => ({ error: error.message }))
const outcomes = {
  names: Object.keys(tools),
  description: tools.weighted_mean.description,
  required: tools.weighted_mean.inputSchema.jsonSchema.required,
  newer: await attempt(tools.weighted_mean.execute({ values: [1, 4], weights: [2, 1] }, { toolCallId: 'a', messages: [] })),
  older: await attempt(tools.portfolio_return.execute({ returns: { a: 0.25 }, holdings: { a: 1 } }, {})),
  javascript: await attempt(tools.rescale_numbers.execute({ values: [1, 5], top: 2 }, {})),
  failed: await attempt(tools.weighted_mean.execute({ values: [1], weights: [] }, {})),
  aborted: await attempt(tools.weighted_mean.execute({ values: [1], weights: [1] }, { abortSignal: AbortSignal.abort() })),
}
await close()
process.stdout.write(JSON.stringify(outcomes))
`,
    )
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'use.mjs'],
      {
        cwd: folder,
      },
    )
    expect(JSON.parse(stdout)).toEqual({
      names: ['clamp_numbers', 'portfolio_return', 'rescale_numbers', 'weighted_mean'],
      description: `${MEAN.description}\n\nUse when: ${MEAN.whenToUse}`,
      required: ['values', 'weights'],
      newer: { value: 2000 },
      older: { value: { return: 0.25, percent: 25 } },
      javascript: { value: [0.5, 1] },
      failed: { error: 'weighted_mean failed with ValueError: values and weights differ in length: 1 and 0' },
      aborted: { error: expect.any(String) },
    })
    expect(RETURN_RATE.pins).toEqual([{ name: 'weighted_mean', version: 3 }])
    expect(Object.keys(await readFiles(join(folder, 'state')))).toEqual([])
  },
)
