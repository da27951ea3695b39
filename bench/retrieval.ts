import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { Embedder } from '../src/contracts/embeddings.ts'
import type { Library } from '../src/contracts/library.ts'
import { openLibrary } from '../src/library/open-library.ts'
import { openVectorIndex } from '../src/library/search/open-vector-index.ts'
import { round, summarise } from './measure.ts'
import { loadDataSets, type DataQuery, type DataSet } from './retrieval-data.ts'
import { createRandom, fillLibrary, growTools, type FilledLibrary } from './retrieval-library.ts'
import { ndcg10, percent, recall, type Outcome } from './retrieval-measures.ts'
import { measureNone, type NoneReport } from './retrieval-none.ts'

interface SetReport {
  tools: number
  queries: number
  ndcg10: number
  /** nDCG@10 of each part of the set; for `live_` also as `liveNdcg10`. */
  parts: Record<string, number>
  liveNdcg10?: number
  recall1: number
  recall5: number
  recall10: number
  complete5: number
  p50Ms: number
  p95Ms: number
  /** Processor time of a search, mean: what a busy machine distorts less. */
  cpuMs: number
  none: NoneReport
}

interface SizeReport {
  tools: number
  queries: number
  p50Ms: number
  p95Ms: number
  cpuMs: number
  saveMs: number
}

/**
 * How well and how fast the library finds tools: nDCG@10, recall, complete sets, latency, and the floor for "none fits".
 * `--tools FILE --queries FILE [--none FILE]` measure another set of that form, `--size 10000,100000` the latency of a
 * library that was grown by near-copies; with `--dimensions 384` its tools have vectors of that length, too.
 */
export async function runBench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      tools: { type: 'string' },
      queries: { type: 'string' },
      none: { type: 'string' },
      size: { type: 'string' },
      dimensions: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const { tools, queries, none } = values
  const sets = loadDataSets({
    ...(tools === undefined ? {} : { tools }),
    ...(queries === undefined ? {} : { queries }),
    ...(none === undefined ? {} : { none }),
  })
  const reports: Record<string, SetReport | SizeReport[]> = {}
  if (values.size === undefined) {
    for (const set of sets) reports[set.name] = await measureSet(set)
  } else {
    reports['sizes'] = []
    const dimensions = values.dimensions === undefined ? null : Number(values.dimensions)
    for (const size of values.size.split(',')) reports['sizes'].push(await measureSize(sets, Number(size), dimensions))
  }
  const loads = loadavg().map((load) => round(load, 1))
  console.log(values.json ? JSON.stringify(reports) : `${render(reports)}\n\nload average ${loads.join(', ')}`)
}

async function measureSet(set: DataSet): Promise<SetReport> {
  const filled = await fillLibrary(set.tools)
  try {
    const { outcomes, durationsMs, cpuMs } = await search(filled, set.queries)
    const { p50Ms, p95Ms } = summarise(durationsMs)
    const parts: Record<string, number> = {}
    for (const part of new Set(set.queries.map((query) => query.part))) {
      parts[part] = percent(
        outcomes.filter((outcome) => outcome.part === part),
        ndcg10,
      )
    }
    return {
      tools: set.tools.length,
      queries: set.queries.length,
      ndcg10: percent(outcomes, ndcg10),
      parts,
      ...(parts['live'] === undefined ? {} : { liveNdcg10: parts['live'] }),
      recall1: percent(outcomes, (outcome) => recall(outcome, 1)),
      recall5: percent(outcomes, (outcome) => recall(outcome, 5)),
      recall10: percent(outcomes, (outcome) => recall(outcome, 10)),
      complete5: percent(outcomes, (outcome) => (recall(outcome, 5) === 1 ? 1 : 0)),
      p50Ms,
      p95Ms,
      cpuMs,
      none: await measureNone(set, filled),
    }
  } finally {
    await filled.close()
  }
}

