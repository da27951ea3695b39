import { setTimeout as delay } from 'node:timers/promises'
import { HandaxeError } from '../../contracts/errors.ts'
import { findProcess } from '../process-identity.ts'
import { askDaemon, canConnect, connectToDaemon } from './daemon-connection.ts'
import { openDaemonFolder, type DaemonFolder } from './daemon-folder.ts'
import { listRecords, removeLeftovers, removeRecords, type DaemonRecord } from './daemon-record.ts'
import { DaemonUnusable } from './daemon-unusable.ts'
import { PROTOCOL, type DaemonRequest, type DaemonReply, type DaemonStatus } from './protocol.ts'

const ANSWER_MS = 2_000
const STOP_MS = 30_000
/** A daemon that was told to end what is under way needs a moment; after that its process is killed. */
const FORCED_MS = 15_000
const KILLED_MS = 5_000
const LOOK_EVERY_MS = 20

export interface DaemonReport {
  pid: number
  version: string
  startedAt: string
  /** It was told to end, and waits for what is under way. */
  isEnding: boolean
  /** Null where it does not answer, or is of another protocol. */
  status: DaemonStatus | null
}

/** The daemons of a state folder that are alive. Throws `sandbox_unavailable` where their folder is not private. */
export function listDaemons(stateFolder: string): Promise<DaemonReport[]> {
  return withRecords(stateFolder, describeDaemon)
}

/**
 * Ends the daemons of a state folder, also those that are ending already, and settles when they are gone. What is under way
 * comes to its end first, or is ended where `force` is set; a daemon that does not answer, or does not end, is killed then.
 * Rejects with `sandbox_broken` where one stays.
 */
export async function stopDaemons(stateFolder: string, { force }: { force: boolean }): Promise<number[]> {
  return withRecords(stateFolder, async (folder, record) => {
    const reply = await ask(folder, record, { type: 'stop', force })
    const isToBeKilled = force && (reply === null || !(await isGoneWithin(folder, record, FORCED_MS)))
    if (isToBeKilled) await killDaemon(stateFolder, record)
    const waitMs = force ? KILLED_MS : STOP_MS
    if (!(await isGoneWithin(folder, record, waitMs))) {
      throw new HandaxeError('sandbox_broken', `The daemon ${record.pid} is still there after ${waitMs} ms`, {
        hint: force ? `End the process ${record.pid}` : 'Executions are under way: --force ends them',
      })
    }
    removeRecords(folder, record)
    return record.pid
  })
}

/** What it leaves behind then, its cgroups too, is cleared away here. */
async function killDaemon(stateFolder: string, record: DaemonRecord): Promise<void> {
  const found = findProcess(record.identity)
  if (typeof found !== 'number') return
  process.kill(found, 'SIGKILL')
  const { removeRunLeftovers } = await import('../backends/linux/run-folder.ts')
  const until = performance.now() + KILLED_MS
  while (findProcess(record.identity) === found && performance.now() < until) await delay(LOOK_EVERY_MS)
  await removeRunLeftovers(stateFolder)
}

async function describeDaemon(folder: DaemonFolder, record: DaemonRecord, isEnding: boolean): Promise<DaemonReport> {
  const reply = await ask(folder, record, { type: 'status' })
  const { pid, version, startedAt } = record
  return { pid, version, startedAt, isEnding, status: reply?.type === 'status' ? reply.status : null }
}

async function ask(folder: DaemonFolder, record: DaemonRecord, request: DaemonRequest): Promise<DaemonReply | null> {
  const connection = record.protocol === PROTOCOL ? await connectToDaemon(folder, record) : null
  if (connection === null) return null
  try {
    return await askDaemon(connection, request, ANSWER_MS)
  } catch (error) {
    if (error instanceof DaemonUnusable) return null
    throw error
  } finally {
    connection.close()
  }
}

async function isGoneWithin(folder: DaemonFolder, record: DaemonRecord, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs
  while (await isThere(folder, record)) {
    if (performance.now() > until) return false
    await delay(LOOK_EVERY_MS)
  }
  return true
}

/** Of a process in a pid namespace that cannot be seen from here its socket tells: nobody listens at that of a dead one. */
async function isThere(folder: DaemonFolder, record: DaemonRecord): Promise<boolean> {
  const found = findProcess(record.identity)
  return found === 'unknown' ? canConnect(folder, record) : found !== 'gone'
}

async function withRecords<Value>(
  stateFolder: string,
  act: (folder: DaemonFolder, record: DaemonRecord, isEnding: boolean) => Promise<Value>,
): Promise<Value[]> {
  let folder: DaemonFolder
  try {
    folder = openDaemonFolder(stateFolder)
  } catch (error) {
    if (!(error instanceof DaemonUnusable)) throw error
    throw new HandaxeError('sandbox_unavailable', `There can be no daemon: ${error.message}`, { cause: error })
  }
  try {
    removeLeftovers(folder)
    return await Promise.all(listRecords(folder).map(({ record, isEnding }) => act(folder, record, isEnding)))
  } finally {
    folder.close()
  }
}
