import {
  closeSync,
  fchmodSync,
  linkSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { isDead } from '../process-identity.ts'
import type { DaemonFolder } from './daemon-folder.ts'

/**
 * What a daemon says of itself in a file that only its user can read. Who knows the token can read that file, so it holds
 * even where the folder has been opened to others by mistake.
 */
export interface DaemonRecord {
  protocol: number
  version: string
  build: string
  /** See `ownIdentity`. */
  identity: string
  pid: number
  token: string
  /** Name of its socket in the folder. */
  socket: string
  startedAt: string
}

const KEY = /^([0-9a-f]{16})\.json$/
const ENDING = '.ending'
const OWNED = /^[0-9a-f]{16}-(\d+-\d+-\d+)\.[a-z]+$/

/** The daemon of this key that is in charge, as far as its file tells; null where there is none that can be read. */
export function readRecord(folder: DaemonFolder, key: string): DaemonRecord | null {
  return readFile(folder, `${key}.json`)
}

function readFile(folder: DaemonFolder, name: string): DaemonRecord | null {
  try {
    const record = JSON.parse(readFileSync(folder.within(name), 'utf8')) as Partial<DaemonRecord>
    const isWhole =
      typeof record.protocol === 'number' &&
      [record.version, record.build, record.identity, record.token, record.socket, record.startedAt].every(
        (part) => typeof part === 'string',
      ) &&
      Number.isSafeInteger(record.pid)
    return isWhole && !record.socket?.includes('/') ? (record as DaemonRecord) : null
  } catch {
    // Missing, or not ours to understand: in either case there is nobody to talk to.
    return null
  }
}

/** All daemons: those in charge, and those that are not any more and have not ended yet. */
export function listRecords(folder: DaemonFolder): { record: DaemonRecord; isEnding: boolean }[] {
  const found = new Map<string, { record: DaemonRecord; isEnding: boolean }>()
  for (const name of readdirSync(folder.within('.'))) {
    const isEnding = name.endsWith(ENDING)
    const record = isEnding || KEY.test(name) ? readFile(folder, name) : null
    if (record !== null && !found.get(record.identity)?.isEnding) found.set(record.identity, { record, isEnding })
  }
  return [...found.values()]
}

/** From here on a daemon is found by those alone who want to know of it or to stop it. */
export function beginEnding(folder: DaemonFolder, key: string, record: DaemonRecord): void {
  const name = endingName(key, record)
  rmSync(folder.within(name), { force: true })
  writeRecord(folder.within(name), record)
  removeRecord(folder, key, record.identity)
}

/** Of a daemon that is gone, or about to be. */
export function removeRecords(folder: DaemonFolder, { identity, socket }: DaemonRecord): void {
  for (const name of readdirSync(folder.within('.'))) {
    if (OWNED.exec(name)?.[1] === identity) rmSync(folder.within(name), { force: true })
  }
  rmSync(folder.within(socket), { force: true })
  for (const key of listKeys(folder)) removeRecord(folder, key, identity)
}

function endingName(key: string, { identity }: DaemonRecord): string {
  return `${key}-${identity}${ENDING}`
}

function listKeys(folder: DaemonFolder): string[] {
  return readdirSync(folder.within('.')).flatMap((name) => KEY.exec(name)?.[1] ?? [])
}

/**
 * Puts a daemon in charge, in place of whoever was: a rename is whole or not at all. With `onlyIfMissing` it does
 * nothing where another one is in charge already.
 */
export function publishRecord(
  folder: DaemonFolder,
  key: string,
  record: DaemonRecord,
  { onlyIfMissing = false }: { onlyIfMissing?: boolean } = {},
): void {
  const temporary = folder.within(`${key}-${record.identity}.new`)
  rmSync(temporary, { force: true })
  try {
    writeRecord(temporary, record)
    if (onlyIfMissing) linkSync(temporary, folder.within(`${key}.json`))
    else renameSync(temporary, folder.within(`${key}.json`))
  } catch (error) {
    if (!onlyIfMissing || (error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(temporary, { force: true })
  }
}

function writeRecord(path: string, record: DaemonRecord): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    fchmodSync(file, 0o600)
    const bytes = Buffer.from(JSON.stringify(record))
    // A full disk may take a part of it without an error.
    if (writeSync(file, bytes) < bytes.length) throw new Error('the record of the daemon was not written whole')
  } finally {
    closeSync(file)
  }
}

/** Takes a daemon out of charge where it still is. The one that takes over in between puts its own record back. */
export function removeRecord(folder: DaemonFolder, key: string, identity: string): void {
  if (readRecord(folder, key)?.identity === identity) rmSync(folder.within(`${key}.json`), { force: true })
}

/** Clears away what daemons have left that were killed. */
export function removeLeftovers(folder: DaemonFolder): void {
  for (const name of readdirSync(folder.within('.'))) {
    const [, identity] = OWNED.exec(name) ?? []
    const [, key] = KEY.exec(name) ?? []
    const owner = key === undefined ? identity : readRecord(folder, key)?.identity
    if (owner !== undefined && isDead(owner)) rmSync(folder.within(name), { force: true })
  }
}
