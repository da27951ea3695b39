/** What a cell can hold, the same in both engines. */
export type Cell = string | number | boolean | null

export type ColumnKind = 'text' | 'integer' | 'real' | 'boolean'

export interface Table {
  name: string
  /** In the order in which cells stand in a row. */
  columns: Readonly<Record<string, ColumnKind>>
  /** Columns that rows are sorted by; no two rows have the same. */
  key: readonly string[]
}

/** Of this table the search index is made; it does not move itself. */
export const TEXT_TABLE = 'tool_text'

/** What a store holds, each table after those that it refers to. The rest can be made from it. */
export const TABLES: readonly Table[] = [
  {
    name: 'tool',
    columns: {
      id: 'integer',
      name: 'text',
      current_version: 'integer',
      current_state: 'text',
      pinned_version: 'integer',
      disabled: 'boolean',
      annotation: 'text',
    },
    key: ['id'],
  },
  {
    name: 'tool_version',
    columns: {
      tool_id: 'integer',
      version: 'integer',
      language: 'text',
      summary: 'text',
      code_hash: 'text',
      state: 'text',
      state_reason: 'text',
      created_at: 'text',
      body: 'text',
      counted_after: 'integer',
      made_tokens: 'real',
      made_cost_usd: 'real',
    },
    key: ['tool_id', 'version'],
  },
  {
    name: 'tool_pin',
    columns: { tool_id: 'integer', version: 'integer', imported_name: 'text', imported_version: 'integer' },
    key: ['tool_id', 'version', 'imported_name'],
  },
  {
    name: 'tool_change',
    columns: {
      id: 'integer',
      tool_id: 'integer',
      version: 'integer',
      at: 'text',
      kind: 'text',
      state: 'text',
      reason: 'text',
      author: 'text',
    },
    key: ['id'],
  },
  {
    name: 'tool_use',
    columns: {
      id: 'integer',
      tool_id: 'integer',
      version: 'integer',
      run_id: 'text',
      at: 'text',
      outcome: 'text',
      cause: 'text',
      wall_ms: 'real',
      reused: 'boolean',
      tokens_saved: 'real',
      fault: 'text',
      cost_saved_usd: 'real',
      input_hash: 'text',
    },
    key: ['id'],
  },
  {
    name: 'tool_call',
    columns: {
      id: 'integer',
      tool_id: 'integer',
      version: 'integer',
      input_hash: 'text',
      at: 'text',
      arguments: 'text',
      value: 'text',
      bytes: 'integer',
    },
    key: ['id'],
  },
  { name: TEXT_TABLE, columns: { tool_id: 'integer', stems: 'text' }, key: ['tool_id'] },
  {
    name: 'solved_script',
    columns: { id: 'integer', script_id: 'text', made_into: 'text', stems: 'text', body: 'text' },
    key: ['id'],
  },
  {
    name: 'run',
    columns: {
      run_id: 'text',
      status: 'text',
      started_at: 'text',
      finished_at: 'text',
      body: 'text',
      result: 'text',
    },
    key: ['run_id'],
  },
  {
    name: 'run_event',
    columns: { run_id: 'text', sequence: 'integer', body: 'text' },
    key: ['run_id', 'sequence'],
  },
]

/** Rows that are held in memory at once: an event can have megabytes. */
const PAGE_ROWS = 100

/** One store, in one state, as rows. */
export interface TransferSource {
  /** For messages. */
  readonly name: string
  count(table: Table): Promise<number>
  /** The rows whose key comes after `after`, at most `limit`, in the order of the key. */
  rowsAfter(table: Table, after: readonly Cell[] | null, limit: number): Promise<Cell[][]>
}

/** A store in a transaction that ends well only where the work on it does. */
export interface TransferTarget extends TransferSource {
  /** Rows of the text table make the search index along. */
  insert(table: Table, rows: readonly Cell[][]): Promise<void>
}

/** All rows of a table, in the order of its key. */
export async function* readPages(source: TransferSource, table: Table): AsyncGenerator<Cell[][]> {
  const names = Object.keys(table.columns)
  const places = table.key.map((column) => names.indexOf(column))
  let after: Cell[] | null = null
  for (;;) {
    const rows: Cell[][] = await source.rowsAfter(table, after, PAGE_ROWS)
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows
    after = places.map((place) => last[place] ?? null)
  }
}
