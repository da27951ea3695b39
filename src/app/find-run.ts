import { HandaxeError } from '../contracts/errors.ts'
import type { RunRecord } from '../contracts/run.ts'
import type { JournalStore } from '../contracts/store.ts'

const SEARCHED_RUNS = 1000

/** A run by its id, the beginning of its id, or `last`. Rejects with `unknown_run`. */
export async function findRun(journal: JournalStore, reference: string): Promise<RunRecord> {
  const exact = reference === 'last' ? (await journal.listRuns({ limit: 1 }))[0] : await journal.findRun(reference)
  if (exact) return exact
  const matching =
    reference === 'last'
      ? []
      : (await journal.listRuns({ limit: SEARCHED_RUNS })).filter(({ runId }) => runId.startsWith(reference))
  if (matching.length === 1 && matching[0] !== undefined) return matching[0]
  const problem =
    matching.length > 1 ? `${matching.length} runs begin with "${reference}"` : `There is no run "${reference}"`
  throw new HandaxeError('unknown_run', problem, { hint: 'See `handaxe runs list`.' })
}
