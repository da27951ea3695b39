import { Ajv2020 } from 'ajv/dist/2020.js'
import { z } from 'zod'
import type { JsonSchema } from '../../contracts/json.ts'
import type { ExecutionResult, Sandbox } from '../../contracts/sandbox.ts'
import type { ToolSignature } from '../../contracts/tool.ts'
import { joinAssets } from '../../util/join-assets.ts'
import { toGranted, type ReadOptions, type SignatureReading } from './code-facts.ts'
import { parseModule } from './parse-module.ts'
import { readImports, type ModuleImports } from './read-imports.ts'
import { readModuleFacts, type ModuleFacts } from './read-module-facts.ts'

/** Nothing but definitions may run when a module is loaded. */
const LOADING_LIMITS = { wallMs: 5000, cpuMs: 5000, valueBytes: 1024 * 1024 }

const claim = z.object({
  mainKind: z.string(),
  mainName: z.string(),
  tool: z.unknown(),
  missing: z.array(z.string()),
})
const jsonSchema: z.ZodType<JsonSchema> = z.record(z.string(), z.json())
const toolRecord = z.object({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'has to be snake_case, of at most 64 letters'),
  description: z.string().trim().min(1, 'has to say what the tool gives'),
  inputSchema: jsonSchema,
  outputSchema: jsonSchema,
})

/**
 * Reads a JavaScript tool: its record by loading the module inside the sandbox, everything else from the syntax tree on the
 * host, where nothing of the module runs.
 */
export async function readJavascriptSignature(
  sandbox: Sandbox,
  code: string,
  options: ReadOptions,
): Promise<SignatureReading> {
  const parsed = parseModule(code)
  if ('problem' in parsed) return { problems: [parsed.problem] }
  const imports = readImports(parsed.program)
  const { parameters, arity, ...facts } = readModuleFacts(parsed.program)
  const loaded = await loadModule(sandbox, { code, ...imports }, options)
  if ('problems' in loaded) return { problems: [...imports.problems, ...loaded.problems] }
  const signature = toSignature(loaded, imports)
  const problems = [
    ...imports.problems,
    ...checkSchemas(signature),
    ...checkParameters(signature.inputSchema, { parameters, arity }),
  ]
  if (problems.length > 0) return { problems }
  return {
    signature,
    facts: {
      ...facts,
      modules: imports.modules,
      packages: imports.external,
      unavailableImports: loaded.missing,
    },
  }
}

interface LoadedModule {
  mainName: string
  /** Packages that are not there. */
  missing: string[]
  tool: z.infer<typeof toolRecord>
}

async function loadModule(
  sandbox: Sandbox,
  { code, uses, external }: { code: string } & Pick<ModuleImports, 'uses' | 'external'>,
  options: ReadOptions,
): Promise<LoadedModule | { problems: string[] }> {
  const result = await sandbox.execute({
    language: 'javascript',
    code: await joinAssets(['library/guest/read_javascript_signature.mjs']),
    call: { function: 'readSignature', arguments: { code, packages: external } },
    // The tools that it imports have to be there for it to be loaded, but nothing may call them yet.
    tools: uses.map((name) => ({ name, language: 'javascript', function: 'default', code: STAND_IN })),
    limits: LOADING_LIMITS,
    ...toGranted(options),
  })
  options.signal?.throwIfAborted()
  if (result.status !== 'ok') return { problems: [describeFailure(result)] }
  return readClaim(claim.parse(result.value))
}

const STAND_IN = "export default function () { throw new Error('tools cannot be called while a module is loaded') }"

function describeFailure({ status, error }: ExecutionResult): string {
  if (status === 'error' && error !== undefined) {
    const place = /\/box\/tool\.mjs:(\d+)/.exec(error.traceback)?.[1]
    return `${place === undefined ? '' : `Line ${place}: `}loading the module throws ${error.type}: ${error.message}`
  }
  return `Loading the module ends with '${status}': at its top level may stand nothing but imports and definitions.`
}

function readClaim({
  mainKind,
  mainName,
  tool,
  missing,
}: z.infer<typeof claim>): LoadedModule | { problems: string[] } {
  const problems: string[] = []
  if (mainKind !== 'function') {
    problems.push('There is no default export that is a function: write `export default function name({ … }) { … }`.')
  }
  if (tool === null || tool === undefined) {
    problems.push('There is no exported record `tool` with name, description, inputSchema and outputSchema.')
    return { problems }
  }
  const record = toolRecord.safeParse(tool)
  if (!record.success) {
    problems.push(...record.error.issues.map(({ path, message }) => `tool.${path.join('.')}: ${message}.`))
    return { problems }
  }
  return problems.length > 0 ? { problems } : { mainName, tool: record.data, missing }
}

function toSignature({ mainName, tool }: LoadedModule, imports: ModuleImports): ToolSignature {
  const { name, description, inputSchema, outputSchema } = tool
  const isOpen = 'additionalProperties' in inputSchema || 'patternProperties' in inputSchema
  return {
    name,
    function: /^[A-Za-z_$][\w$]*$/.test(mainName) ? mainName : 'default',
    language: 'javascript',
    summary: (description.split('\n', 1)[0] ?? '').trim(),
    description,
    inputSchema: isOpen ? inputSchema : { ...inputSchema, additionalProperties: false },
    outputSchema,
    imports: imports.packages,
    uses: imports.uses,
  }
}

function checkSchemas({ inputSchema, outputSchema }: ToolSignature): string[] {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  const problems = Object.entries({ inputSchema, outputSchema }).flatMap(([name, schema]) =>
    ajv.validateSchema(schema) === true ? [] : [`tool.${name} is no JSON Schema: ${ajv.errorsText(ajv.errors)}.`],
  )
  if (inputSchema['type'] !== 'object') problems.push("tool.inputSchema has to have `type: 'object'`.")
  return problems
}

/** The schema and the function's pattern are written separately: they have to say the same. */
function checkParameters(
  inputSchema: JsonSchema,
  { parameters, arity }: Pick<ModuleFacts, 'parameters' | 'arity'>,
): string[] {
  if (arity !== null && arity > 1) {
    return [`The default export takes ${arity} parameters: it has to take one object, \`({ a, b = 1 })\`.`]
  }
  if (parameters === null) return []
  const properties = Object.keys((inputSchema['properties'] ?? {}) as JsonSchema)
  const names = parameters.map(({ name }) => name)
  const unknown = names.filter((name) => !properties.includes(name))
  const unused = properties.filter((name) => !names.includes(name))
  return [
    ...(unknown.length > 0
      ? [`The function takes ${unknown.join(', ')}, which tool.inputSchema does not describe.`]
      : []),
    ...(unused.length > 0
      ? [`tool.inputSchema describes ${unused.join(', ')}, which the function does not take.`]
      : []),
  ]
}
