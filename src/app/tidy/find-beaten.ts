import type { RunEvent } from '../../contracts/events.ts'
import { USABLE_STATES } from '../../contracts/tool.ts'
import { proposeBeaten, type BeatenProposal, type ToolChoice } from '../../library/life/propose-beaten.ts'
import type { App } from '../open-app.ts'

export type { BeatenProposal }

/** Their events are read whole: a few seconds. What a tool was offered for before that says little of today's library. */
const READ_RUNS = 500

/**
 * Tools that are offered to the planner again and again and never chosen, by the journal of the latest runs; imported by no
 * tool in use. Nothing is changed.
 */
export async function findBeaten(
  app: Pick<App, 'library' | 'store'>,
  { signal }: { signal?: AbortSignal } = {},
): Promise<BeatenProposal[]> {
  const library = await app.library()
  const tools = await library.list()
  const inUse = new Set(tools.filter(({ state }) => USABLE_STATES.includes(state)).map(({ name }) => name))
  // Where a planner has no choice, nothing is chosen instead.
  if (inUse.size < 2) return []
  const proposals: BeatenProposal[] = []
  for (const proposal of proposeBeaten(tools, await readChoices(app, signal))) {
    const importers = await library.importers(proposal.name)
    if (!importers.some(({ name }) => inUse.has(name))) proposals.push(proposal)
  }
  return proposals
}

/** Retires them with the reason, as handaxe's own doing; `tools rollback NAME VERSION` brings one back. */
export async function retireBeaten(app: Pick<App, 'library'>, proposals: readonly BeatenProposal[]): Promise<void> {
  const library = await app.library()
  for (const { name, reason } of proposals) await library.retire(name, { reason, by: 'handaxe' })
}

async function readChoices({ store }: Pick<App, 'store'>, signal: AbortSignal | undefined): Promise<ToolChoice[]> {
  const { journal } = await store()
  const runs = await journal.listRuns({ limit: READ_RUNS })
  const choices: ToolChoice[] = []
  for (const { runId, request, status } of runs) {
    signal?.throwIfAborted()
    const choice = readChoice(await journal.events(runId))
    // A choice that led nowhere speaks for what was chosen, and against nothing else.
    choices.push({ request, ...choice, ...(status === 'succeeded' ? {} : { offered: [] }) })
  }
  return choices
}

function readChoice(events: readonly RunEvent[]): Omit<ToolChoice, 'request'> {
  const offered: ToolChoice['offered'] = []
  const chosen = new Set<string>()
  for (const event of events) {
    if (event.type === 'tools-retrieved') {
      for (const { name, version, score } of event.candidates) if (score > 0) offered.push({ name, version })
    }
    // Whether the plan named it, a script imported it, or it turned out to be what was to be made.
    if (event.type === 'tool-reused') chosen.add(event.name)
    if (event.type === 'plan-ready') {
      for (const step of event.plan.steps) if (step.decision === 'reuse') chosen.add(step.tool)
    }
  }
  return { offered, chosen: [...chosen] }
}
