import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HandaxeError } from '../contracts/errors.ts'
import type { Sandbox } from '../contracts/sandbox.ts'
import { openSession, type Session, type SessionReport } from '../sandbox/session/open-session.ts'
import { checkSessionName } from '../sandbox/session/session-format.ts'
import { readSession } from '../sandbox/session/read-session.ts'
import type { Config } from './resolve-config.ts'

export type { SessionReport, SessionResult } from '../sandbox/session/open-session.ts'

export interface SessionSummary {
  name: string
  savedAt: string | null
  values: SessionReport['values']
  /** Set where it cannot be read. */
  problem: string | null
}

/** The session of this name in the data folder, new where there is none. Throws `invalid_arguments`. */
export function openNamedSession(config: Config, name: string, sandbox: Sandbox): Session {
  checkSessionName(name)
  return openSession(sandbox, { folder: join(sessionsFolder(config), name) })
}

/** All sessions, by name. One that is damaged is in the list, with its problem. */
export async function listSessions(config: Config): Promise<SessionSummary[]> {
  const names = await readdir(sessionsFolder(config)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const known = names.filter((name) => !name.startsWith('.')).sort()
  return Promise.all(known.map((name) => summariseSession(config, name)))
}

async function summariseSession(config: Config, name: string): Promise<SessionSummary> {
  try {
    return { name, ...(await readSession(join(sessionsFolder(config), name))), problem: null }
  } catch (error) {
    if (!HandaxeError.isInstance(error)) throw error
    return { name, savedAt: null, values: [], problem: error.message }
  }
}

/** Rejects with `invalid_arguments` where there is no session of this name. */
export async function removeSession(config: Config, name: string): Promise<void> {
  checkSessionName(name)
  const folder = sessionsFolder(config)
  // Out of sight in one step: whoever looks meanwhile sees all of it or nothing.
  const doomed = join(folder, `.removed-${process.pid}-${Date.now()}`)
  try {
    await rename(join(folder, name), doomed)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new HandaxeError('invalid_arguments', `There is no session ${name}`, { hint: 'See `handaxe sessions list`.' })
  }
  await rm(doomed, { recursive: true, force: true })
}

function sessionsFolder(config: Config): string {
  return join(config.folders.data, 'sessions')
}
