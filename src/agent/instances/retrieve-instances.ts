import type { RunContext } from '../run/run-context.ts'

/** The planner has to see that there was one before, not all of them. */
const SHOWN = 2
/** Repetitions of one request may stand before what is looked for. */
const SEARCHED = 8

/**
 * Looks for programs that solved a similar request and of which no tool was made yet, for the planner. Where no tools are
 * made, nobody looks.
 */
export async function retrieveInstances({ dependencies, request, make, events, progress }: RunContext): Promise<void> {
  if (make === 'never') return
  const hits = await dependencies.library.searchScripts({ text: request.text, limit: SEARCHED })
  // Of several programs for the same words the best one stands for all. The words of this request again are an instance like
  // any other: the same question about another file is what a monthly report looks like.
  const different = new Map(hits.toReversed().map((hit) => [wordsOf(hit.script.request), hit]))
  const found = [...different.values()].toReversed().slice(0, SHOWN)
  if (found.length === 0) return
  progress.instances = found.map(({ script }) => script)
  const scripts = found.map(({ script, score }) => ({ id: script.id, request: script.request, score }))
  events.emit({ type: 'instances-found', scripts })
}

function wordsOf(request: string): string {
  return request.toLowerCase().replaceAll(/\s+/g, ' ').trim()
}
