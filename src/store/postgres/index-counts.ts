import { INDEX_FIELDS, type IndexField, type ToolIndexText } from '../../contracts/store.ts'
import { splitStems } from '../records/index-text.ts'
import type { Transaction } from './transaction.ts'

/** The line of `index_length` that is for whole tools. */
export const WHOLE = '*'

/** By how much the counts beside the index change. */
export interface IndexCounts {
  /** In how many tools each stem stands. */
  stems: Map<string, number>
  lengths: Map<IndexField | typeof WHOLE, { stems: number; tools: number }>
}

export function createCounts(): IndexCounts {
  return { stems: new Map(), lengths: new Map() }
}

/** Counts a text that comes (1) or goes (-1). `stems` are those of it that are in the index. */
export function countText(counts: IndexCounts, text: ToolIndexText, stems: readonly string[], sign: 1 | -1): void {
  for (const stem of stems) counts.stems.set(stem, (counts.stems.get(stem) ?? 0) + sign)
  for (const field of INDEX_FIELDS) {
    const length = splitStems(text[field]).length
    if (length > 0) addLength(counts, field, sign * length, sign)
  }
  addLength(counts, WHOLE, sign * sumLengths(text), sign)
}

/** Only under the lock on the library: the counts of all tools are the same lines. */
export async function writeCounts(transaction: Transaction, counts: IndexCounts): Promise<void> {
  const stems = [...counts.stems].filter(([, tools]) => tools !== 0)
  if (stems.length > 0) {
    const names = stems.map(([stem]) => stem)
    await transaction.run(
      `INSERT INTO index_stem AS s (stem, tools) SELECT * FROM unnest($1::text[], $2::int[])
       ON CONFLICT (stem) DO UPDATE SET tools = s.tools + excluded.tools`,
      names,
      stems.map(([, tools]) => tools),
    )
    await transaction.run('DELETE FROM index_stem WHERE stem = ANY ($1::text[]) AND tools = 0', names)
  }
  const lengths = [...counts.lengths]
  await transaction.run(
    `INSERT INTO index_length AS l (field, stems, tools) SELECT * FROM unnest($1::text[], $2::bigint[], $3::int[])
     ON CONFLICT (field) DO UPDATE SET stems = l.stems + excluded.stems, tools = l.tools + excluded.tools`,
    lengths.map(([field]) => field),
    lengths.map(([, length]) => length.stems),
    lengths.map(([, length]) => length.tools),
  )
}

/** How many stems a tool has in all its fields. */
export function sumLengths(text: ToolIndexText): number {
  return INDEX_FIELDS.reduce((total, field) => total + splitStems(text[field]).length, 0)
}

function addLength(counts: IndexCounts, field: IndexField | typeof WHOLE, stems: number, tools: number): void {
  const before = counts.lengths.get(field) ?? { stems: 0, tools: 0 }
  counts.lengths.set(field, { stems: before.stems + stems, tools: before.tools + tools })
}
