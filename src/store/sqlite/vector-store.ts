import type { ModelId } from '../../contracts/models.ts'
import type {
  ToolVector,
  UnembeddedTool,
  VectorNeighbours,
  VectorQuery,
  VectorStatus,
  VectorStore,
  VectorSupport,
  VectorTrust,
} from '../../contracts/vectors.ts'
import { parseIndexText } from '../records/index-text.ts'
import { commonLength, FINDABLE_STATES, toVectorStatus, type SpaceRow } from '../records/vector.ts'
import type { Database } from './database.ts'
import { loadVectorFunctions } from './load-vector-functions.ts'

/**
 * Made when vectors are first asked for, outside the numbered migrations: they hold nothing that cannot be made anew.
 * Plain rows and not a `vec0` table: they go with their tool, no other table depends on the extension, and reading them
 * takes twice as long as a `vec0` table would, which is little beside the call that makes the query's vector.
 */
const TABLES = [
  `CREATE TABLE IF NOT EXISTS vector_space (
    id INTEGER PRIMARY KEY,
    model TEXT NOT NULL UNIQUE,
    dimensions INTEGER NOT NULL,
    trust TEXT
  ) STRICT`,
  `CREATE TABLE IF NOT EXISTS tool_vector (
    space_id INTEGER NOT NULL REFERENCES vector_space (id) ON DELETE CASCADE,
    tool_id INTEGER NOT NULL REFERENCES tool (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    text_hash TEXT NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (space_id, tool_id)
  ) STRICT`,
  'CREATE INDEX IF NOT EXISTS tool_vector_tool ON tool_vector (tool_id)',
]

const FINDABLE = FINDABLE_STATES.map((state) => `'${state}'`).join(', ')

/** Current versions without a vector in the space; a space that is not there has the id null, which nothing equals. */
const MISSING = `
  FROM tool t LEFT JOIN tool_vector v ON v.tool_id = t.id AND v.space_id = ?
  WHERE t.current_state IN (${FINDABLE}) AND (v.version IS NULL OR v.version <> t.current_version)`

/** One reading of all vectors gives the nearest, and what similarities are like in this library. */
const SELECT_NEAREST = `
  WITH compared AS MATERIALIZED (
    SELECT v.tool_id AS id, 1 - vec_distance_cosine(v.vector, ?1) AS similarity
    FROM tool_vector v JOIN tool t ON t.id = v.tool_id AND t.current_version = v.version
    WHERE v.space_id = ?2 AND t.current_state IN (SELECT value FROM json_each(?3))
  ), whole AS (SELECT count(*) AS compared, avg(similarity) AS mean, avg(similarity * similarity) AS square FROM compared)
  SELECT t.name, t.current_version AS version, x.stems, c.similarity, whole.compared, whole.mean, whole.square
  FROM (SELECT id, similarity FROM compared ORDER BY similarity DESC, id LIMIT ?4) AS c
  JOIN whole JOIN tool t ON t.id = c.id JOIN tool_text x ON x.tool_id = c.id
  ORDER BY c.similarity DESC, c.id`

interface NearRow {
  name: string
  version: number
  stems: string
  similarity: number
  compared: number
  mean: number
  square: number
}

export class SqliteVectorStore implements VectorStore {
  readonly #database: Database
  #support: Promise<VectorSupport> | null = null

  constructor(database: Database) {
    this.#database = database
  }

