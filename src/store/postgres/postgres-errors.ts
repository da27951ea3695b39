import { DatabaseError } from 'pg'
import { type ErrorCode, HandaxeError } from '../../contracts/errors.ts'

/** The connection is gone, or never came about: the driver's own errors have no code, so the place where they arise tells. */
export class ConnectionLost extends Error {
  readonly connecting: boolean

  constructor(cause: unknown, { connecting }: { connecting: boolean }) {
    super('The connection to PostgreSQL was lost', { cause })
    this.name = 'ConnectionLost'
    this.connecting = connecting
  }
}

/**
 * Codes of PostgreSQL (appendix A of its manual) after which the session is over: connection exceptions, an
 * administrator's command, a crash of another session, a database that was dropped, a transaction that was idle too long.
 */
const SESSION_OVER = /^(08...|57P01|57P02|57P03|57P04|57P05|25P03|25P04)$/

/** Starting up or shutting down; no connection left for now. */
const SOON_BETTER = new Set(['57P03', '53300'])

/** The transaction was undone because of others that ran at the same time; again it will do. */
const COLLISION = new Set(['40001', '40P01'])

export function isDatabaseError(error: unknown): error is DatabaseError & { code: string } {
  return error instanceof DatabaseError && error.code !== undefined
}

/** True where nothing more can be said to the server on this connection. */
export function isSessionOver(error: unknown): boolean {
  return error instanceof ConnectionLost || (isDatabaseError(error) && SESSION_OVER.test(error.code))
}

export function isCollision(error: unknown): boolean {
  return isDatabaseError(error) && COLLISION.has(error.code)
}

/** True for a server that is about to let us in. */
export function isStartingUp(error: unknown): boolean {
  return isDatabaseError(error) && SOON_BETTER.has(error.code)
}

/** True where no connection came about and the server may be back in a moment. */
export function isUnreachable(error: unknown): boolean {
  return isStartingUp(error) || (error instanceof ConnectionLost && error.connecting)
}

interface Meaning {
  code: ErrorCode
  message: (name: string) => string
  hint: string
}

const REFUSED: Meaning = {
  code: 'store_unavailable',
  message: (name) => `${name} did not let this user in`,
  hint: 'Check user, password and database in HANDAXE_STORE, and the server’s pg_hba.conf.',
}
const NOT_ALLOWED: Meaning = {
  code: 'store_read_only',
  message: (name) => `This user may not write to ${name}`,
  hint: 'Grant the user all rights on the schema, or CREATE on the database where the schema is not there yet.',
}
const CORRUPT: Meaning = {
  code: 'store_corrupt',
  message: (name) => `The tables of ${name} are damaged or not those of handaxe`,
  hint: 'Nothing was changed. Restore them from a backup, or name another schema (…?schema=name) to begin anew.',
}
const GONE: Meaning = {
  code: 'store_unavailable',
  message: (name) => `${name} ended the connection`,
  hint: 'It may be restarting: try again. The server’s log says why.',
}

/** By the code, or by its first two characters, its class. */
const MEANINGS: Record<string, Meaning> = {
  '08': GONE,
  '28': REFUSED,
  '3D': {
    code: 'store_unavailable',
    message: (name) => `There is no such database: ${name}`,
    hint: 'Make it (createdb, or CREATE DATABASE), or correct HANDAXE_STORE.',
  },
  '25006': {
    code: 'store_read_only',
    message: (name) => `${name} takes no changes: it is a standby, or set to read only`,
    hint: 'Name the primary server in HANDAXE_STORE, or lift default_transaction_read_only for this user.',
  },
  '25P03': GONE,
  '25P04': GONE,
  '42501': NOT_ALLOWED,
  '42P01': CORRUPT,
  '42703': CORRUPT,
  '53100': {
    code: 'disk_full',
    message: (name) => `There is no space left for ${name}`,
    hint: 'Free some space on the server. What was saved before is intact.',
  },
  '53200': {
    code: 'store_unavailable',
    message: (name) => `${name} is out of memory`,
    hint: 'Try again when there is less to do for the server, or give it more.',
  },
  '53300': {
    code: 'store_unavailable',
    message: (name) => `${name} has no connection left`,
    hint: 'Raise max_connections, or put a pooler before it. Every handaxe process takes four at the most.',
  },
  '55P03': {
    code: 'store_locked',
    message: (name) => `Another process keeps ${name} locked`,
    hint: 'Wait until it is done and try again. The view pg_stat_activity shows who is at work.',
  },
  '40': {
    code: 'store_locked',
    message: (name) => `Too many processes change ${name} at the same time`,
    hint: 'Try again.',
  },
  '57014': {
    code: 'store_unavailable',
    message: (name) => `${name} took too long to answer`,
    hint: 'Try again; the view pg_stat_activity shows what the server is busy with.',
  },
  '57P': GONE,
  '58': {
    code: 'store_unavailable',
    message: (name) => `The disk of ${name} did not read or write`,
    hint: 'The server’s log says more.',
  },
  XX001: CORRUPT,
  XX002: CORRUPT,
}

/** What a failure of the database means to its user. What is no failure of the database comes back as it is. */
export function toStoreError(error: unknown, name: string): unknown {
  if (error instanceof ConnectionLost) return connectionError(error, name)
  if (!isDatabaseError(error)) return error
  const { code, message: reason } = error
  const details = { path: name, sqlState: code, reason }
  const meaning = MEANINGS[code] ?? MEANINGS[code.slice(0, 3)] ?? MEANINGS[code.slice(0, 2)]
  if (meaning === undefined) {
    return new HandaxeError('internal', `The store refused what it was asked: ${reason}`, { details, cause: error })
  }
  return new HandaxeError(meaning.code, meaning.message(name), { hint: meaning.hint, details, cause: error })
}

function connectionError({ cause, connecting }: ConnectionLost, name: string): HandaxeError {
  const details = { path: name, reason: cause instanceof Error ? toReason(cause) : String(cause) }
  if (!connecting) {
    return new HandaxeError('store_unavailable', GONE.message(name), { hint: GONE.hint, details, cause })
  }
  return new HandaxeError('store_unavailable', `${name} cannot be reached: ${details.reason}`, {
    hint: 'Is PostgreSQL running there? Check host, port and sslmode in HANDAXE_STORE.',
    details,
    cause,
  })
}

/** Several addresses of one host fail as one error without a message. */
function toReason(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return error.message === '' ? code : error.message
}
