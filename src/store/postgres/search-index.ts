import { INDEX_FIELDS, type IndexHit, type IndexQuery } from '../../contracts/store.ts'
import type { ToolState } from '../../contracts/tool.ts'
import { parseIndexText } from '../records/index-text.ts'
import { WHOLE } from './tool-index.ts'
import type { Transaction } from './transaction.ts'

const ALL_STATES: readonly ToolState[] = ['candidate', 'verified', 'trusted', 'quarantined', 'retired']

const MAX_LIMIT = 2 ** 31 - 1

/** Parameters of BM25 as SQLite's FTS5 has them, so that both engines give the same candidates. */
const SATURATION = 1.2
const LENGTH_NORMALISATION = 0.75

const FIRST_WEIGHT = 4
const FREQUENCY = INDEX_FIELDS.map((field, index) => `$${FIRST_WEIGHT + index}::float8 * p."${field}"`).join(' + ')

/**
 * The formula of FTS5's `bm25()` (https://sqlite.org/fts5.html#the_bm25_function) over our own postings: PostgreSQL's
 * `ts_rank` knows neither how rare a word is nor how long texts are on average. The score is rounded, because the order
 * in which a sum is made up shows in its last digits, and equal tools shall come in the order in which they were made.
 */
const SEARCH = `
  WITH whole AS (
    SELECT tools, stems::float8 / tools AS average FROM index_length WHERE field = '${WHOLE}' AND tools > 0
  ), term AS (
    SELECT s.stem, greatest(1e-6, ln((whole.tools - s.tools + 0.5::float8) / (s.tools + 0.5::float8))) AS rarity
    FROM unnest($1::text[]) AS asked (stem) JOIN index_stem s ON s.stem = asked.stem CROSS JOIN whole
  ), best AS (
    SELECT p.tool_id, round(1e9 * sum(
      term.rarity * f.frequency * ${1 + SATURATION}
        / (f.frequency + ${SATURATION} * (${1 - LENGTH_NORMALISATION} + ${LENGTH_NORMALISATION} * p.length / whole.average))
    )) AS score
    FROM index_posting p
    JOIN term ON term.stem = p.stem
    CROSS JOIN whole
    CROSS JOIN LATERAL (SELECT ${FREQUENCY} AS frequency) f
    WHERE p.stem = ANY ($1::text[])
      AND p.tool_id NOT IN (SELECT id FROM tool WHERE current_state = ANY ($2::text[]))
    GROUP BY p.tool_id ORDER BY score DESC, p.tool_id LIMIT $3::int
  )
  SELECT t.name, t.current_version AS version, x.stems
  FROM best JOIN tool t ON t.id = best.tool_id JOIN tool_text x ON x.tool_id = best.tool_id
  ORDER BY best.score DESC, best.tool_id`

/** Candidates, best first; equal ones in the order in which they were made. */
export async function searchToolIndex(
  transaction: Transaction,
  { stems, weights, limit, states }: IndexQuery,
): Promise<IndexHit[]> {
  if (stems.length === 0 || states.length === 0 || limit < 1) return []
  // By exclusion: the tools that may not be found are few, and looking each match up would cost more than ranking it.
  const excluded = ALL_STATES.filter((state) => !states.includes(state))
  const rows = await transaction.all<{ name: string; version: number; stems: string }>(
    SEARCH,
    stems,
    excluded,
    Math.min(MAX_LIMIT, Math.trunc(limit)),
    ...INDEX_FIELDS.map((field) => weights[field]),
  )
  return rows.map(({ name, version, stems: text }) => ({ name, version, text: parseIndexText(text) }))
}
