import { createHash } from 'node:crypto'
import type { JsonSchema } from '../../contracts/json.ts'
import type { NewTool } from '../../contracts/tool.ts'
import { isJsonObject } from '../is-json-object.ts'

/** Small embedding models read no further than 512 tokens; what matters most stands first. */
const MAX_CHARACTERS = 4000

/** What the vector of a tool is made of, as one text: the words that the index holds by fields, without the code. */
export function toEmbeddingText(tool: NewTool): string {
  const { name, summary, description, whenToUse, inputSchema, outputSchema } = tool
  const lines = [
    name.replaceAll('_', ' '),
    description.includes(summary) ? description : `${summary} ${description}`,
    whenToUse,
    ...embeddedRequests(tool),
    ...describeParameters(inputSchema),
    typeof outputSchema['description'] === 'string' ? `Returns: ${outputSchema['description']}` : '',
  ]
  return lines
    .filter((line) => line.trim() !== '')
    .join('\n')
    .slice(0, MAX_CHARACTERS)
    .toWellFormed()
}

/**
 * The example request that the vectors of the library are tried by: its last one, which is therefore not part of its
 * text. Null for a tool without any.
 */
export function probeOf({ exampleRequests }: Pick<NewTool, 'exampleRequests'>): string | null {
  return exampleRequests.at(-1)?.trim() || null
}

export function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function embeddedRequests({ exampleRequests }: NewTool): string[] {
  return exampleRequests.slice(0, -1)
}

function describeParameters({ properties }: JsonSchema): string[] {
  if (!isJsonObject(properties)) return []
  return Object.entries(properties).map(([name, schema]) => {
    const description = isJsonObject(schema) ? schema['description'] : undefined
    const words = name.replaceAll('_', ' ')
    return typeof description === 'string' ? `${words}: ${description}` : words
  })
}
