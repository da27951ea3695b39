import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { IndexQuery, ToolStore } from '../src/contracts/store.ts'
import type { SearchIndex } from '../src/library/search/expand-query.ts'
import { MIN_COMPARED, NEIGHBOURS } from '../src/library/search/fuse-vectors.ts'
import { openVectorIndex } from '../src/library/search/open-vector-index.ts'
import { searchTools, type VectorFinder } from '../src/library/search/search-tools.ts'
import { MemoryVectors } from './memory-vectors.ts'
import { makeEmbeddings, trainEmbeddings, type MadeEmbedding } from './made-embeddings.ts'
import { round } from './measure.ts'
import { loadDataSets, type DataQuery, type DataSet, type DataTool } from './retrieval-data.ts'
import { fillLibrary, type FilledLibrary } from './retrieval-library.ts'
import { difference, ndcg10, percent, type Outcome } from './retrieval-measures.ts'

interface FusionReport {
  /** By what vectors were tried: example requests of the tools, or nothing. */
  probes: number
  share: number
  floor: number
  /** nDCG@10 in percent: by words alone, by vectors alone, by both. */
  words: number
  vectors: number
  both: number
  /** By both, less by the better part. */
  gain: { mean: number; from: number; to: number }
  /** Without the right tools: how often nothing is found, in percent. */
  noneByWords: number
  noneByBoth: number
  /** The same for requests that were not written for any of the tools. Null where the set has none. */
  unansweredByWords: number | null
  unansweredByBoth: number | null
}

/** Example requests that vectors are tried by, taken from the queries and left out of the measurement. */
const EXAMPLES = 120

const SEARCH = { limit: 60, states: ['verified' as const] }

/**
 * Whether words and vectors together find no worse than the better of them, for vectors from noise to oracle and for
 * embeddings trained on real texts, in libraries that have example requests to try them by and in libraries that have none.
 * `--share 4` measures every fourth query, `--set bfcl` one set only, `--examples with` only libraries with example
 * requests, `--only NAME` one embedding.
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
  const sets = loadDataSets({})
  for (const [index, set] of sets.entries()) {
    const other = sets[1 - index]
    if (other === undefined) throw new Error('There are two sets')
    if (values.set !== undefined && values.set !== set.name) continue
    reports[set.name] = await measureSet(set, other, { ...values, share: Number(values.share) })
  }
  const loads = loadavg().map((load) => round(load, 1))
  console.log(values.json ? JSON.stringify({ ...reports, loads }) : render(reports, loads))
}

async function measureSet(
  set: DataSet,
  other: DataSet,
  { share, examples: kinds, only }: { share: number; examples: string; only?: string | undefined },
): Promise<Record<string, FusionReport[]>> {
  const { examples, measured, rest } = splitQueries(set.queries, share)
  const unanswered = set.unanswered.filter((_, index) => index % share === 0).map(({ query }) => ({ query, gold: [] }))
  const trained = trainEmbeddings(set, other, rest)
  const reports: Record<string, FusionReport[]> = {}
  for (const kind of kinds.split(',')) {
    const tools = kind === 'with' ? withExamples(set.tools, examples) : set.tools
    const filled = await fillLibrary(tools)
    try {
      const library = await readLibrary(filled)
      const byWords = await searchAll(library, measured)
      const noneByWords = await searchAll(library, unanswered)
      const all = [...makeEmbeddings(set, tools), ...trained]
      for (const made of all.filter(({ name }) => only === undefined || name === only)) {
        const list = (reports[made.name] ??= [])
        const report = await measureEmbedding(made, { library, measured, byWords, unanswered, noneByWords })
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
function splitQueries(
  queries: readonly DataQuery[],
  share: number,
): { examples: DataQuery[]; measured: DataQuery[]; rest: DataQuery[] } {
  const possible = queries.filter(({ gold }, index) => gold.length === 1 && index % share !== 0)
  const step = Math.max(1, Math.floor(possible.length / EXAMPLES))
  const examples = possible.filter((_, index) => index % step === 0)
  const measured = queries.filter((_, index) => index % share === 0)
  const taken = new Set([...examples, ...measured])
  return { examples, measured, rest: queries.filter((query) => !taken.has(query)) }
}

function withExamples(tools: readonly DataTool[], examples: readonly DataQuery[]): DataTool[] {
  const requests = Map.groupBy(examples, ({ gold }) => gold[0] ?? '')
  return tools.map((tool) => {
    const own = requests.get(tool.id)
    return own === undefined ? tool : { ...tool, requests: own.map(({ query }) => query) }
  })
}

type Asked = Pick<DataQuery, 'query' | 'gold'>

/** A filled library, whose answers by words are kept: they are the same for every embedding. */
interface KeptLibrary {
  tools: ToolStore
  index: SearchIndex
  vectors: MemoryVectors
  ids: FilledLibrary['ids']
}

