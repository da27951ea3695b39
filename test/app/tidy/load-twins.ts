import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WORLDS } from '../../../src/admission/determinism/worlds.ts'
import { observeCalls } from '../../../src/admission/observation/observe-calls.ts'
import type { TestedTool } from '../../../src/admission/twins/fingerprint-tools.ts'
import type { JsonObject, JsonSchema, JsonValue } from '../../../src/contracts/json.ts'
import type { Sandbox, ToolLanguage } from '../../../src/contracts/sandbox.ts'
import type { ToolTest } from '../../../src/contracts/tool.ts'
import { subject } from '../../admission/subjects.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'fixtures', 'library', 'twins')

const TYPES: Readonly<Record<string, JsonSchema>> = {
  numbers: { type: 'array', items: { type: 'number' } },
  texts: { type: 'array', items: { type: 'string' } },
  number: { type: 'number' },
  integer: { type: 'integer' },
  text: { type: 'string' },
  date: { type: 'string', format: 'date' },
}

export interface PlantedPair {
  title: string
  isTwin: boolean
  tools: [TestedTool, TestedTool]
}

interface Header {
  title: string
  types: { schema: JsonSchema; isOptional: boolean }[]
  examples: JsonValue[][]
}

/** The planted pairs: their tests are what each tool really gives for the examples in the head of the pair. */
export async function loadPairs(sandbox: Sandbox): Promise<PlantedPair[]> {
  const pairs: PlantedPair[] = []
  for (const [file, language] of FILES) {
    const text = await readFile(join(FOLDER, file), 'utf8')
    const [head = '', ...blocks] = text.split(/^(?:#|\/\/) pair: /m)
    const imports = language === 'python' ? head.replace(/^"""[^]*?"""\n/, '') : ''
    for (const block of blocks) {
      const [line = '', ...rest] = block.split('\n')
      const header = readHeader(line)
      const codes = splitTools(rest.join('\n'), { language, imports })
      const [first, second] = await Promise.all(codes.map((code) => toTool(code, { language, header, sandbox })))
      if (first === undefined || second === undefined) throw new Error(`${header.title} has no two tools`)
      pairs.push({ title: header.title, isTwin: file.startsWith('twins'), tools: [first, second] })
    }
  }
  return pairs
}

const FILES: readonly [string, ToolLanguage][] = [
  ['near.py', 'python'],
  ['near.mjs', 'javascript'],
  ['twins.py', 'python'],
  ['twins.mjs', 'javascript'],
]

function readHeader(line: string): Header {
  const [title = '', types = '', examples = ''] = line.split(' | ')
  return {
    title,
    types: types.split(', ').map((one) => {
      const [type = '', isOptional] = (one.split(': ')[1] ?? '').split(' = ')
      const schema = TYPES[type]
      if (schema === undefined) throw new Error(`${title}: there is no type ${type}`)
      return { schema, isOptional: isOptional !== undefined }
    }),
    examples: JSON.parse(examples) as JsonValue[][],
  }
}

interface Code {
  name: string
  function: string
  parameters: string[]
  code: string
}

function splitTools(text: string, { language, imports }: { language: ToolLanguage; imports: string }): Code[] {
  if (language === 'python') {
    return text.split(/^(?=def )/m).flatMap((code) => {
      const match = /^def (\w+)\(([^)]*)\)/.exec(code)
      const parameters = (match?.[2] ?? '').split(', ').map((one) => one.split('=')[0] ?? '')
      return match?.[1] === undefined ? [] : [{ name: match[1], function: match[1], parameters, code: imports + code }]
    })
  }
  return text.split(/^(?=export const )/m).flatMap((code) => {
    const match = /^export const (\w+) = \(\{ ([^}]*) \}\)/.exec(code)
    if (match?.[1] === undefined) return []
    const name = match[1].replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    const parameters = (match[2] ?? '').split(', ')
    return [{ name, function: match[1], parameters, code: code.replace(/^export const \w+ =/, 'export default') }]
  })
}

async function toTool(
  { name, code, parameters, ...rest }: Code,
  { language, header, sandbox }: { language: ToolLanguage; header: Header; sandbox: Sandbox },
): Promise<TestedTool> {
  const schemas = parameters.map((parameter, place) => [parameter, header.types[place]?.schema ?? {}] as const)
  const plain = subject(language, code, Object.fromEntries(schemas))
  const required = parameters.filter((_, place) => header.types[place]?.isOptional === false)
  const signature = {
    ...plain.signature,
    name,
    function: rest.function,
    inputSchema: { ...plain.signature.inputSchema, required },
  }
  const tool = { ...plain, signature }
  const calls = header.examples.map((values): JsonObject =>
    Object.fromEntries(
      parameters.flatMap((parameter, place) => (place in values ? [[parameter, values[place] ?? null]] : [])),
    ),
  )
  const { outcomes } = await observeCalls({ sandbox, tool, calls, world: WORLDS.first })
  const tests = calls.map((given, index): ToolTest => {
    const outcome = outcomes[index]
    if (outcome?.kind === 'value')
      return { name: `${index}`, kind: 'example', arguments: given, expected: outcome.value }
    return { name: `${index}`, kind: 'error', arguments: given }
  })
  return { ...tool, tests }
}
