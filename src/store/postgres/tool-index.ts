import { INDEX_FIELDS, type IndexStatistics, type ToolIndexText } from '../../contracts/store.ts'
import { distinctStems, joinIndexText, MAX_SIMILAR_STEMS, parseIndexText, splitStems } from '../records/index-text.ts'
import type { Transaction } from './transaction.ts'

/**
 * Longer stems are not in the index: its entries have to fit into a third of a page (2,700 bytes), and the library's own
 * stems end at 64 characters.
 */
const MAX_STEM_LENGTH = 256

/** More of the same stem in one field would not fit its column, and adds nothing to the score. */
const MAX_FREQUENCY = 32_767

/** The line of `index_length` that is for whole tools. */
export const WHOLE = '*'

export const FIELD_COLUMNS = INDEX_FIELDS.map((field) => `"${field}"`).join(', ')

export interface IndexChange {
  toolId: number
  before: ToolIndexText | null
  /** Null takes the tool out. */
  after: ToolIndexText | null
}

/** Puts the text of a tool's current version in place of the one before; null takes the tool out. */
export async function replaceIndexText(
  transaction: Transaction,
  toolId: number,
  after: ToolIndexText | null,
): Promise<void> {
  const row = await transaction.get<{ stems: string }>('SELECT stems FROM tool_text WHERE tool_id = $1::int', toolId)
  await changeIndex(transaction, [{ toolId, before: row === undefined ? null : parseIndexText(row.stems), after }])
}

/** Only under the lock on the library: the counts of all tools change along. */
export async function changeIndex(transaction: Transaction, changes: readonly IndexChange[]): Promise<void> {
  await deleteText(transaction, changes)
  await insertText(transaction, changes)
  await insertPostings(transaction, changes)
  await countStems(transaction, changes)
  await countLengths(transaction, changes)
}

async function deleteText(transaction: Transaction, changes: readonly IndexChange[]): Promise<void> {
  for (const { toolId, before } of changes) {
    if (before === null) continue
    await transaction.run(
      'DELETE FROM index_posting WHERE tool_id = $1::int AND stem = ANY ($2::text[])',
      toolId,
      indexedStems(before),
    )
    await transaction.run('DELETE FROM tool_text WHERE tool_id = $1::int', toolId)
  }
}

async function insertText(transaction: Transaction, changes: readonly IndexChange[]): Promise<void> {
  const texts = changes.flatMap(({ toolId, after }) => (after === null ? [] : [{ toolId, after }]))
  if (texts.length === 0) return
  await transaction.run(
    'INSERT INTO tool_text (tool_id, stems) SELECT * FROM unnest($1::int[], $2::text[])',
    texts.map(({ toolId }) => toolId),
    texts.map(({ after }) => joinIndexText(after)),
  )
}

async function insertPostings(transaction: Transaction, changes: readonly IndexChange[]): Promise<void> {
  const postings = changes.flatMap(({ toolId, after }) => toPostings(toolId, after))
  if (postings.length === 0) return
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

interface Posting {
  stem: string
  toolId: number
  /** Of all the tool's fields together, in stems. */
  length: number
  /** How often the stem stands in each field. */
  frequencies: number[]
}

function toPostings(toolId: number, text: ToolIndexText | null): Posting[] {
  if (text === null) return []
  const length = wholeLength(text)
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

async function countStems(transaction: Transaction, changes: readonly IndexChange[]): Promise<void> {
  const counts = new Map<string, number>()
  const add = (stems: string[], amount: number): void => {
    for (const stem of stems) counts.set(stem, (counts.get(stem) ?? 0) + amount)
  }
  for (const { before, after } of changes) {
    add(indexedStems(before), -1)
    add(indexedStems(after), 1)
  }
  const changed = [...counts].filter(([, amount]) => amount !== 0)
  if (changed.length === 0) return
  const stems = changed.map(([stem]) => stem)
  await transaction.run(
    `INSERT INTO index_stem AS s (stem, tools) SELECT * FROM unnest($1::text[], $2::int[])
     ON CONFLICT (stem) DO UPDATE SET tools = s.tools + excluded.tools`,
    stems,
    changed.map(([, amount]) => amount),
  )
  await transaction.run('DELETE FROM index_stem WHERE stem = ANY ($1::text[]) AND tools = 0', stems)
}

async function countLengths(transaction: Transaction, changes: readonly IndexChange[]): Promise<void> {
  const sum = (amount: (text: ToolIndexText | null) => number): number =>
    changes.reduce((total, { before, after }) => total + amount(after) - amount(before), 0)
  const lines = INDEX_FIELDS.map((field) => ({
    field: field as string,
    stems: sum((text) => fieldLength(text, field)),
    tools: sum((text) => Math.sign(fieldLength(text, field))),
  }))
  lines.push({
    field: WHOLE,
    stems: sum((text) => wholeLength(text)),
    tools: sum((text) => (text === null ? 0 : 1)),
  })
  await transaction.run(
    `INSERT INTO index_length AS l (field, stems, tools) SELECT * FROM unnest($1::text[], $2::bigint[], $3::int[])
     ON CONFLICT (field) DO UPDATE SET stems = l.stems + excluded.stems, tools = l.tools + excluded.tools`,
    lines.map(({ field }) => field),
    lines.map(({ stems }) => stems),
    lines.map(({ tools }) => tools),
  )
}

function indexedStems(text: ToolIndexText | null): string[] {
  return [...distinctStems(text)].filter((stem) => stem.length <= MAX_STEM_LENGTH)
}

function fieldLength(text: ToolIndexText | null, field: (typeof INDEX_FIELDS)[number]): number {
  return text === null ? 0 : splitStems(text[field]).length
}

function wholeLength(text: ToolIndexText | null): number {
  return INDEX_FIELDS.reduce((total, field) => total + fieldLength(text, field), 0)
}

export async function selectStatistics(transaction: Transaction, stems: string[]): Promise<IndexStatistics> {
  const lengths = await transaction.all<{ field: string; average: number; tools: number }>(
    'SELECT field, stems::float8 / tools AS average, tools FROM index_length WHERE tools > 0',
  )
  const known = new Map(lengths.map((row) => [row.field, row]))
  const averageLengths = {} as IndexStatistics['averageLengths']
  for (const field of INDEX_FIELDS) averageLengths[field] = known.get(field)?.average ?? 0
  const rows = await transaction.all<{ stem: string; tools: number }>(
    'SELECT stem, tools FROM index_stem WHERE stem = ANY ($1::text[])',
    [...new Set(stems)],
  )
  const documents = new Map(rows.map((row) => [row.stem, row.tools]))
  return { tools: known.get(WHOLE)?.tools ?? 0, averageLengths, documents }
}

export async function selectStemsLike(
  transaction: Transaction,
  { prefix, minLength, maxLength }: { prefix: string; minLength: number; maxLength: number },
): Promise<Map<string, number>> {
  const rows = await transaction.all<{ stem: string; tools: number }>(
    `SELECT stem, tools FROM index_stem
     WHERE stem >= $1::text AND stem < $1::text || chr(1114111) AND length(stem) BETWEEN $2::int AND $3::int
     ORDER BY stem LIMIT ${MAX_SIMILAR_STEMS}`,
    prefix,
    minLength,
    maxLength,
  )
  return new Map(rows.map((row) => [row.stem, row.tools]))
}
