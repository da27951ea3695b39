import type { EmbeddingMeter } from '../contracts/embeddings.ts'
import type { ToolVersion } from '../contracts/tool.ts'
import type { AgentDependencies } from './dependencies.ts'
import type { RunContext } from './run/run-context.ts'

/** A smaller library fits into the prompt whole, and then nothing can be missed. */
const SHOW_ALL_BELOW = 10

/** In a smaller one words tell too little to leave a place empty. */
const FILL_UP_BELOW = 30

/** Beyond five, a planner picks worse and pays more; the library's growth must not reach the prompt. */
const CANDIDATES = 5

/** What of a run the retrieval needs. */
export interface RetrievalContext {
  dependencies: Pick<AgentDependencies, 'library'>
  request: Pick<RunContext['request'], 'text'>
  events: Pick<RunContext['events'], 'emit'>
  /** Pays for the search. */
  meter?: EmbeddingMeter
  signal?: AbortSignal
}

/** The tools that the planner is shown, best first. */
export async function retrieveTools({
  dependencies,
  request,
  events,
  meter,
  signal,
}: RetrievalContext): Promise<ToolVersion[]> {
  const { library } = dependencies
  const total = await library.count()
  const paid = { ...(meter === undefined ? {} : { meter }), ...(signal === undefined ? {} : { signal }) }
  const hits = total === 0 ? [] : await library.search({ text: request.text, limit: CANDIDATES, ...paid })
  const found = hits.map((hit) => ({ tool: hit.tool, score: hit.score }))
  const known = new Set(found.map(({ tool }) => tool.name))
  const others = await loadOthers(library, known, places(total) - found.length)
  const shown = [...found, ...others.map((tool) => ({ tool, score: 0 }))]
  const candidates = shown.map(({ tool, score }) => {
    return { name: tool.name, version: tool.version, summary: tool.summary, score }
  })
  events.emit({ type: 'tools-retrieved', total, candidates })
  return shown.map(({ tool }) => tool)
}

/** How many tools are shown in any case, whether the request's words find them or not. */
function places(total: number): number {
  if (total < SHOW_ALL_BELOW) return total
  return total < FILL_UP_BELOW ? CANDIDATES : 0
}

/** Others of a small library, by name: an order that does not depend on when the tools were made. */
async function loadOthers(
  library: AgentDependencies['library'],
  known: ReadonlySet<string>,
  count: number,
): Promise<ToolVersion[]> {
  if (count <= 0) return []
  const summaries = await library.list()
  const names = summaries.map((tool) => tool.name).filter((name) => !known.has(name))
  const tools = await Promise.all(names.toSorted().map((name) => library.findUsable(name)))
  return tools.filter((tool) => tool !== null).slice(0, count)
}
