import type { ToolVersion } from '../contracts/tool.ts'
import type { RunContext } from './run/run-context.ts'

/** A library of this size fits into the prompt whole, and then nothing can be missed. */
const SHOW_ALL_UP_TO = 10

/** Beyond five, a planner picks worse and pays more; the library's growth must not reach the prompt. */
const CANDIDATES = 5

/** The tools that the planner is shown, best first. */
export async function retrieveTools({ dependencies, request, events }: RunContext): Promise<ToolVersion[]> {
  const { library } = dependencies
  const total = await library.count()
  const hits = total === 0 ? [] : await library.search({ text: request.text, limit: CANDIDATES })
  const found = hits.map((hit) => ({ tool: hit.tool, score: hit.score }))
  const others = total <= SHOW_ALL_UP_TO ? await loadOthers(library, new Set(found.map(({ tool }) => tool.name))) : []
  const shown = [...found, ...others.map((tool) => ({ tool, score: 0 }))]
  const candidates = shown.map(({ tool, score }) => {
    return { name: tool.name, version: tool.version, summary: tool.summary, score }
  })
  events.emit({ type: 'tools-retrieved', total, candidates })
  return shown.map(({ tool }) => tool)
}

/** The rest of a small library, by name: an order that does not depend on when the tools were made. */
async function loadOthers(
  library: RunContext['dependencies']['library'],
  known: ReadonlySet<string>,
): Promise<ToolVersion[]> {
  const summaries = await library.list()
  const names = summaries.map((tool) => tool.name).filter((name) => !known.has(name))
  const tools = await Promise.all(names.toSorted().map((name) => library.findUsable(name)))
  return tools.filter((tool) => tool !== null)
}
