import type { ToolSpecification } from '../../contracts/run.ts'
import type { ToolModule } from '../../contracts/sandbox.ts'
import { USABLE_STATES, type ToolState, type ToolVersion } from '../../contracts/tool.ts'
import { embeddingMeter } from '../run/embedding-meter.ts'
import type { RunContext } from '../run/run-context.ts'

/** Each that takes the same parameters costs an execution or two; beyond the third the search has lost the thread. */
const NEIGHBOURS = 3

export interface Neighbour {
  version: ToolVersion
  tools: ToolModule[]
}

/**
 * The tools of the library that resemble a specification, nearest first. The planner saw those that resemble the request: a
 * specification has more words, and those of the field. No model is asked what fits.
 */
export async function findNeighbours(
  context: RunContext,
  { name, description, whenToUse, exampleRequests }: ToolSpecification,
  states: ToolState[] = [...USABLE_STATES],
): Promise<Neighbour[]> {
  const { library } = context.dependencies
  if ((await library.count()) === 0) return []
  const text = [name.replaceAll('_', ' '), description, whenToUse, ...exampleRequests].join('\n')
  const hits = await library.search({
    text,
    limit: NEIGHBOURS,
    states,
    meter: embeddingMeter(context),
    signal: context.signal,
  })
  return Promise.all(hits.map(async ({ tool }) => ({ version: tool, tools: await library.closure(tool.pins) })))
}