async function readLibrary({ store: { tools }, ids }: FilledLibrary): Promise<KeptLibrary> {
  const versions = await Promise.all((await tools.list()).map(async ({ name }) => tools.findVersion(name)))
  const statistics = keep(async (stems: string[]) => tools.indexStatistics(stems))
  return {
    tools,
    ids,
    index: {
      // A copy: a search adds to it what it has guessed.
      indexStatistics: async (stems) => {
        const kept = await statistics(stems)
        return { ...kept, documents: new Map(kept.documents) }
      },
      stemsLike: keep(async (pattern: Parameters<SearchIndex['stemsLike']>[0]) => tools.stemsLike(pattern)),
      searchIndex: keep(async (query: IndexQuery) => tools.searchIndex(query)),
    },
    vectors: new MemoryVectors(versions.filter((version) => version !== null)),
  }
}

function keep<Given, Answer>(ask: (given: Given) => Promise<Answer>): (given: Given) => Promise<Answer> {
  const known = new Map<string, Promise<Answer>>()
  return (given) => {
    const key = JSON.stringify(given)
    const answer = known.get(key) ?? ask(given)
    known.set(key, answer)
    return answer
  }
}

interface Measured {
  library: KeptLibrary
  measured: readonly Asked[]
  byWords: Outcome[]
  unanswered: readonly Asked[]
  noneByWords: Outcome[]
}

async function measureEmbedding(
  { open }: MadeEmbedding,
  { library, measured, byWords, unanswered, noneByWords }: Measured,
): Promise<FusionReport> {
  const { tools, vectors: stored, ids } = library
  const embedder = open()
  const index = openVectorIndex({
    store: { tools, vectors: stored },
    embedder,
    onWarning: ({ message }) => console.error(message),
  })
  const { trust } = await index.embedAll()
  const byVectors: Outcome[] = []
  for (const { query, gold } of measured) {
    const [vector] = (await embedder.embed({ texts: [query] })).vectors
    if (vector === undefined) throw new Error('There is no vector')
    const { hits, compared } = await stored.search({
      model: embedder.model,
      vector,
      ...SEARCH,
      limit: NEIGHBOURS,
    })
    if (compared < MIN_COMPARED) throw new Error('There are too few vectors')
    byVectors.push({ gold, found: hits.map(({ name }) => ids.get(name) ?? '') })
  }
  const byBoth = await searchAll(library, measured, index)
  const noneByBoth = await searchAll(library, unanswered, index)
  await stored.clear()
  const [words, vectors] = [percent(byWords, ndcg10), percent(byVectors, ndcg10)]
  return {
    ...trust,
    words,
    vectors,
    both: percent(byBoth, ndcg10),
    gain: difference(byBoth, words > vectors ? byWords : byVectors, ndcg10),
    noneByWords: percent(byWords, noneLeft),
    noneByBoth: percent(byBoth, noneLeft),
    unansweredByWords: unanswered.length === 0 ? null : percent(noneByWords, noneLeft),
    unansweredByBoth: unanswered.length === 0 ? null : percent(noneByBoth, noneLeft),
  }
}

async function searchAll(
  { index, ids }: KeptLibrary,
  queries: readonly Asked[],
  vectors?: VectorFinder,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const { query, gold } of queries) {
    const found = await searchTools(query, index, { ...SEARCH, vectors })
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
      for (const report of list) lines.push(`  ${name.padEnd(28)} ${renderReport(report)}`)
    }
  }
  return lines.join('\n')
}

function renderReport(report: FusionReport): string {
  const { probes, share, floor, words, vectors, both, gain, unansweredByWords, unansweredByBoth } = report
  const tried = probes === 0 ? 'untried' : `tried by ${probes}`
  const unanswered = unansweredByWords === null ? '' : `, unanswered ${unansweredByWords} % and ${unansweredByBoth} %`
  return [
    `${tried.padEnd(13)} ${words}  ${vectors}  ${both}   ${gain.mean} (${gain.from} to ${gain.to})   share ${share}, floor ${floor}`,
    `   none left: ${report.noneByWords} % by words, ${report.noneByBoth} % by both${unanswered}`,
  ].join('')
}
