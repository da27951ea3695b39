import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Run } from '../contracts/agent.ts'
import { HandaxeError } from '../contracts/errors.ts'
import type { RunEvent } from '../contracts/events.ts'
import type { Budget } from '../contracts/limits.ts'
import type { Request, RunOptions, RunResult } from '../contracts/run.ts'
import type { Sandbox } from '../contracts/sandbox.ts'
import { readOwner } from '../util/run-owner.ts'
import type { AgentDependencies } from './dependencies.ts'
import { RunPackages } from './packages/run-packages.ts'
import { runRequest } from './run-request.ts'
import { BudgetMeter } from './run/budget-meter.ts'
import { createFolder } from './run/create-folder.ts'
import { EventLog } from './run/event-log.ts'
import { emptyProgress, type RunContext } from './run/run-context.ts'
import { summariseRun } from './run/summarise-run.ts'
import { ValueFolder } from './run/value-folder.ts'
import { ToolShelf } from './steps/tool-shelf.ts'

/** setTimeout counts in 32 bits; a longer budget is as good as none. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export interface RunStart {
  dependencies: AgentDependencies
  openSandbox: () => Promise<Sandbox>
  request: Request
  budget: Budget
  options: RunOptions
  /** What the run does; gives its answer. Default: the loop of `runRequest`. */
  work?: (context: RunContext) => Promise<string>
}

/** Starts a run and gives the handle to it. */
export function startRun({ dependencies, openSandbox, request, budget, options, work = runRequest }: RunStart): Run {
  const clock = dependencies.clock ?? Date.now
  const runId = createRunId(clock())
  const ending = new AbortController()
  const end = (error: unknown): void => ending.abort(error)
  const folder = join(dependencies.artifactsFolder, runId)
  const values = new ValueFolder(folder)
  const record = (event: RunEvent): Promise<RunEvent> => values.recordEvent(event)
  const events = new EventLog({ runId, journal: dependencies.journal, clock, onFailure: end, record })
  const meter = new BudgetMeter(budget, {
    clock,
    onWarning: (warning) => events.emit({ type: 'budget-warned', ...warning }),
  })
  const packages = new RunPackages({ provider: dependencies.packages ?? null, events, signal: ending.signal })
  let sandbox: Promise<Sandbox> | null = null
  const context: RunContext = {
    runId,
    request,
    make: options.make ?? 'auto',
    admission: options.admission ?? 'standard',
    save: options.save ?? true,
    keepRequests: options.keepRequests ?? true,
    dependencies,
    clock,
    sandbox: () => (sandbox ??= openSandbox().then((opened) => packages.serve(opened))),
    packages,
    events,
    budget: meter,
    signal: ending.signal,
    folder,
    values,
    shelf: new ToolShelf(dependencies.library),
    progress: emptyProgress(),
  }
  const cancel = (): void =>
    end(new HandaxeError('cancelled', 'The run was cancelled', { hint: 'Start it again if it was not meant.' }))
  const result = carryOut(context, { cancel, end, signal: options.signal, work })
  // Who only reads the events, or nothing at all, must not bring the process down with a rejection.
  result.catch(() => undefined)
  return { runId, result, cancel, [Symbol.asyncIterator]: () => events[Symbol.asyncIterator]() }
}

/** Sorts by time as text, and can be typed. */
function createRunId(now: number): string {
  const stamp = new Date(now)
    .toISOString()
    .replaceAll(/[-:]|\.\d+Z$/g, '')
    .replace('T', '-')
  return `${stamp}-${randomBytes(4).toString('hex')}`
}

interface Ending {
  cancel: () => void
  end: (error: unknown) => void
  signal: AbortSignal | undefined
  work: (context: RunContext) => Promise<string>
}

/** The run from its first record to its last. Rejects for a bug or a broken store only. */
async function carryOut(context: RunContext, { cancel, end, signal, work }: Ending): Promise<RunResult> {
  const { budget, events } = context
  const timers = [
    setTimeout(() => end(budget.timeError()), Math.min(budget.allowed.wallMs, LONGEST_TIMER_MS)),
    setTimeout(() => budget.warnOfTime(), Math.min(budget.allowed.wallMs * 0.8, LONGEST_TIMER_MS)),
  ]
  signal?.addEventListener('abort', cancel, { once: true })
  if (signal?.aborted) cancel()
  try {
    await openJournal(context)
    const outcome = await attempt(context, work)
    return await closeJournal(context, outcome)
  } catch (error) {
    events.close({ error })
    throw error
  } finally {
    timers.forEach(clearTimeout)
    signal?.removeEventListener('abort', cancel)
  }
}

async function openJournal(context: RunContext): Promise<void> {
  const { runId, request, dependencies, events, clock } = context
  const files = request.files.map((file) => file.name)
  await dependencies.journal.createRun({
    runId,
    request: request.text,
    files,
    status: 'running',
    startedAt: new Date(clock()).toISOString(),
    finishedAt: null,
    processId: process.pid,
    host: hostname(),
    owner: readOwner(),
    result: null,
  })
  events.emit({ type: 'run-started', request: request.text, files, notice: null })
}

type Outcome = { answer: string } | { error: unknown }

async function attempt(context: RunContext, work: Ending['work']): Promise<Outcome> {
  try {
    context.signal.throwIfAborted()
    await createFolder(context.folder)
    // The sandbox warms up beside inspection and the first model call; its error counts where it is used.
    context.sandbox().catch(() => undefined)
    return { answer: await work(context) }
  } catch (error) {
    // Whatever an abort broke on its way, its reason is why the run ended.
    return { error: context.signal.aborted ? context.signal.reason : error }
  }
}

/** Writes the run's end: the record first, so that who is shown the last event finds a finished run. */
async function closeJournal(context: RunContext, outcome: Outcome): Promise<RunResult> {
  const { events, dependencies, runId } = context
  const result = summariseRun(context, outcome)
  await events.written()
  await dependencies.journal.finishRun(runId, await context.values.recordResult(result))
  events.emit({ type: 'run-finished', result })
  await events.written()
  // A bug is recorded like any other end, and then it is still a bug.
  if ('error' in outcome && !HandaxeError.isInstance(outcome.error)) throw outcome.error
  events.close()
  return result
}
