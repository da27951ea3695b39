import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { JsonObject } from '../src/contracts/json.ts'
import type { NewTool } from '../src/contracts/tool.ts'

/** A line of `tools.jsonl`. `parameters` is a JSON Schema, or a plain map of parameters. */
export interface DataTool {
  id: string
  name: string
  description: string
  parameters?: JsonObject
  returns?: JsonObject
  /** Example requests. The sets hold none. */
  requests?: string[]
}

export interface DataQuery {
  id: string
  query: string
  gold: string[]
  /** Which part of the set it belongs to. */
  part: string
}

/** A request that none of the `offered` tools answers. */
export interface UnansweredQuery {
  query: string
  offered: string[]
  category: string
}

export interface DataSet {
  name: string
  tools: DataTool[]
  queries: DataQuery[]
  unanswered: UnansweredQuery[]
}

const DATA = join(import.meta.dirname, 'data', 'retrieval')

export function loadDataSets(files: { tools?: string; queries?: string; none?: string }): DataSet[] {
  if (files.tools !== undefined && files.queries !== undefined)
    return [loadDataSet('custom', { ...files, tools: files.tools, queries: files.queries })]
  if (files.tools !== undefined || files.queries !== undefined) throw new Error('--tools and --queries belong together')
  return [
    loadDataSet('bfcl', {
      tools: join(DATA, 'bfcl/tools.jsonl'),
      queries: join(DATA, 'bfcl/queries.jsonl'),
      none: join(DATA, 'bfcl/none-fits.jsonl'),
    }),
    loadDataSet('seal', { tools: join(DATA, 'seal/tools.jsonl'), queries: join(DATA, 'seal/queries.jsonl') }),
  ]
}

function loadDataSet(name: string, files: { tools: string; queries: string; none?: string }): DataSet {
  const queries = readLines<Omit<DataQuery, 'part'> & { split?: string; category?: string }>(files.queries)
  return {
    name: name === 'custom' ? `custom (${dirname(files.tools)})` : name,
    tools: readLines<DataTool>(files.tools),
    queries: queries.map(({ id, query, gold, split, category = 'all' }) => {
      const part = split ?? (category.startsWith('live_') ? 'live' : 'non-live')
      return { id, query, gold, part }
    }),
    unanswered: files.none === undefined ? [] : readLines<UnansweredQuery>(files.none),
  }
}

function readLines<Line>(file: string): Line[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Line)
}

/**
 * The tool as it would stand in a library. Names of the sets repeat, those of a library do not: the id is put behind each,
 * one word more that matches nothing.
 */
export function toNewTool({ id, name, description, parameters = {}, returns = {}, requests = [] }: DataTool): NewTool {
  const toolName = `${toSnakeCase(name)}_${toSnakeCase(id)}`.slice(-100).replace(/^[^a-z]+/, 'x')
  return {
    name: toolName,
    function: toolName,
    language: 'python',
    summary: description,
    description,
    inputSchema: 'properties' in parameters ? parameters : { type: 'object', properties: parameters },
    outputSchema: Object.keys(returns).length === 0 ? {} : { type: 'object', properties: returns },
    imports: [],
    uses: [],
    // The sets hold no code; the id keeps the code of near-twins apart.
    code: `# ${id}\n`,
    whenToUse: '',
    exampleRequests: requests,
    tests: [],
    provenance: {
      runId: null,
      model: null,
      createdAt: '2026-01-01T00:00:00.000Z',
      source: 'imported',
      request: null,
      repairs: 0,
      tokens: 0,
      costUsd: null,
    },
    state: 'verified',
  }
}

function toSnakeCase(name: string): string {
  return name
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '_')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/_+/g, '_')
    .replaceAll(/^_|_$/g, '')
}
