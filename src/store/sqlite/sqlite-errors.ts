import { existsSync, readdirSync, statfsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type ErrorCode, HandaxeError } from '../../contracts/errors.ts'

/** Primary result codes of SQLite (https://sqlite.org/rescode.html). */
const RESULT = { busy: 5, locked: 6, readOnly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 }

interface SqliteError extends Error {
  errcode: number
  errstr: string
}

export function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR' && 'errcode' in error
}

export function isBusy(error: unknown): boolean {
  if (!isSqliteError(error)) return false
  const code = primaryCode(error)
  return code === RESULT.busy || code === RESULT.locked
}

/** What a failure of the database at `path` means to its user. Errors that are not SQLite's come back as they are. */
export function toStoreError(error: unknown, path: string): unknown {
  if (!isSqliteError(error)) return error
  switch (primaryCode(error)) {
    case RESULT.busy:
    case RESULT.locked:
      return storeError('store_locked', `Another process keeps ${path} locked`, path, error, {
        hint: 'Wait until it is done and try again. `fuser` with the path of the file shows which process has it open.',
      })
    case RESULT.readOnly:
      return readOnlyError(path, error)
    case RESULT.full:
      return fullError(path, error)
    case RESULT.corrupt:
    case RESULT.notADatabase:
      return corruptError(path, error)
    case RESULT.ioError:
      if (isDiskFull(path)) return fullError(path, error)
      return storeError('store_unavailable', `The disk did not read or write ${path}`, path, error, {
        hint: 'Check the disk and the system log; a copy of the file on another disk may work.',
      })
    case RESULT.cannotOpen:
      return storeError('store_unavailable', `${path} cannot be opened`, path, error, {
        hint: 'Check that the path names a file in a folder that you may write to.',
      })
    default:
      return storeError('internal', `The store refused what it was asked: ${error.message}`, path, error, {})
  }
}

export function readOnlyError(path: string, cause?: unknown): HandaxeError {
  return storeError('store_read_only', `${path}, or the folder it lies in, cannot be written to`, path, cause, {
    hint: 'Make the file and its folder writable, or name another place by HANDAXE_STORE or HANDAXE_HOME.',
  })
}

/** `reason` says what was found instead of a sound store. */
export function corruptError(path: string, cause: unknown, reason = 'is damaged or not a database'): HandaxeError {
  const copies = findCopies(path)
  const restore = copies.length === 0 ? '' : ` Copies from earlier: ${copies.join(', ')}.`
  return storeError('store_corrupt', `${path} ${reason}`, path, cause, {
    hint:
      `Nothing was changed. Move it away together with its -wal and -shm files (mv ${path} ${path}.damaged) and ` +
      `handaxe begins an empty one; \`sqlite3 ${path}.damaged .recover\` may save its content.${restore}`,
    details: { copies },
  })
}

function fullError(path: string, cause: unknown): HandaxeError {
  return storeError('disk_full', `There is no space left for ${path}`, path, cause, {
    hint: 'Free some space there, or name a place on another disk by HANDAXE_STORE. What was saved before is intact.',
  })
}

function storeError(
  code: ErrorCode,
  message: string,
  path: string,
  cause: unknown,
  { hint, details }: { hint?: string; details?: Record<string, unknown> },
): HandaxeError {
  const reason = isSqliteError(cause) ? { sqlite: cause.errcode, reason: cause.errstr } : {}
  return new HandaxeError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    details: { path, ...reason, ...details },
    cause,
  })
}

/** The low byte: extended codes carry the detail above it. */
function primaryCode(error: SqliteError): number {
  return error.errcode & 0xff
}

/** SQLite reports some writes that found no space as plain I/O errors, such as growing the shared-memory file. */
function isDiskFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path))
    return bavail * bsize < 65_536
  } catch {
    // The folder is gone: the I/O error says more than this check could.
    return false
  }
}

/** Copies that were made before an upgrade, see `migrate`. */
function findCopies(path: string): string[] {
  const folder = dirname(path)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(path)}.before-`))
    .map((name) => join(folder, name))
}
