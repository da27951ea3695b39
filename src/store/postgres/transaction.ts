import { types, type ClientBase, type CustomTypesConfig, type QueryConfig, type QueryResult } from 'pg'
import { ConnectionLost, isDatabaseError } from './postgres-errors.ts'
import { decodeText, encodeText } from './text-codec.ts'

export type Parameter = string | number | boolean | null | readonly (string | number | boolean | null)[]

/** Past the server's own limit on a statement: only a connection that is dead without a word gets here. */
const GRACE_MS = 5000

/** The driver's option for a single query, missing in its types. */
interface TimedQuery extends QueryConfig<unknown[]> {
  query_timeout?: number
}

const { builtins } = types

/** Counts come as numbers and text with its zero characters; the rest as the driver reads it. */
export const TYPES: CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === builtins.INT8) return Number
    if (oid === builtins.TEXT) return decodeText
    return format === undefined ? types.getTypeParser(oid) : types.getTypeParser(oid, format as 'text')
  }) as typeof types.getTypeParser,
}

/** One transaction that is open on one connection. Its methods reject with what `toStoreError` takes. */
export class Transaction {
  readonly #client: ClientBase
  readonly #statementTimeoutMs: number

  constructor(client: ClientBase, { statementTimeoutMs }: { statementTimeoutMs: number }) {
    this.#client = client
    this.#statementTimeoutMs = statementTimeoutMs
  }

  /** The caller names the shape of its own SELECT. */
  async all<Row>(sql: string, ...parameters: Parameter[]): Promise<Row[]> {
    const { rows } = await this.#query(sql, parameters)
    return rows as Row[]
  }

  async get<Row>(sql: string, ...parameters: Parameter[]): Promise<Row | undefined> {
    const rows = await this.all<Row>(sql, ...parameters)
    return rows[0]
  }

  /** Gives the number of rows changed. */
  async run(sql: string, ...parameters: Parameter[]): Promise<number> {
    const { rowCount } = await this.#query(sql, parameters)
    return rowCount ?? 0
  }

  /** Several statements without parameters; gives the rows of the last one. */
  async script<Row>(sql: string): Promise<Row[]> {
    // The driver gives a list of results for several statements, which its types do not say.
    const results: unknown = await this.#query(sql)
    const last = (Array.isArray(results) ? results.at(-1) : results) as QueryResult
    return last.rows as Row[]
  }

  async #query(sql: string, parameters?: Parameter[]): Promise<QueryResult> {
    const query: TimedQuery = { text: sql }
    if (parameters !== undefined) query.values = parameters.map(encodeParameter)
    if (this.#statementTimeoutMs > 0) query.query_timeout = this.#statementTimeoutMs + GRACE_MS
    try {
      return await this.#client.query(query)
    } catch (error) {
      throw isDatabaseError(error) ? error : new ConnectionLost(error, { connecting: false })
    }
  }
}

function encodeParameter(parameter: Parameter): unknown {
  if (typeof parameter === 'string') return encodeText(parameter)
  if (parameter === null || typeof parameter !== 'object') return parameter
  return parameter.map((item) => (typeof item === 'string' ? encodeText(item) : item))
}
