import { rm } from 'node:fs/promises'
import { HandaxeError } from '../contracts/errors.ts'
import type { RunRecord } from '../contracts/run.ts'
import type { JournalStore } from '../contracts/store.ts'
import { findRun } from './find-run.ts'
import type { Config } from './resolve-config.ts'
import { runState } from './run-state.ts'
import { runFolder } from './runs-folder.ts'

/** Where runs are kept. */
interface Kept {
  config: Config
  journal: JournalStore
}

const DAY_MS = 86_400_000
const PAGE = 200

/** One opening of an agent removes no more: a run that is asked for must not wait for years of others. */
const EXPIRED_AT_ONCE = 200

/**
 * Removes runs with their events and files, and gives their ids; tools that they made stay. Rejects with `unknown_run`, and with
 * `invalid_request` for one that is under way; nothing is removed then.
 */
export async function removeRuns({ config, journal }: Kept, references: readonly string[]): Promise<string[]> {
  const runs = await Promise.all(references.map(async (reference) => findRun(journal, reference)))
  for (const run of runs) {
    if (runState(run) !== 'running') continue
    throw new HandaxeError('invalid_request', `The run ${run.runId} is under way`, { hint: 'End it first (Ctrl-C).' })
  }
  const ids = [...new Set(runs.map(({ runId }) => runId))]
  for (const id of ids) await removeOne(config, journal, id)
  return ids
}

/** Removes runs that began more than so many days ago; those that may be under way stay. Gives their ids. */
export async function removeOldRuns(
  { config, journal }: Kept,
  { days, most = Infinity, now = Date.now() }: { days: number; most?: number; now?: number },
): Promise<string[]> {
  const old: string[] = []
  let before: string | undefined
  for (;;) {
    const page: RunRecord[] = await journal.listRuns({ limit: PAGE, ...(before === undefined ? {} : { before }) })
    const found = page.filter((run) => now - Date.parse(run.startedAt) > days * DAY_MS && hasEnded(run))
    old.push(...found.map(({ runId }) => runId))
    before = page.at(-1)?.runId
    if (page.length < PAGE || before === undefined) break
  }
  // The oldest first.
  const removed = old.toReversed().slice(0, most)
  for (const id of removed) await removeOne(config, journal, id)
  return removed
}

/** What the setting `keepRunsDays` asks for, a bounded part of it each time. */
export async function removeExpiredRuns(config: Config, journal: JournalStore): Promise<void> {
  const days = config.keepRunsDays
  if (days !== null) await removeOldRuns({ config, journal }, { days, most: EXPIRED_AT_ONCE })
}

function hasEnded(run: RunRecord): boolean {
  const state = runState(run)
  return state !== 'running' && state !== 'unknown'
}

/** The files first: a record without files can be removed again, files without a record would stay for ever. */
async function removeOne(config: Config, journal: JournalStore, runId: string): Promise<void> {
  try {
    await rm(runFolder(config, runId), { recursive: true, force: true })
  } catch (error) {
    if (HandaxeError.isInstance(error)) throw error
    throw new HandaxeError('store_read_only', `The files of the run ${runId} cannot be removed`, { cause: error })
  }
  await journal.removeRun(runId)
}
