import { INDEX_FIELDS, type IndexStatistics, type ToolIndexText } from '../../contracts/store.ts'
import { MAX_SIMILAR_STEMS, parseIndexText } from '../records/index-text.ts'
import { countText, createCounts, WHOLE, writeCounts } from './index-counts.ts'
import { deleteText, indexedStems, insertTexts } from './index-postings.ts'
import type { Transaction } from './transaction.ts'

/**
 * Puts the text of a tool's current version in place of the one before; null takes the tool out. Only under the lock on
 * the library.
 */
export async function replaceIndexText(
  transaction: Transaction,
  toolId: number,
  after: ToolIndexText | null,
): Promise<void> {
  const row = await transaction.get<{ stems: string }>('SELECT stems FROM tool_text WHERE tool_id = $1::int', toolId)
  const counts = createCounts()
  if (row !== undefined) {
    const before = parseIndexText(row.stems)
    await deleteText(transaction, { toolId, text: before })
    countText(counts, before, indexedStems(before), -1)
  }
  if (after !== null) {
    await insertTexts(transaction, [{ toolId, text: after }])
    countText(counts, after, indexedStems(after), 1)
  }
  await writeCounts(transaction, counts)
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
