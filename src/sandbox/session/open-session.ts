import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HandaxeError } from '../../contracts/errors.ts'
import type { Artifact, DroppedArtifact, Execution, ExecutionResult, Sandbox } from '../../contracts/sandbox.ts'
import { describeValues, type DescribedValue } from './describe-values.ts'
import {
  checkValueNames,
  DEFAULT_SESSION_LIMITS,
  indexSchema,
  type SessionIndex,
  type SessionLimits,
  type SessionValue,
} from './session-format.ts'
import { keepVariables, SESSION_FOLDER, SESSION_PREFIX, sessionInputs, sessionTool } from './session-program.ts'
import { SessionStore, type SessionDraft } from './session-store.ts'

/** The host reads no more of what the code says it has kept. */
const INDEX_BYTES = 4 * 1024 * 1024

export interface SessionOptions {
  /** Where its values lie: a folder of its own, made when it is first used. */
  folder: string
  limits?: Partial<SessionLimits>
}

export interface SessionExecution extends Execution {
  /** Variables of the program's top level that are kept when it has come to its end. */
  keep?: readonly string[]
}

export interface SessionReport {
  /** What the session has now. */
  values: DescribedValue[]
  kept: string[]
  dropped: string[]
  /** What could not be kept, and why: for people, in words of the code. */
  notes: { name: string; reason: string }[]
}

export interface SessionResult extends ExecutionResult {
  session: SessionReport
}

export interface Session {
  /**
   * As `Sandbox.execute`. The code finds the values of earlier executions by `from tools import session` or
   * `import { session } from 'tools'`. Only an execution that ends as `ok` changes what is kept.
   * Rejects with `store_corrupt` besides, where what was kept cannot be read.
   */
  execute(execution: SessionExecution): Promise<SessionResult>
  /** What it has now. */
  values(): Promise<SessionReport['values']>
}

/**
 * A session keeps values between executions that know nothing else of each other: by snapshots in files, never by a process
 * that goes on. Whatever the code left is laid before the code of the next execution, and read nowhere else: this process
 * interprets none of it, and a poisoned snapshot can only hurt the code of its own session.
 */
export function openSession(
  sandbox: Pick<Sandbox, 'execute'>,
  { folder, limits: given = {} }: SessionOptions,
): Session {
  const store = new SessionStore(folder)
  const limits = { ...DEFAULT_SESSION_LIMITS, ...given }
  return {
    async execute({ keep = [], ...execution }) {
      checkSessionExecution(execution, keep)
      const draft = await store.begin()
      try {
        const result = await sandbox.execute(await prepare(execution, keep, draft, limits))
        return await conclude(result, store, draft, limits)
      } catch (error) {
        await store.discard(draft)
        throw error
      }
    },
    values: async () => describeValues((await store.read())?.values ?? []),
  }
}

function checkSessionExecution(execution: Execution, keep: readonly string[]): void {
  checkValueNames(keep)
  if (keep.length > 0 && execution.call !== undefined) {
    throw new HandaxeError('invalid_arguments', 'The variables of a function cannot be kept', {
      hint: 'Call `session.keep(name=value)` in the function',
    })
  }
  if (execution.tools?.some(({ name }) => name === 'session')) {
    throw new HandaxeError('invalid_arguments', 'In a session no tool can be named session')
  }
  const taken = execution.inputs?.find(({ name }) => name.startsWith(SESSION_PREFIX))
  if (taken === undefined) return
  throw new HandaxeError('invalid_input_file', `In a session no input file can be named ${taken.name}`, {
    hint: `Names that begin with ${SESSION_PREFIX} are the session's own`,
  })
}

async function prepare(
  execution: Execution,
  keep: readonly string[],
  draft: SessionDraft,
  limits: SessionLimits,
): Promise<Execution> {
  return {
    ...execution,
    code: keepVariables(execution, keep),
    tools: [...(execution.tools ?? []), await sessionTool(execution.language)],
    inputs: [...(execution.inputs ?? []), ...sessionInputs(draft, limits)],
  }
}

