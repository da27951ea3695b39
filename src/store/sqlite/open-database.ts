import { accessSync, closeSync, constants, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { HandaxeError } from '../../contracts/errors.ts'
import { Database, retryWhileBusy } from './database.ts'
import { migrate } from './migrate.ts'
import { readOnlyError } from './sqlite-errors.ts'

/**
 * SQLite itself waits this long for a lock, on this thread; longer waits are ours and leave the thread free.
 * Most transactions of others are over by then.
 */
const BLOCKING_WAIT_MS = 20

const MEMORY = ':memory:'

/** Opens or creates the database, with its folder, and brings it to the current version. */
export async function openDatabase(path: string, { lockTimeoutMs }: { lockTimeoutMs: number }): Promise<Database> {
  if (path !== MEMORY) prepareFile(path)
  const connection = await retryWhileBusy(() => openConnection(path), { path, timeoutMs: lockTimeoutMs })
  return new Database(connection, { path, lockTimeoutMs })
}

function openConnection(path: string): DatabaseSync {
  const connection = new DatabaseSync(path, {
    timeout: BLOCKING_WAIT_MS,
    enableForeignKeyConstraints: true,
    allowExtension: true,
  })
  try {
    // Allowed for the one that compares vectors (`loadExtension`), and for nothing that SQL could ask for.
    connection.enableLoadExtension(false)
    // First, and before anything is written: is this ours at all, and of a version that we know?
    migrate(connection, { path })
    // FULL: a commit is on disk before the promise resolves, also after a power cut (0.3 ms on a server's disk).
    connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    // 64 MB at most, of what is read, for 2: at 100,000 tools a search takes a fifth less, one by vectors a third less.
    connection.exec('PRAGMA cache_size = -65536')
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

/** Makes the file where it is missing, readable by its owner only: it holds requests and what runs said. */
function prepareFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600))
    // The journal's files lie beside it.
    accessSync(dirname(path), constants.W_OK)
  } catch (error) {
    throw toFileError(error as NodeJS.ErrnoException, path)
  }
}

function toFileError(error: NodeJS.ErrnoException, path: string): HandaxeError {
  switch (error.code) {
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return readOnlyError(path, error)
    case 'ENOSPC':
    case 'EDQUOT':
      return new HandaxeError('disk_full', `There is no space left for ${path}`, {
        hint: 'Free some space there, or name a place on another disk by HANDAXE_STORE.',
        details: { path },
        cause: error,
      })
    default: {
      const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
      return new HandaxeError('store_unavailable', `${path} cannot be opened (${error.code})`, {
        hint: isFolder ? 'It is a folder: name a file in it.' : 'Name a file in a folder that you may write to.',
        details: { path },
        cause: error,
      })
    }
  }
}