async function search(
  { library, ids }: FilledLibrary,
  queries: readonly DataQuery[],
): Promise<{ outcomes: (Outcome & { part: string })[]; durationsMs: number[]; cpuMs: number }> {
  for (const { query } of queries.slice(0, 50)) await library.search({ text: query })
  const outcomes: (Outcome & { part: string })[] = []
  const durationsMs: number[] = []
  const before = process.cpuUsage()
  for (const { query, gold, part } of queries) {
    const startedAt = performance.now()
    const candidates = await library.search({ text: query, limit: 10 })
    durationsMs.push(performance.now() - startedAt)
    outcomes.push({ gold, part, found: candidates.map(({ tool }) => ids.get(tool.name) ?? '') })
  }
  const { user, system } = process.cpuUsage(before)
  return { outcomes, durationsMs, cpuMs: round((user + system) / 1000 / queries.length, 2) }
}

/** Latency only: among near-copies nobody can say which one is right. */
async function measureSize(sets: readonly DataSet[], size: number, dimensions: number | null): Promise<SizeReport> {
  if (!Number.isSafeInteger(size) || size < 1) throw new Error('--size takes whole numbers, separated by commas')
  const startedAt = performance.now()
  const filled = await fillLibrary(
    growTools(
      sets.flatMap((set) => set.tools),
      size,
    ),
  )
  const saveMs = round((performance.now() - startedAt) / size)
  try {
    const queries = sets.flatMap((set) => set.queries).filter((_, index) => index % 5 === 0)
    const library = dimensions === null ? filled.library : await withVectors(filled, dimensions)
    const { durationsMs, cpuMs } = await search({ ...filled, library }, queries)
    const { p50Ms, p95Ms } = summarise(durationsMs)
    return { tools: size, queries: queries.length, p50Ms, p95Ms, cpuMs, saveMs }
  } finally {
    await filled.close()
  }
}

/** The vectors say nothing and cost nothing to make: what they take is reading and comparing them. */
async function withVectors({ store }: FilledLibrary, dimensions: number): Promise<Library> {
  const random = createRandom(13)
  const embedder: Embedder = {
    model: 'made/noise',
    key: null,
    embed: async ({ texts }) => ({
      vectors: texts.map(() => Float32Array.from({ length: dimensions }, () => random() - 0.5)),
      usage: { inputTokens: 0, reported: false },
      costUsd: 0,
      attempts: 1,
      wallMs: 0,
    }),
  }
  const vectors = openVectorIndex({
    store,
    embedder,
    onWarning: ({ message }) => {
      throw new Error(message)
    },
  })
  await vectors.embedAll()
  return openLibrary({ store, vectors })
}

function render(reports: Record<string, SetReport | SizeReport[]>): string {
  return Object.entries(reports)
    .map(([name, report]) => (Array.isArray(report) ? report.map(renderSize).join('\n') : renderSet(name, report)))
    .join('\n\n')
}

function renderSize({ tools, queries, p50Ms, p95Ms, cpuMs, saveMs }: SizeReport): string {
  return `${tools} tools: search p50 ${p50Ms} ms, p95 ${p95Ms} ms, processor ${cpuMs} ms (${queries} queries); saved in ${saveMs} ms each`
}

function renderSet(name: string, report: SetReport): string {
  const parts = Object.entries(report.parts).map(([part, value]) => `${part} ${value}`)
  const lines = [
    `${name}: ${report.tools} tools, ${report.queries} queries`,
    `  nDCG@10      ${report.ndcg10}  (${parts.join(', ')})`,
    `  recall       @1 ${report.recall1}  @5 ${report.recall5}  @10 ${report.recall10}`,
    `  complete@5   ${report.complete5}`,
    `  latency      p50 ${report.p50Ms} ms, p95 ${report.p95Ms} ms, processor ${report.cpuMs} ms`,
  ]
  const { floor, rightPercent, recall5CostPoints, curve } = report.none
  const right = rightPercent === null ? '' : `right ${rightPercent} %, `
  lines.push(`  none fits    ${right}at ${recall5CostPoints} points of recall@5 (floor ${floor})`)
  for (const point of curve) {
    const rights = Object.entries(point.rightPercent).map(([part, value]) => `${part} ${value} %`)
    const recalls = Object.entries(point.recall5).map(([part, value]) => `${part} ${value}`)
    lines.push(
      `    floor ${point.floor.toFixed(2)}   recall@5: ${recalls.join(', ')}   right: ${rights.join(', ') || '–'}`,
    )
  }
  return lines.join('\n')
}
