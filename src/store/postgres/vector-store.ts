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
import type { Transaction } from './transaction.ts'
import { preparePgvector } from './vector-support.ts'

const FINDABLE = FINDABLE_STATES.map((state) => `'${state}'`).join(', ')

const MISSING = `
  FROM tool t LEFT JOIN tool_vector v ON v.tool_id = t.id AND v.space_id = $1::int
  WHERE t.current_state IN (${FINDABLE}) AND (v.version IS NULL OR v.version <> t.current_version)`

interface NearRow {
  id: number
  name: string
  version: number
  stems: string
  similarity: number
  compared: number
  mean: number
  deviation: number
}

/**
 * Vectors by pgvector, compared with all of a space: an approximate index (HNSW) would pay from some 100,000 tools on,
 * and could not tell what similarities are like in the library.
 */
export class PostgresVectorStore implements VectorStore {
  readonly #database: Database
  #prepared: Promise<VectorSupport> | null = null
  /** Schema of pgvector, as an identifier. */
  #schema = ''

  constructor(database: Database) {
    this.#database = database
  }

  async support(): Promise<VectorSupport> {
    this.#prepared ??= this.#prepare().catch((error: unknown) => {
      // Whoever asks next tries again: a server that was away is no property of it.
      this.#prepared = null
      throw error
    })
    return this.#prepared
  }

  async status(model: ModelId): Promise<VectorStatus> {
    return this.#database.read(async (transaction) => {
      const space = await selectSpace(transaction, model)
      const embedded = await transaction.get<{ tools: number }>(
        `SELECT count(*) AS tools FROM tool_vector v JOIN tool t ON t.id = v.tool_id AND t.current_version = v.version
         WHERE v.space_id = $1::int`,
        space?.id ?? null,
      )
      const missing = await transaction.get<{ tools: number }>(`SELECT count(*) AS tools ${MISSING}`, space?.id ?? null)
      return toVectorStatus(space, { embedded: embedded?.tools ?? 0, missing: missing?.tools ?? 0 })
    })
  }

  async missing(model: ModelId, limit: number): Promise<UnembeddedTool[]> {
    return this.#database.read(async (transaction) => {
      const space = await selectSpace(transaction, model)
      return transaction.all<UnembeddedTool>(
        `SELECT t.name, t.current_version AS version, v.text_hash AS "textHash" ${MISSING} ORDER BY t.id LIMIT $2::int`,
        space?.id ?? null,
        limit,
      )
    })
  }

  async put(model: ModelId, vectors: readonly ToolVector[]): Promise<void> {
    await this.#database.write('library', async (transaction) => {
      const known = await selectSpace(transaction, model)
      const dimensions = commonLength(model, vectors, known)
      if (dimensions === null) return
      const spaceId = known?.id ?? (await insertSpace(transaction, model, dimensions))
      await this.#insert(
        transaction,
        spaceId,
        vectors.filter((tool) => tool.vector !== null),
      )
      await keepVectors(
        transaction,
        spaceId,
        vectors.filter((tool) => tool.vector === null),
      )
    })
  }

  async search({ model, vector, limit, states }: VectorQuery): Promise<VectorNeighbours> {
    const rows = await this.#database.read(async (transaction) => {
      const space = await selectSpace(transaction, model)
      if (space?.dimensions !== vector.length) return []
      return transaction.all<NearRow>(this.#selectNearest(), toText(vector), space.id, states, limit)
    })
    const [first] = rows
    if (first === undefined) return { hits: [], compared: 0, mean: 0, deviation: 0 }
    const { compared, mean, deviation } = first
    const hits = rows.map(({ name, version, stems, similarity }) => {
      return { name, version, text: parseIndexText(stems), similarity }
    })
    return { hits, compared, mean, deviation }
  }

  async setTrust(model: ModelId, trust: VectorTrust): Promise<void> {
    await this.#database.write('write', async (transaction) =>
      transaction.run('UPDATE vector_space SET trust = $1 WHERE model = $2::text', JSON.stringify(trust), model),
    )
  }

  async clear(model: ModelId): Promise<number> {
    return this.#database.write('library', async (transaction) => {
      const space = await selectSpace(transaction, model)
      if (space === undefined) return 0
      const removed = await transaction.run('DELETE FROM tool_vector WHERE space_id = $1::int', space.id)
      await transaction.run('DELETE FROM vector_space WHERE id = $1::int', space.id)
      return removed
    })
  }

  async #prepare(): Promise<VectorSupport> {
    const { schema, support } = await preparePgvector(this.#database)
    if (!support.available) return support
    this.#schema = schema
    const there = await this.#database.read(async (transaction) =>
      transaction.get("SELECT 1 AS found WHERE to_regclass('tool_vector') IS NOT NULL"),
    )
    if (there === undefined) {
      await this.#database.write('schema', async (transaction) => transaction.script(createTables(schema)))
    }
    return support
  }

  async #insert(transaction: Transaction, spaceId: number, vectors: readonly ToolVector[]): Promise<void> {
    await transaction.run(
      `INSERT INTO tool_vector (space_id, tool_id, version, text_hash, vector)
       SELECT $1::int, t.id, given.version, given.text_hash, given.vector::${this.#schema}.halfvec
       FROM unnest($2::text[], $3::int[], $4::text[], $5::text[]) AS given (name, version, text_hash, vector)
       JOIN tool t ON t.name = given.name AND t.current_version = given.version
       ON CONFLICT (space_id, tool_id) DO UPDATE
       SET version = excluded.version, text_hash = excluded.text_hash, vector = excluded.vector`,
      spaceId,
      vectors.map(({ name }) => name),
      vectors.map(({ version }) => version),
      vectors.map(({ textHash }) => textHash),
      vectors.map(({ vector }) => (vector === null ? null : toText(vector))),
    )
  }

  /** One reading of all vectors gives the nearest, and what similarities are like in this library. */
  #selectNearest(): string {
    return `
      WITH compared AS MATERIALIZED (
        SELECT v.tool_id AS id, 1 - (v.vector OPERATOR(${this.#schema}.<=>) $1::text::${this.#schema}.halfvec) AS similarity
        FROM tool_vector v JOIN tool t ON t.id = v.tool_id AND t.current_version = v.version
        WHERE v.space_id = $2::int AND t.current_state = ANY ($3::text[])
      ), whole AS (
        SELECT count(*) AS compared, avg(similarity) AS mean, stddev_pop(similarity) AS deviation FROM compared
      )
      SELECT c.id, t.name, t.current_version AS version, x.stems, c.similarity, whole.compared, whole.mean, whole.deviation
      FROM (SELECT id, similarity FROM compared ORDER BY similarity DESC, id LIMIT $4::int) AS c
      CROSS JOIN whole JOIN tool t ON t.id = c.id JOIN tool_text x ON x.tool_id = c.id
      ORDER BY c.similarity DESC, c.id`
  }
}

