import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { MIN_COMPARED, NEIGHBOURS } from '../src/library/search/fuse-vectors.ts'
import { openVectorIndex } from '../src/library/search/open-vector-index.ts'
import { searchTools, type VectorFinder } from '../src/library/search/search-tools.ts'
import { makeEmbeddings, type MadeEmbedding } from './made-embeddings.ts'
import { round } from './measure.ts'
import { loadDataSets, type DataQuery, type DataSet, type DataTool } from './retrieval-data.ts'
import { fillLibrary, type FilledLibrary } from './retrieval-library.ts'
import { ndcg10, percent, type Outcome } from './retrieval-measures.ts'

interface FusionReport {
  /** By what vectors were tried: example requests of the tools, or nothing. */
  probes: number
  weight: number
  floor: number
  /** nDCG@10 in percent: by words alone, by vectors alone, by both. */
  words: number
  vectors: number
  both: number
  /** Without the right tools: how often nothing is found, in percent. */
  noneByWords: number
  noneByBoth: number
}

/** Example requests that vectors are tried by, taken from the queries and left out of the measurement. */
const EXAMPLES = 120

const SEARCH = { limit: 60, states: ['verified' as const] }

/**
 * Whether words and vectors together find no worse than the better of them, for vectors from noise to oracle, in
 * libraries that have example requests to try them by and in libraries that have none. `--share 4` measures every fourth
 * query, `--set bfcl` one set only, `--examples with` only libraries with example requests, `--only NAME` one embedding.
 */
export async function runBench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      share: { type: 'string', default: '4' },
      set: { type: 'string' },
      only: { type: 'string' },
      examples: { type: 'string', default: 'without,with' },
      json: { type: 'boolean', default: false },
    },
  })
  const reports: Record<string, Record<string, FusionReport[]>> = {}
  const sets = loadDataSets({}).filter(({ name }) => values.set === undefined || values.set === name)
  for (const set of sets) reports[set.name] = await measureSet(set, { ...values, share: Number(values.share) })
  const loads = loadavg().map((load) => round(load, 1))
  console.log(values.json ? JSON.stringify({ ...reports, loads }) : render(reports, loads))
}

async function measureSet(
  set: DataSet,
  { share, examples: kinds, only }: { share: number; examples: string; only?: string | undefined },
): Promise<Record<string, FusionReport[]>> {
  const { examples, measured } = splitQueries(set.queries, share)
  const reports: Record<string, FusionReport[]> = {}
  for (const kind of kinds.split(',')) {
    const tools = kind === 'with' ? withExamples(set.tools, examples) : set.tools
    const filled = await fillLibrary(tools)
    try {
      const byWords = await searchAll(filled, measured)
      for (const made of makeEmbeddings(set, tools).filter(({ name }) => only === undefined || name === only)) {
        const list = (reports[made.name] ??= [])
        const report = await measureEmbedding(made, { filled, measured, byWords })
        console.error(set.name, made.name, JSON.stringify(report))
        list.push(report)
      }
    } finally {
      await filled.close()
    }
  }
  return reports
}

/** Examples have one answer only, and come from all parts of the set, as those that are measured do. */
function splitQueries(queries: readonly DataQuery[], share: number): { examples: DataQuery[]; measured: DataQuery[] } {
  const possible = queries.filter(({ gold }, index) => gold.length === 1 && index % share !== 0)
  const step = Math.max(1, Math.floor(possible.length / EXAMPLES))
  return {
    examples: possible.filter((_, index) => index % step === 0),
    measured: queries.filter((_, index) => index % share === 0),
  }
}

function withExamples(tools: readonly DataTool[], examples: readonly DataQuery[]): DataTool[] {
  const requests = Map.groupBy(examples, ({ gold }) => gold[0] ?? '')
  return tools.map((tool) => {
    const own = requests.get(tool.id)
    return own === undefined ? tool : { ...tool, requests: own.map(({ query }) => query) }
  })
}

async function measureEmbedding(
  { embedder }: MadeEmbedding,
  { filled, measured, byWords }: { filled: FilledLibrary; measured: readonly DataQuery[]; byWords: Outcome[] },
): Promise<FusionReport> {
  const { store, ids } = filled
  const index = openVectorIndex({ store, embedder, onWarning: ({ message }) => console.error(message) })
  const { trust } = await index.embedAll()
  const byVectors: Outcome[] = []
  for (const { query, gold } of measured) {
    const [vector] = (await embedder.embed({ texts: [query] })).vectors
    if (vector === undefined) throw new Error('There is no vector')
    const { hits, compared } = await store.vectors.search({
      model: embedder.model,
      vector,
      ...SEARCH,
      limit: NEIGHBOURS,
    })
    if (compared < MIN_COMPARED) throw new Error('There are too few vectors')
    byVectors.push({ gold, found: hits.map(({ name }) => ids.get(name) ?? '') })
  }
  const byBoth = await searchAll(filled, measured, index)
  await store.vectors.clear(embedder.model)
  return {
    probes: trust.probes,
    weight: trust.weight,
    floor: round(trust.floor, 2),
    words: percent(byWords, ndcg10),
    vectors: percent(byVectors, ndcg10),
    both: percent(byBoth, ndcg10),
    noneByWords: percent(byWords, noneLeft),
    noneByBoth: percent(byBoth, noneLeft),
  }
}

async function searchAll(
  { store, ids }: FilledLibrary,
  queries: readonly DataQuery[],
  vectors?: VectorFinder,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const { query, gold } of queries) {
    const found = await searchTools(query, store.tools, { ...SEARCH, vectors })
    outcomes.push({ gold, found: found.map(({ name }) => ids.get(name) ?? '') })
  }
  return outcomes
}

function noneLeft({ gold, found }: Outcome): number {
  return found.some((id) => !gold.includes(id)) ? 0 : 1
}

function render(reports: Record<string, Record<string, FusionReport[]>>, loads: number[]): string {
  const lines = [`nDCG@10 by words, by vectors, by both (load ${loads.join(', ')})`]
  for (const [set, embeddings] of Object.entries(reports)) {
    lines.push('', set)
    for (const [name, list] of Object.entries(embeddings)) {
      for (const { probes, weight, floor, words, vectors, both, noneByWords, noneByBoth } of list) {
        const tried = probes === 0 ? 'untried' : `tried by ${probes}`
        lines.push(
          `  ${name.padEnd(28)} ${tried.padEnd(13)} ${words}  ${vectors}  ${both}   weight ${weight}, floor ${floor}; none left: ${noneByWords} % by words, ${noneByBoth} % by both`,
        )
      }
    }
  }
  return lines.join('\n')
}
