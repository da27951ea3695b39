import {
  INDEX_FIELDS,
  type IndexHit,
  type IndexQuery,
  type IndexStatistics,
  type ToolIndexText,
} from '../../contracts/store.ts'
import { DISABLED } from '../records/change.ts'
import {
  ALL_STATES,
  distinctStems,
  joinIndexText,
  MAX_SIMILAR_STEMS,
  parseIndexText,
  splitStems,
} from '../records/index-text.ts'
import type { Database } from './database.ts'

const COLUMNS = INDEX_FIELDS.map((field) => `"${field}"`).join(', ')
const PLACES = INDEX_FIELDS.map(() => '?').join(', ')

/** Puts the text of a tool's current version in place of the one before; null takes the tool out. */
export function replaceIndexText(database: Database, toolId: number, text: ToolIndexText | null): void {
  const row = database.get<{ stems: string }>('SELECT stems FROM tool_text WHERE tool_id = ?', toolId)
  const before = row === undefined ? null : parseIndexText(row.stems)
  if (before !== null) {
    database.run('DELETE FROM tool_index WHERE rowid = ?', toolId)
    database.run('DELETE FROM tool_text WHERE tool_id = ?', toolId)
  }
  if (text !== null) {
    const fields = INDEX_FIELDS.map((field) => text[field])
    database.run(`INSERT INTO tool_index (rowid, ${COLUMNS}) VALUES (?, ${PLACES})`, toolId, ...fields)
    database.run('INSERT INTO tool_text (tool_id, stems) VALUES (?, ?)', toolId, joinIndexText(text))
  }
  countStems(database, before, text)
  countLengths(database, before, text)
}

function countStems(database: Database, before: ToolIndexText | null, after: ToolIndexText | null): void {
  const old = distinctStems(before)
  const now = distinctStems(after)
  for (const stem of now) {
    if (old.has(stem)) continue
    database.run(
      'INSERT INTO index_stem (stem, tools) VALUES (?, 1) ON CONFLICT (stem) DO UPDATE SET tools = tools + 1',
      stem,
    )
  }
  for (const stem of old) {
    if (now.has(stem)) continue
    database.run('UPDATE index_stem SET tools = tools - 1 WHERE stem = ?', stem)
    database.run('DELETE FROM index_stem WHERE stem = ? AND tools = 0', stem)
  }
}

function countLengths(database: Database, before: ToolIndexText | null, after: ToolIndexText | null): void {
  for (const field of INDEX_FIELDS) {
    const old = splitStems(before?.[field] ?? '').length
    const now = splitStems(after?.[field] ?? '').length
    if (now === old) continue
    database.run(
      `INSERT INTO index_length (field, stems, tools) VALUES (?1, ?2, ?3)
       ON CONFLICT (field) DO UPDATE SET stems = stems + ?2, tools = tools + ?3`,
      field,
      now - old,
      Math.sign(now) - Math.sign(old),
    )
  }
}

export function selectStatistics(database: Database, stems: string[]): IndexStatistics {
  const tools = database.get<{ tools: number }>('SELECT count(*) AS tools FROM tool')?.tools ?? 0
  const lengths = database.all<{ field: string; length: number }>(
    'SELECT field, 1.0 * stems / tools AS length FROM index_length WHERE tools > 0',
  )
  const known = new Map(lengths.map((row) => [row.field, row.length]))
  const averageLengths = {} as IndexStatistics['averageLengths']
  for (const field of INDEX_FIELDS) averageLengths[field] = known.get(field) ?? 0
  const documents = new Map<string, number>()
  for (const stem of new Set(stems)) {
    const row = database.get<{ tools: number }>('SELECT tools FROM index_stem WHERE stem = ?', stem)
    if (row !== undefined) documents.set(stem, row.tools)
  }
  return { tools, averageLengths, documents }
}

export function selectStemsLike(
  database: Database,
  { prefix, minLength, maxLength }: { prefix: string; minLength: number; maxLength: number },
): Map<string, number> {
  const rows = database.all<{ stem: string; tools: number }>(
    `SELECT stem, tools FROM index_stem
     WHERE stem >= ?1 AND stem < ?1 || char(0x10ffff) AND length(stem) BETWEEN ?2 AND ?3 LIMIT ${MAX_SIMILAR_STEMS}`,
    prefix,
    minLength,
    maxLength,
  )
  return new Map(rows.map((row) => [row.stem, row.tools]))
}

/** Candidates by FTS5's BM25 with a weight for each field; equal ones in the order in which they were made. */
export function searchToolIndex(database: Database, { stems, weights, limit, states }: IndexQuery): IndexHit[] {
  if (stems.length === 0 || states.length === 0 || limit < 1) return []
  // By exclusion: the tools that may not be found are few, and looking each match up would cost more than ranking it.
  const excluded = [...ALL_STATES.filter((state) => !states.includes(state)), DISABLED]
  const rows = database.all<{ name: string; version: number; stems: string }>(
    `SELECT t.name, t.current_version AS version, x.stems
     FROM (
       SELECT rowid AS id, bm25(tool_index, ${PLACES}) AS cost
       FROM tool_index
       WHERE tool_index MATCH ?
         AND rowid NOT IN (SELECT id FROM tool WHERE current_state IN (${excluded.map(() => '?').join(', ')}))
       ORDER BY cost, rowid LIMIT ?
     ) AS best
     JOIN tool t ON t.id = best.id
     JOIN tool_text x ON x.tool_id = best.id
     ORDER BY best.cost, best.id`,
    ...INDEX_FIELDS.map((field) => weights[field]),
    stems.map(quoteStem).join(' OR '),
    ...excluded,
    limit,
  )
  return rows.map(({ name, version, stems: text }) => ({ name, version, text: parseIndexText(text) }))
}

/** As a string of FTS5's query language: nothing in it is an operator. A zero byte would end the query. */
function quoteStem(stem: string): string {
  return `"${stem.replaceAll('\0', ' ').replaceAll('"', '""')}"`
}
