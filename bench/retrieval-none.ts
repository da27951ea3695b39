import { openLibrary } from '../src/library/open-library.ts'
import { EVIDENCE_FLOOR, searchTools } from '../src/library/search/search-tools.ts'
import type { ToolStore } from '../src/contracts/store.ts'
import { openStore } from '../src/store/open-store.ts'
import { round } from './measure.ts'
import { toNewTool, type DataSet, type DataTool } from './retrieval-data.ts'
import type { FilledLibrary } from './retrieval-library.ts'
import { percent, recall, type Outcome } from './retrieval-measures.ts'

export interface NoneReport {
  floor: number
  /** Of the requests that none of the offered tools answers: how often the answer is "none". Null without such requests. */
  rightPercent: number | null
  /** What the floor costs: recall@5 without it, less recall@5 with it. */
  recall5CostPoints: number
  curve: { floor: number; rightPercent: Record<string, number>; recall5: Record<string, number> }[]
}

const FLOORS = [0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1, 1.3]
const STATES = ['verified'] as const

/** Tools that were found, with the evidence for each, best first. */
type Found = { id: string; evidence: number }[]

/**
 * Every unanswerable request is put to a library that holds nothing but the tools offered with it; the answerable ones to
 * the library of all tools. The floor is applied afterwards, so that one pass gives the whole curve.
 */
export async function measureNone(set: DataSet, whole: FilledLibrary): Promise<NoneReport> {
  const answerable: { gold: string[]; part: string; found: Found }[] = []
  for (const { query, gold, part } of set.queries) {
    answerable.push({ gold, part, found: await findAll(query, whole.store.tools, whole.ids) })
  }
  const byId = new Map(set.tools.map((tool) => [tool.id, tool]))
  const unanswerable: { part: string; best: number }[] = []
  for (const { query, offered, category } of set.unanswered) {
    const tools = offered.map((id) => byId.get(id)).filter((tool) => tool !== undefined)
    unanswerable.push({ part: category, best: await bestEvidence(query, tools) })
  }
  const at = (floor: number): { right: Record<string, number>; recall5: Record<string, number> } => ({
    right: byPart(unanswerable, (items) => share(items, ({ best }) => best < floor || best === 0)),
    recall5: byPart(answerable, (items) =>
      percent(
        items.map((item) => applyFloor(item, floor)),
        recallAt5,
      ),
    ),
  })
  const shipped = at(EVIDENCE_FLOOR)
  return {
    floor: EVIDENCE_FLOOR,
    rightPercent: shipped.right['all'] ?? null,
    recall5CostPoints: round((at(0).recall5['all'] ?? Number.NaN) - (shipped.recall5['all'] ?? Number.NaN), 1),
    curve: FLOORS.map((floor) => {
      const { right, recall5 } = at(floor)
      return { floor, rightPercent: right, recall5 }
    }),
  }
}

async function findAll(query: string, tools: ToolStore, ids: Map<string, string>): Promise<Found> {
  const ranked = await searchTools(query, tools, { limit: 60, states: [...STATES], floor: 0 })
  return ranked.map(({ name, evidence }) => ({ id: ids.get(name) ?? '', evidence }))
}

async function bestEvidence(query: string, offered: DataTool[]): Promise<number> {
  const store = await openStore({ path: ':memory:' })
  const library = openLibrary({ store })
  for (const tool of offered) await library.save(toNewTool(tool))
  const found = await findAll(query, store.tools, new Map())
  await store.close()
  return Math.max(0, ...found.map(({ evidence }) => evidence))
}

function applyFloor({ gold, found }: { gold: string[]; found: Found }, floor: number): Outcome {
  return { gold, found: found.filter(({ evidence }) => evidence >= floor).map(({ id }) => id) }
}

function recallAt5(outcome: Outcome): number {
  return recall(outcome, 5)
}

function byPart<Item extends { part: string }>(
  items: readonly Item[],
  measure: (items: Item[]) => number,
): Record<string, number> {
  const parts = [...new Set(items.map(({ part }) => part))].toSorted()
  const measured = parts.map((part) => [part, measure(items.filter((item) => item.part === part))])
  return items.length === 0 ? {} : Object.fromEntries([['all', measure([...items])], ...measured])
}

function share<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  return round((100 * items.filter(holds).length) / items.length, 1)
}
