import type { JsonValue } from '../../../contracts/json.ts'
import type { ToolVersion } from '../../../contracts/tool.ts'
import { isJsonObject } from '../../is-json-object.ts'
import { renderType } from '../../render-type.ts'
import { toOneLine } from '../hidden-characters.ts'
import { thirdPartyModules } from '../python/python-requirements.ts'
import { escapeMarkdown, unescapeMarkdown } from './escape-markdown.ts'
import { renderFrontmatter } from './frontmatter.ts'

const WHEN_TO_USE = 'When to use'
const REQUESTS = 'Requests that it answers'

/** By the Agent Skills specification. */
const MAXIMUM_DESCRIPTION = 1024
const MAXIMUM_COMPATIBILITY = 500

/** Longer example calls are no help. */
const MAXIMUM_EXAMPLE = 300

/** The parts of a `SKILL.md` that a person edits there; everything else is shown as the code says it. */
export interface SkillText {
  whenToUse: string
  exampleRequests: string[]
}

/** The page by which other agents find and use a tool. */
export function renderSkillText(tool: ToolVersion, skillName: string): string {
  const head = renderFrontmatter({
    name: skillName,
    description: renderDescription(tool),
    compatibility: renderCompatibility(tool),
    metadata: { generator: 'handaxe', tool: tool.name, version: String(tool.version) },
  })
  const sections = [
    `# ${tool.name}`,
    escapeMarkdown(tool.description.trim() || tool.summary.trim()),
    ...renderEditable(tool),
    ...section('How to use', renderUsage(tool)),
    ...section('Parameters', renderParameters(tool)),
    ...section('Result', renderResult(tool)),
  ]
  return `${head}\n${sections.filter((part) => part !== '').join('\n\n')}\n`
}

function renderEditable({ whenToUse, exampleRequests }: SkillText): string[] {
  return [
    ...section(WHEN_TO_USE, escapeMarkdown(whenToUse.trim())),
    ...section(REQUESTS, renderRequests(exampleRequests)),
  ]
}

/** How the page shows these texts, read again: what a person who changed nothing there would find. */
export function normaliseSkillText(text: SkillText): SkillText {
  return parseSkillText(renderEditable(text).join('\n\n'))
}

/** What the page says in the parts that are edited there. A part that is not there says nothing. */
export function parseSkillText(body: string): SkillText {
  const sections = splitSections(body)
  const requests = (sections.get(REQUESTS.toLowerCase()) ?? '').split('\n')
  return {
    whenToUse: unescapeMarkdown(sections.get(WHEN_TO_USE.toLowerCase()) ?? '').trim(),
    exampleRequests: requests.flatMap((line) => {
      const item = /^\s*[-*+]\s+(.*)$/.exec(line)?.[1]
      return item === undefined || item.trim() === '' ? [] : [unescapeMarkdown(item).trim()]
    }),
  }
}

function section(title: string, text: string): string[] {
  return text === '' ? [] : [`## ${title}`, text]
}

/** By heading, in lower case. The first one of a name counts. */
function splitSections(body: string): Map<string, string> {
  const sections = new Map<string, string>()
  let title = ''
  let lines: string[] = []
  const close = (): void => {
    if (!sections.has(title)) sections.set(title, lines.join('\n').trim())
    lines = []
  }
  let fence = ''
  for (const line of body.split('\n')) {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1]
    if (mark !== undefined && (fence === '' || mark.startsWith(fence))) fence = fence === '' ? mark : ''
    if (fence !== '' || !/^#{1,6}\s/.test(line)) {
      lines.push(line)
      continue
    }
    close()
    title = line.replace(/^#+/, '').trim().toLowerCase()
  }
  close()
  return sections
}

/** What an agent reads of all skills at all times: what it does, and when. No tags: readers refuse them. */
function renderDescription({ name, summary, whenToUse }: ToolVersion): string {
  const what = toOneLine(summary)
  const when = toOneLine(whenToUse)
  const text = [what, when === '' || /^use\b/i.test(when) ? when : `Use when: ${when}`].filter(Boolean).join(' ')
  return cut((text || name).replaceAll('<', '‹').replaceAll('>', '›'), MAXIMUM_DESCRIPTION)
}

function renderCompatibility({ language, imports }: ToolVersion): string {
  const needed = language === 'python' ? thirdPartyModules(imports) : []
  const base = language === 'python' ? 'Needs Python 3.10 or newer' : 'Needs Node.js 22 or newer'
  return cut(needed.length === 0 ? base : `${base} with ${needed.join(', ')}`, MAXIMUM_COMPATIBILITY)
}

function renderRequests(requests: readonly string[]): string {
  return requests
    .map((request) => escapeMarkdown(toOneLine(request)))
    .filter((request) => request !== '')
    .map((request) => `- ${request}`)
    .join('\n')
}

function renderUsage(tool: ToolVersion): string {
  const command = tool.language === 'python' ? 'python3 run.py' : 'node run.mjs'
  return [
    'The arguments go in as one JSON object, as the first argument or on standard input; the value comes out as JSON on standard output.',
    '',
    '```bash',
    `${command} ${renderExample(tool)}`,
    '```',
    '',
    `The code is \`scripts/${scriptName(tool)}\`, its tests are in \`tests.json\`, its schemas in \`tool.json\`.`,
  ].join('\n')
}

export function scriptName({ name, language }: Pick<ToolVersion, 'name' | 'language'>): string {
  return `${name}.${language === 'python' ? 'py' : 'mjs'}`
}

/** Quoted for a shell. */
function renderExample({ tests }: ToolVersion): string {
  const examples = tests.flatMap((test) => (test.kind === 'example' ? [JSON.stringify(test.arguments)] : []))
  // `{"$number": "NaN"}` and the like are the sandbox's way of writing what JSON has no word for.
  const example = examples.find((text) => text.length <= MAXIMUM_EXAMPLE && !text.includes('{"$'))
  return example === undefined ? '< arguments.json' : `'${example.replaceAll("'", String.raw`'\''`)}'`
}

function renderParameters({ inputSchema, language }: ToolVersion): string {
  const { properties, required, $defs = {} } = inputSchema
  if (!isJsonObject(properties)) return ''
  const needed = new Set(Array.isArray(required) ? required : [])
  return Object.entries(properties)
    .map(([name, property]) => {
      const schema = isJsonObject(property) ? property : {}
      const type = renderType({ ...schema, $defs }, language)
      const rest = needed.has(name) ? 'required' : `default ${code(JSON.stringify(schema['default'] ?? null))}`
      return `- ${code(name)} (${code(type)}, ${rest})${describe(schema['description'])}`
    })
    .join('\n')
}

function renderResult({ outputSchema, language }: ToolVersion): string {
  return `${code(renderType(outputSchema, language))}${describe(outputSchema['description'])}`
}

function describe(description: JsonValue | undefined): string {
  const text = typeof description === 'string' ? toOneLine(description) : ''
  return text === '' ? '' : `: ${text}`
}

function code(text: string): string {
  const line = cut(toOneLine(text), MAXIMUM_EXAMPLE)
  return line.includes('`') ? `\`\` ${line} \`\`` : `\`${line}\``
}

function cut(text: string, limit: number): string {
  return text.length <= limit
    ? text
    : `${text
        .slice(0, limit - 1)
        .toWellFormed()
        .trimEnd()}…`
}
