import { setTimeout as delay } from 'node:timers/promises'
import { HandaxeError } from '../../contracts/errors.ts'
import { isAlive } from '../process-identity.ts'
import { askDaemon, connectToDaemon } from './daemon-connection.ts'
import { openDaemonFolder, type DaemonFolder } from './daemon-folder.ts'
import { listKeys, readRecord, removeLeftovers, type DaemonRecord } from './daemon-record.ts'
import { DaemonUnusable } from './daemon-unusable.ts'
import { PROTOCOL, type DaemonRequest, type DaemonReply, type DaemonStatus } from './protocol.ts'

const ANSWER_MS = 2_000
const STOP_MS = 30_000
const LOOK_EVERY_MS = 20

export interface DaemonReport {
  pid: number
  version: string
  startedAt: string
  /** Null where it does not answer, or is of another protocol. */
  status: DaemonStatus | null
}

/** The daemons of a state folder that are alive. Throws `sandbox_unavailable` where their folder is not private. */
export function listDaemons(stateFolder: string): Promise<DaemonReport[]> {
  return withRecords(stateFolder, (folder, record) => describeDaemon(folder, record))
}

/**
 * Ends the daemons of a state folder and settles when they are gone. What is under way comes to its end first, or is ended
 * where `force` is set; a daemon that does not answer is killed then. Rejects with `sandbox_broken` where one stays.
 */
export async function stopDaemons(stateFolder: string, { force }: { force: boolean }): Promise<number[]> {
  return withRecords(stateFolder, async (folder, record) => {
    const reply = await ask(folder, record, { type: 'stop', force })
    if (reply === null && force && isAlive(record.identity)) process.kill(record.pid, 'SIGKILL')
    await untilGone(record, force)
    removeLeftovers(folder)
    return record.pid
  })
}

async function describeDaemon(folder: DaemonFolder, record: DaemonRecord): Promise<DaemonReport> {
  const reply = await ask(folder, record, { type: 'status' })
  const { pid, version, startedAt } = record
  return { pid, version, startedAt, status: reply?.type === 'status' ? reply.status : null }
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

async function untilGone(record: DaemonRecord, force: boolean): Promise<void> {
  const until = performance.now() + STOP_MS
  while (isAlive(record.identity)) {
    if (performance.now() > until) {
      throw new HandaxeError('sandbox_broken', `The daemon ${record.pid} is still there after ${STOP_MS} ms`, {
        hint: force ? `End the process ${record.pid}` : 'Executions are under way: --force ends them',
      })
    }
    await delay(LOOK_EVERY_MS)
  }
}

async function withRecords<Value>(
  stateFolder: string,
  act: (folder: DaemonFolder, record: DaemonRecord) => Promise<Value>,
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
    const records = listKeys(folder).flatMap((key) => readRecord(folder, key) ?? [])
    return await Promise.all(records.map((record) => act(folder, record)))
  } finally {
    folder.close()
  }
}