  async support(): Promise<VectorSupport> {
    this.#support ??= this.#prepare().catch((error: unknown) => {
      // Whoever asks next tries again: a lock that another process held is no property of this machine.
      this.#support = null
      throw error
    })
    return this.#support
  }

  async status(model: ModelId): Promise<VectorStatus> {
    const database = this.#database
    return database.read(() => {
      const space = selectSpace(database, model)
      const embedded = database.get<{ tools: number }>(
        `SELECT count(*) AS tools FROM tool_vector v JOIN tool t ON t.id = v.tool_id AND t.current_version = v.version
         WHERE v.space_id = ?`,
        space?.id ?? null,
      )
      const missing = database.get<{ tools: number }>(`SELECT count(*) AS tools ${MISSING}`, space?.id ?? null)
      return toVectorStatus(space, { embedded: embedded?.tools ?? 0, missing: missing?.tools ?? 0 })
    })
  }

  async missing(model: ModelId, limit: number): Promise<UnembeddedTool[]> {
    const database = this.#database
    return database.read(() =>
      database
        .all<{ name: string; version: number; text_hash: string | null }>(
          `SELECT t.name, t.current_version AS version, v.text_hash ${MISSING} ORDER BY t.id LIMIT ?`,
          selectSpace(database, model)?.id ?? null,
          limit,
        )
        .map(({ name, version, text_hash: textHash }) => ({ name, version, textHash })),
    )
  }

  async put(model: ModelId, vectors: readonly ToolVector[]): Promise<void> {
    const database = this.#database
    await database.write(() => {
      const known = selectSpace(database, model)
      const dimensions = commonLength(model, vectors, known)
      if (dimensions === null) return
      const spaceId =
        known?.id ?? database.run('INSERT INTO vector_space (model, dimensions) VALUES (?, ?)', model, dimensions).rowId
      for (const tool of vectors) putVector(database, spaceId, tool)
    })
  }

  async search({ model, vector, limit, states }: VectorQuery): Promise<VectorNeighbours> {
    const database = this.#database
    return database.read(() => {
      const space = selectSpace(database, model)
      const rows =
        space?.dimensions !== vector.length
          ? []
          : database.all<NearRow>(SELECT_NEAREST, toBlob(vector), space.id, JSON.stringify(states), limit)
      const [first] = rows
      if (first === undefined) return { hits: [], compared: 0, mean: 0, deviation: 0 }
      const { compared, mean, square } = first
      const hits = rows.map(({ name, version, stems, similarity }) => {
        return { name, version, text: parseIndexText(stems), similarity }
      })
      return { hits, compared, mean, deviation: Math.sqrt(Math.max(0, square - mean * mean)) }
    })
  }

  async setTrust(model: ModelId, trust: VectorTrust): Promise<void> {
    await this.#database.write(() =>
      this.#database.run('UPDATE vector_space SET trust = ? WHERE model = ?', JSON.stringify(trust), model),
    )
  }

  async clear(model: ModelId): Promise<number> {
    const database = this.#database
    return database.write(() => {
      const space = selectSpace(database, model)
      if (space === undefined) return 0
      const { changes } = database.run('DELETE FROM tool_vector WHERE space_id = ?', space.id)
      database.run('DELETE FROM vector_space WHERE id = ?', space.id)
      return changes
    })
  }

  async #prepare(): Promise<VectorSupport> {
    const support = await loadVectorFunctions(this.#database)
    if (!support.available) return support
    await this.#database.write(() => {
      for (const sql of TABLES) this.#database.run(sql)
    })
    return support
  }
}

function putVector(database: Database, spaceId: number, { name, version, textHash, vector }: ToolVector): void {
  if (vector === null) {
    database.run(
      `UPDATE tool_vector SET version = ?1 WHERE space_id = ?2 AND text_hash = ?3
         AND tool_id = (SELECT id FROM tool WHERE name = ?4 AND current_version = ?1)`,
      version,
      spaceId,
      textHash,
      name,
    )
    return
  }
  database.run(
    `INSERT INTO tool_vector (space_id, tool_id, version, text_hash, vector)
     SELECT ?1, id, ?2, ?3, ?4 FROM tool WHERE name = ?5 AND current_version = ?2
     ON CONFLICT (space_id, tool_id) DO UPDATE
     SET version = excluded.version, text_hash = excluded.text_hash, vector = excluded.vector`,
    spaceId,
    version,
    textHash,
    toBlob(vector),
    name,
  )
}

function selectSpace(database: Database, model: ModelId): SpaceRow | undefined {
  return database.get<SpaceRow>('SELECT id, dimensions, trust FROM vector_space WHERE model = ?', model)
}

/** 32-bit floats, as `sqlite-vec` reads them. */
function toBlob(vector: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)
}
