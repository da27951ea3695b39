import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { isDead, ownIdentity } from '../process-identity.ts'
import type { DaemonFolder } from './daemon-folder.ts'

/** A start takes some 100 ms; a claim that is older belongs to nobody. */
const CLAIM_MS = 10_000

/** Of several that find no daemon one starts it. That is thrift, not safety: two that start are told apart by the record. */
export function takeClaim(folder: DaemonFolder, key: string): boolean {
  const path = claimPath(folder, key)
  try {
    const file = openSync(path, 'wx', 0o600)
    writeSync(file, ownIdentity())
    closeSync(file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return isAbandoned(path)
  }
}

export function endClaim(folder: DaemonFolder, key: string): void {
  rmSync(claimPath(folder, key), { force: true })
}

function claimPath(folder: DaemonFolder, key: string): string {
  return folder.within(`${key}.starting`)
}

function isAbandoned(path: string): boolean {
  try {
    return isDead(readFileSync(path, 'utf8')) || Date.now() - statSync(path).mtimeMs > CLAIM_MS
  } catch {
    // Gone by now: whoever had it is done.
    return false
  }
}
