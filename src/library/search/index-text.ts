import type { JsonSchema, JsonValue } from '../../contracts/json.ts'
import { TEXT_SEPARATOR, type ToolIndexText } from '../../contracts/store.ts'
import type { NewTool } from '../../contracts/tool.ts'
import { isJsonObject } from '../is-json-object.ts'
import { splitWords } from './split-words.ts'
import { stemWord } from './stem-word.ts'
import { isStopWord } from './stop-words.ts'

/** A schema of a hundred kilobytes must not fill the index with one tool. */
const MAX_STEMS_A_FIELD = 400
const MAX_SCHEMA_DEPTH = 8
const MAX_REQUESTS = 20

/** What search looks at in a tool, field by field, as stems without stop words. */
export function toIndexText(tool: NewTool): ToolIndexText {
  const input = collectSchemaTexts(tool.inputSchema)
  const output = collectSchemaTexts(tool.outputSchema)
  return {
    name: toStems([tool.name, ...namesBesides(tool)]),
    description: toStems([...descriptions(tool), tool.whenToUse]),
    parameters: toStems(input.names),
    details: toStems(input.descriptions),
    choices: toStems(input.choices),
    returns: toStems([...output.names, ...output.descriptions, ...output.choices]),
    requests: joinRequests(tool.exampleRequests),
    code: [...new Set(toStems(collectIdentifiers(tool.code)).split(' '))].join(' '),
  }
}

/** Joined texts as stems, in order: neighbours in the text stay neighbours, whatever stop words stood between them. */
export function toStems(texts: readonly string[]): string {
  return texts
    .flatMap((text) => splitWords(text))
    .filter((word) => !isStopWord(word))
    .slice(0, MAX_STEMS_A_FIELD)
    .map(stemWord)
    .join(' ')
}

/** Kept apart, so that a query can be held against each one of them. */
function joinRequests(requests: readonly string[]): string {
  return requests
    .slice(0, MAX_REQUESTS)
    .map((request) => toStems([request]))
    .filter((stems) => stems !== '')
    .join(` ${TEXT_SEPARATOR} `)
}

/** The function's name, where it is not the tool's name written in another way. */
function namesBesides({ name, function: functionName }: NewTool): string[] {
  return toStems([name]) === toStems([functionName]) ? [] : [functionName]
}

/** Summary and description; the summary is mostly the description's first line, and counts once. */
function descriptions({ summary, description }: NewTool): string[] {
  return description.includes(summary) ? [description] : [summary, description]
}

interface SchemaTexts {
  names: string[]
  descriptions: string[]
  choices: string[]
}

function collectSchemaTexts(schema: JsonSchema): SchemaTexts {
  const texts: SchemaTexts = { names: [], descriptions: [], choices: [] }
  visitSchema(schema, texts, 0)
  return texts
}

/** Every part of a schema can hold schemas: all are visited, and what is no schema has none of these keywords. */
function visitSchema(schema: JsonValue | undefined, texts: SchemaTexts, depth: number): void {
  if (depth > MAX_SCHEMA_DEPTH || schema === null || typeof schema !== 'object') return
  if (Array.isArray(schema)) {
    for (const item of schema) visitSchema(item, texts, depth + 1)
    return
  }
  if (typeof schema['description'] === 'string') texts.descriptions.push(schema['description'])
  if (Array.isArray(schema['enum'])) texts.choices.push(...schema['enum'].filter(isText))
  if (isText(schema['const'])) texts.choices.push(schema['const'])
  for (const [keyword, value] of Object.entries(schema)) {
    if (VALUE_KEYWORDS.has(keyword)) continue
    if (keyword !== 'properties' && keyword !== '$defs') visitSchema(value, texts, depth + 1)
    else if (isJsonObject(value)) {
      if (keyword === 'properties') texts.names.push(...Object.keys(value))
      for (const part of Object.values(value)) visitSchema(part, texts, depth + 1)
    }
  }
}

/** Keywords whose values are data, not schemas. */
const VALUE_KEYWORDS = new Set(['description', 'enum', 'const', 'default', 'examples', 'required', 'title', 'type'])

function isText(value: JsonValue | undefined): value is string {
  return typeof value === 'string'
}

/** Names in the code, without its prose: that says again what the description says. */
function collectIdentifiers(code: string): string[] {
  const withoutProse = code
    .replaceAll(/"""[\s\S]*?"""|'''[\s\S]*?'''|\/\*[\s\S]*?\*\//g, ' ')
    .replaceAll(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, ' ')
    .replaceAll(/#[^\n]*|\/\/[^\n]*/g, ' ')
  const names = withoutProse.match(/[\p{L}_$][\p{L}\p{N}_$]{2,}/gu) ?? []
  return [...new Set(names)].filter((name) => !CODE_WORDS.has(name))
}

/** Words that stand in any code of these languages. */
const CODE_WORDS = new Set(
  `def return import from for while else elif try except finally raise with lambda yield async await class pass break
  continue global nonlocal assert del None True False self int float str list dict tuple set bool len range enumerate zip
  sorted sum min max abs round isinstance ValueError TypeError KeyError Exception print export default function const
  let var new null undefined true false throw catch switch case typeof instanceof void this Array Object Number String
  Boolean Error TypeError RangeError Math JSON Map Set Promise any Optional Any Union number string boolean not and`.split(
    /\s+/,
  ),
)