/**
 * Made when vectors are first asked for, outside the numbered migrations: not every server has the extension, and they
 * hold nothing that cannot be made anew. Vectors stay in the row as long as a page (8 kB) holds them, and are not
 * compressed: fetching each from elsewhere would make a search several times slower.
 */
function createTables(schema: string): string {
  return `
    CREATE TABLE IF NOT EXISTS vector_space (
      id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
      model text COLLATE "C" NOT NULL UNIQUE,
      dimensions integer NOT NULL,
      trust text
    );
    CREATE TABLE IF NOT EXISTS tool_vector (
      space_id integer NOT NULL REFERENCES vector_space (id) ON DELETE CASCADE,
      tool_id integer NOT NULL REFERENCES tool (id) ON DELETE CASCADE,
      version integer NOT NULL,
      text_hash text NOT NULL,
      vector ${schema}.halfvec NOT NULL,
      PRIMARY KEY (space_id, tool_id)
    ) WITH (toast_tuple_target = 8160);
    ALTER TABLE tool_vector ALTER COLUMN vector SET STORAGE EXTERNAL;
    CREATE INDEX IF NOT EXISTS tool_vector_tool ON tool_vector (tool_id)`
}

async function selectSpace(transaction: Transaction, model: ModelId): Promise<SpaceRow | undefined> {
  return transaction.get<SpaceRow>('SELECT id, dimensions, trust FROM vector_space WHERE model = $1::text', model)
}

async function insertSpace(transaction: Transaction, model: ModelId, dimensions: number): Promise<number> {
  const row = await transaction.get<{ id: number }>(
    'INSERT INTO vector_space (model, dimensions) VALUES ($1, $2) RETURNING id',
    model,
    dimensions,
  )
  if (row === undefined) throw new TypeError('An insertion gave no row')
  return row.id
}

/** The texts of these versions are those that the vectors were made of: only the number of the version is new. */
async function keepVectors(transaction: Transaction, spaceId: number, tools: readonly ToolVector[]): Promise<void> {
  await transaction.run(
    `UPDATE tool_vector v SET version = given.version
     FROM unnest($2::text[], $3::int[], $4::text[]) AS given (name, version, text_hash)
     JOIN tool t ON t.name = given.name AND t.current_version = given.version
     WHERE v.space_id = $1::int AND v.tool_id = t.id AND v.text_hash = given.text_hash`,
    spaceId,
    tools.map(({ name }) => name),
    tools.map(({ version }) => version),
    tools.map(({ textHash }) => textHash),
  )
}

/** As pgvector reads them. */
function toText(vector: Float32Array<ArrayBuffer>): string {
  return `[${vector.join(',')}]`
}