async function conclude(
  result: ExecutionResult,
  store: SessionStore,
  draft: SessionDraft,
  limits: SessionLimits,
): Promise<SessionResult> {
  const own = result.artifacts.filter(({ name }) => name.startsWith(SESSION_FOLDER))
  const notes: SessionReport['notes'] = []
  let kept: string[] = []
  let dropped: string[] = []
  const before = draft.values
  const lost = result.droppedArtifacts.filter(({ name }) => name.startsWith(SESSION_FOLDER))
  const index = await readIndex(own, lost, notes)
  if (index !== null) notes.push(...index.failed)
  if (result.status === 'ok' && index !== null && index.values.length + index.dropped.length > 0) {
    try {
      dropped = index.dropped.filter((name) => before.some((value) => value.name === name))
      draft.values = before.filter(({ name }) => !dropped.includes(name))
      kept = await takeOver(index, own, { store, draft, limits, notes })
      await store.commit(draft)
    } catch (error) {
      // The program has ended, and its result is not to be lost for what could not be kept of it.
      notes.push({ name: '', reason: `nothing was kept: ${describeFailure(error)}` })
      ;[kept, dropped, draft.values] = [[], [], before]
      // What cannot be removed now is removed with the leftovers of others.
      await store.discard(draft).catch(() => undefined)
    }
  } else {
    await store.discard(draft)
  }
  await removeFiles(own)
  return {
    ...result,
    artifacts: result.artifacts.filter((artifact) => !own.includes(artifact)),
    droppedArtifacts: result.droppedArtifacts.filter(({ name }) => !name.startsWith(SESSION_FOLDER)),
    session: { values: describeValues(draft.values), kept, dropped, notes },
  }
}

/** What the machine said, without its paths. */
function describeFailure(error: unknown): string {
  if (HandaxeError.isInstance(error)) return 'what the session had cannot be read'
  const code = (error as NodeJS.ErrnoException | null)?.code
  if (code === undefined) throw error
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? 'no space is left on the disk'
    : `its files cannot be written (${code})`
}

async function readIndex(
  own: Artifact[],
  lost: DroppedArtifact[],
  notes: SessionReport['notes'],
): Promise<SessionIndex | null> {
  const file = own.find(({ name }) => name === `${SESSION_FOLDER}index.json`)
  if (file === undefined) {
    const [first] = lost
    if (first !== undefined) notes.push({ name: '', reason: `files for the session did not arrive: ${first.reason}` })
    else if (own.length > 0) notes.push({ name: '', reason: 'files were left for the session, but no list of them' })
    return null
  }
  try {
    if (file.bytes > INDEX_BYTES) throw new RangeError(`${file.bytes} bytes`)
    return indexSchema.parse(JSON.parse(await readFile(file.path, 'utf8')))
  } catch {
    notes.push({ name: '', reason: 'the list of what is to be kept cannot be read' })
    return null
  }
}

interface TakeOver {
  store: SessionStore
  draft: SessionDraft
  limits: SessionLimits
  notes: SessionReport['notes']
}

/** Moves what fits into the draft, by what the host has counted and hashed itself. */
async function takeOver(
  index: SessionIndex,
  own: Artifact[],
  { store, draft, limits, notes }: TakeOver,
): Promise<string[]> {
  const kept: string[] = []
  const moved = new Set<string>()
  for (const { name, format, file, type } of index.values) {
    const others = draft.values.filter((value) => value.name !== name)
    const artifact = own.find((one) => one.name === SESSION_FOLDER + file)
    const problem = kept.includes(name)
      ? 'it is listed twice'
      : artifact === undefined || !file.endsWith(`.${format}`)
        ? 'its file did not arrive'
        : moved.has(file)
          ? 'its file is that of another value'
          : exceeded(artifact.bytes, others, limits)
    if (artifact === undefined || problem !== null) {
      notes.push({ name, reason: problem ?? '' })
      continue
    }
    const target = `${freeNumber(draft.values)}.${format}`
    moved.add(file)
    await store.add(draft, artifact.path, target)
    const { bytes, sha256 } = artifact
    draft.values = [...others, { name, format, file: target, bytes, sha256, type }]
    kept.push(name)
  }
  return kept
}

function exceeded(bytes: number, others: SessionValue[], limits: SessionLimits): string | null {
  if (bytes > limits.valueBytes) return `${bytes} bytes; the limit of a value is ${limits.valueBytes}`
  if (others.length >= limits.values) return `the session has ${others.length} values, which is its limit`
  const total = bytes + others.reduce((sum, value) => sum + value.bytes, 0)
  return total > limits.totalBytes ? `${total} bytes in all; the limit of the session is ${limits.totalBytes}` : null
}

function freeNumber(values: SessionValue[]): number {
  const taken = new Set(values.map(({ file }) => Number.parseInt(file, 10)))
  let number = 0
  while (taken.has(number)) number++
  return number
}

async function removeFiles(own: Artifact[]): Promise<void> {
  for (const { path } of own) await rm(path, { force: true })
  const [first] = own
  if (first !== undefined) {
    const root = first.path.slice(0, first.path.length - first.name.length)
    await rm(join(root, SESSION_FOLDER), { recursive: true, force: true })
  }
}
