import type { JsonValue } from '../../contracts/json.ts'
import type { ParameterSpecification, ToolSpecification } from '../../contracts/run.ts'
import { toStableJson } from '../../domain/text/to-stable-json.ts'

/** A specification as its testers, authors and reviewers are shown it: everything but the examples. */
export function renderSpecification(specification: ToolSpecification): string {
  const { name, language, description, whenToUse, parameters, returns } = specification
  const list = parameters.map((parameter) => `- ${renderParameter(parameter, language)}`)
  const lines = [
    `Tool \`${name}\` in ${language === 'python' ? 'Python' : 'JavaScript'}.`,
    description,
    whenToUse === '' ? '' : `Use: ${whenToUse}`,
    ['Parameters:', ...(list.length > 0 ? list : ['- none'])].join('\n'),
    `Returns \`${returns.type}\`: ${returns.description}`,
  ]
  return lines.filter((line) => line !== '').join('\n\n')
}

/** The specification's examples, one a line; empty where it has none. */
export function renderExamples({ examples }: ToolSpecification): string {
  if (examples.length === 0) return ''
  const lines = examples.map(
    (example) => `- ${toStableJson(example.arguments)} gives ${toStableJson(example.expected)}`,
  )
  return ['Its examples:', ...lines].join('\n')
}

function renderParameter(
  { name, type, description, required, default: value }: ParameterSpecification,
  language: ToolSpecification['language'],
): string {
  const given = value === undefined ? '' : `, default ${renderLiteral(value, language)}`
  return `\`${name}\`: \`${type}\`${required ? '' : ` (optional${given})`}. ${description}`
}

const PYTHON_WORDS: Readonly<Record<string, string>> = { null: 'None', true: 'True', false: 'False' }

/** JSON as the language writes it: outside of texts, Python has other words for three values. */
function renderLiteral(value: JsonValue, language: ToolSpecification['language']): string {
  const json = toStableJson(value)
  if (language !== 'python') return json
  return json.replaceAll(/"(?:[^"\\]|\\.)*"|\b(?:null|true|false)\b/g, (part) => PYTHON_WORDS[part] ?? part)
}
