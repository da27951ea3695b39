import type { JsonValue } from '../contracts/json.ts'
import type { ToolVersion } from '../contracts/tool.ts'
import { isJsonObject } from './is-json-object.ts'
import { renderType, renderValue } from './render-type.ts'

/** Characters. A prompt is paid for by the token, and no one tool may crowd out the others. */
const MAX_DESCRIPTION = 500
const MAX_PARAMETER_DESCRIPTION = 200
/** Far more than a whole one has: without the keys that a value has, nobody can name a part of it. */
const MAX_RETURNS = 4000
const MAX_DEFAULT = 80
const MAX_PARAMETERS = 40

interface Parameter {
  name: string
  type: string
  required: boolean
  /** As a literal of the language; null where there is none, or none worth its length. */
  defaultValue: string | null
  description: string
}

/**
 * A tool as the planner is shown it: a typed signature with what it does, its parameters and when to use it. Python tools
 * look like Python, JavaScript tools like TypeScript. The same tool always gives the same text: no count and no date,
 * so that a provider's prompt cache is not missed for nothing.
 */
export function renderSignature(tool: ToolVersion): string {
  return tool.language === 'python' ? renderPython(tool) : renderTypeScript(tool)
}

function renderPython(tool: ToolVersion): string {
  const parameters = readParameters(tool)
  const list = parameters.map(({ name, type, required, defaultValue }) => {
    return required ? `${name}: ${type}` : `${name}: ${type} = ${defaultValue ?? '...'}`
  })
  const lines = describe(tool, {
    parameterLines: parameters
      .filter(({ description }) => description !== '')
      .map(({ name, description }) => `${name}: ${description}`),
    returnsLabel: 'Returns: ',
  })
  return [
    `def ${tool.name}(${list.join(', ')}) -> ${renderType(tool.outputSchema, 'python')}:`,
    // The text must not end the docstring that it stands in.
    `    """${lines.map((line) => line.replaceAll('"""', "'''")).join('\n    ')}`,
    '    """',
  ].join('\n')
}

function renderTypeScript(tool: ToolVersion): string {
  const parameters = readParameters(tool)
  const fields = parameters.map(({ name, type, required }) => `${name}${required ? '' : '?'}: ${type}`)
  const parameterLines = parameters.map(({ name, description, defaultValue }) =>
    // A TypeScript declaration has no place for a default.
    [`@param ${name}`, description, defaultValue === null ? '' : `Default ${defaultValue}.`].filter(Boolean).join(' '),
  )
  const lines = describe(tool, { parameterLines, returnsLabel: '@returns ' })
  const input = fields.length === 0 ? '' : `input: { ${fields.join('; ')} }`
  return [
    '/**',
    ...lines.map((line) => ` * ${line.replaceAll('*/', '* /')}`),
    ' */',
    `declare function ${tool.name}(${input}): ${renderType(tool.outputSchema, 'javascript')}`,
  ].join('\n')
}

function describe(
  { summary, description, whenToUse, outputSchema }: ToolVersion,
  { parameterLines, returnsLabel }: { parameterLines: string[]; returnsLabel: string },
): string[] {
  const returns = text(outputSchema['description'], MAX_RETURNS)
  const when = oneLine(whenToUse, MAX_DESCRIPTION)
  return [
    oneLine(description.includes(summary) ? description : `${summary} ${description}`, MAX_DESCRIPTION),
    ...parameterLines,
    returns === '' ? '' : `${returnsLabel}${returns}`,
    when === '' ? '' : `Use when: ${when}`,
  ].filter((line) => line !== '')
}

/** In the order of the schema, which is that of the code. */
function readParameters({ inputSchema, language }: ToolVersion): Parameter[] {
  const { properties, required } = inputSchema
  if (!isJsonObject(properties)) return []
  const needed = new Set(Array.isArray(required) ? required : [])
  return Object.entries(properties)
    .slice(0, MAX_PARAMETERS)
    .map(([name, property]) => {
      const schema = isJsonObject(property) ? property : {}
      const literal = schema['default'] === undefined ? null : renderValue(schema['default'], language)
      return {
        name,
        // References in a parameter point into the whole schema.
        type: renderType({ ...schema, $defs: inputSchema['$defs'] ?? {} }, language),
        required: needed.has(name),
        defaultValue: literal !== null && literal.length <= MAX_DEFAULT ? literal : null,
        description: text(schema['description'], MAX_PARAMETER_DESCRIPTION),
      }
    })
}

function text(value: JsonValue | undefined, limit: number): string {
  return typeof value === 'string' ? oneLine(value, limit) : ''
}

function oneLine(value: string, limit: number): string {
  const line = value.replaceAll(/\s+/g, ' ').trim()
  return line.length <= limit
    ? line
    : `${line
        .slice(0, limit - 1)
        .toWellFormed()
        .trimEnd()}…`
}
