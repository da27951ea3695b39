import { INDEX_FIELDS, type IndexHit, type IndexQuery } from '../../contracts/store.ts'
import { DISABLED } from '../records/change.ts'
import { ALL_STATES, parseIndexText } from '../records/index-text.ts'
import { WHOLE } from './index-counts.ts'
import type { Transaction } from './transaction.ts'

const MAX_LIMIT = 2 ** 31 - 1

/** Parameters of BM25 as SQLite's FTS5 has them, so that both engines give the same candidates. */
const SATURATION = 1.2
const LENGTH_NORMALISATION = 0.75
/** What FTS5 gives a word that stands in more than half of all texts: little, but not less than nothing. */
const MIN_RARITY = 1e-6

const FIRST_WEIGHT = 7
const FREQUENCY = INDEX_FIELDS.map((field, index) => `$${FIRST_WEIGHT + index}::float8 * p."${field}"`).join(' + ')

/**
 * The formula of FTS5's `bm25()` (https://sqlite.org/fts5.html#the_bm25_function) over our own postings: PostgreSQL's
 * `ts_rank` knows neither how rare a word is nor how long texts are on average. Sums are made in order, because that shows
 * in their last digits, and equal tools shall have equal scores: they come in the order in which they were made.
 *
 * OFFSET 0 keeps the planner from joining by a scan of all postings, as it does while it has no statistics of them.
 */
const SELECT_BEST = `
  SELECT id, sum(score) AS score FROM (
    SELECT p.tool_id AS id, term.rarity * p.frequency / (p.frequency + $3::float8 + $4::float8 * p.length) AS score
    FROM unnest($1::text[], $2::float8[]) AS term (stem, rarity)
    CROSS JOIN LATERAL (
      SELECT p.tool_id, p.length, ${FREQUENCY} AS frequency FROM index_posting p WHERE p.stem = term.stem OFFSET 0
    ) p
    WHERE p.tool_id NOT IN (SELECT t.id FROM tool t WHERE t.current_state = ANY ($5::text[]))
    ORDER BY id, score
  ) AS scores
  GROUP BY id ORDER BY score DESC, id LIMIT $6::int`

interface Term {
  stem: string
  rarity: number
}

/** Candidates, best first; equal ones in the order in which they were made. */
export async function searchToolIndex(
  transaction: Transaction,
  { stems, weights, limit, states }: IndexQuery,
): Promise<IndexHit[]> {
  if (stems.length === 0 || states.length === 0 || limit < 1) return []
  // Statements of one table each: a single one for all takes the server longer to plan than to execute.
  const { terms, averageLength } = await selectTerms(transaction, stems)
  if (terms.length === 0) return []
  // By exclusion: the tools that may not be found are few, and looking each match up would cost more than ranking it.
  const excluded = [...ALL_STATES.filter((state) => !states.includes(state)), DISABLED]
  const best = await transaction.all<{ id: number }>(
    SELECT_BEST,
    terms.map(({ stem }) => stem),
    terms.map(({ rarity }) => rarity),
    SATURATION * (1 - LENGTH_NORMALISATION),
    (SATURATION * LENGTH_NORMALISATION) / averageLength,
    excluded,
    Math.min(MAX_LIMIT, Math.trunc(limit)),
    ...INDEX_FIELDS.map((field) => weights[field]),
  )
  return selectHits(
    transaction,
    best.map(({ id }) => id),
  )
}

/** The stems that some tool has, as often as they were asked for. */
async function selectTerms(
  transaction: Transaction,
  stems: string[],
): Promise<{ terms: Term[]; averageLength: number }> {
  const rows = await transaction.all<{ stem: string; having: number; tools: number; stems: number }>(
    `SELECT s.stem, s.tools AS having, whole.tools, whole.stems
     FROM index_stem s CROSS JOIN index_length whole WHERE s.stem = ANY ($1::text[]) AND whole.field = '${WHOLE}'`,
    stems,
  )
  const rarities = new Map(
    rows.map(({ stem, having, tools }) => [
      stem,
      Math.max(MIN_RARITY, Math.log((tools - having + 0.5) / (having + 0.5))),
    ]),
  )
  const terms = stems.flatMap((stem) => {
    const rarity = rarities.get(stem)
    return rarity === undefined ? [] : [{ stem, rarity: rarity * (SATURATION + 1) }]
  })
  const [first] = rows
  return { terms, averageLength: first === undefined ? 0 : first.stems / first.tools }
}

/** In the order of the ids. */
async function selectHits(transaction: Transaction, ids: number[]): Promise<IndexHit[]> {
  const rows = await transaction.all<{ id: number; name: string; version: number; stems: string }>(
    `SELECT t.id, t.name, t.current_version AS version, x.stems
     FROM tool t JOIN tool_text x ON x.tool_id = t.id WHERE t.id = ANY ($1::int[])`,
    ids,
  )
  const hits = new Map(rows.map(({ id, name, version, stems }) => [id, { name, version, text: parseIndexText(stems) }]))
  return ids.flatMap((id) => hits.get(id) ?? [])
}
