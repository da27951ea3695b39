import { INDEX_FIELDS, type ToolIndexText } from '../../contracts/store.ts'
import { distinctStems, joinIndexText, splitStems } from '../records/index-text.ts'
import { sumLengths } from './index-counts.ts'
import type { Transaction } from './transaction.ts'

/**
 * Longer stems are not in the index: its entries have to fit into a third of a page (2,700 bytes), and the library's own
 * stems end at 64 characters.
 */
const MAX_STEM_LENGTH = 256

/** More of the same stem in one field would not fit its column, and adds nothing to the score. */
const MAX_FREQUENCY = 32_767

export const FIELD_COLUMNS = INDEX_FIELDS.map((field) => `"${field}"`).join(', ')

export interface ToolText {
  toolId: number
  text: ToolIndexText
}

interface Posting {
  stem: string
  toolId: number
  /** Of all the tool's fields together, in stems. */
  length: number
  /** How often the stem stands in each field. */
  frequencies: number[]
}

export function indexedStems(text: ToolIndexText | null): string[] {
  return [...distinctStems(text)].filter((stem) => stem.length <= MAX_STEM_LENGTH)
}

export async function deleteText(transaction: Transaction, { toolId, text }: ToolText): Promise<void> {
  await transaction.run(
    'DELETE FROM index_posting WHERE tool_id = $1::int AND stem = ANY ($2::text[])',
    toolId,
    indexedStems(text),
  )
  await transaction.run('DELETE FROM tool_text WHERE tool_id = $1::int', toolId)
}

export async function insertTexts(transaction: Transaction, texts: readonly ToolText[]): Promise<void> {
  await transaction.run(
    'INSERT INTO tool_text (tool_id, stems) SELECT * FROM unnest($1::int[], $2::text[])',
    texts.map(({ toolId }) => toolId),
    texts.map(({ text }) => joinIndexText(text)),
  )
  const postings = texts.flatMap(toPostings)
  const types = ['text', 'int', 'int', ...INDEX_FIELDS.map(() => 'smallint')]
  await transaction.run(
    `INSERT INTO index_posting (stem, tool_id, length, ${FIELD_COLUMNS})
     SELECT * FROM unnest(${types.map((type, index) => `$${index + 1}::${type}[]`).join(', ')})`,
    postings.map(({ stem }) => stem),
    postings.map(({ toolId }) => toolId),
    postings.map(({ length }) => length),
    ...INDEX_FIELDS.map((_, field) => postings.map(({ frequencies }) => frequencies[field] ?? 0)),
  )
}

function toPostings({ toolId, text }: ToolText): Posting[] {
  const length = sumLengths(text)
  const postings = new Map(
    indexedStems(text).map((stem) => [stem, { stem, toolId, length, frequencies: INDEX_FIELDS.map(() => 0) }]),
  )
  INDEX_FIELDS.forEach((field, index) => {
    for (const stem of splitStems(text[field])) {
      const frequencies = postings.get(stem)?.frequencies
      if (frequencies !== undefined) frequencies[index] = Math.min(MAX_FREQUENCY, (frequencies[index] ?? 0) + 1)
    }
  })
  return [...postings.values()]
}
