import { createHash, type Hash } from 'node:crypto'
import { constants, write, type Dirent } from 'node:fs'
import { open, readdir, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { HandaxeError } from '../contracts/errors.ts'
import type { Limits } from '../contracts/limits.ts'
import type { Artifact, DroppedArtifact } from '../contracts/sandbox.ts'
import { ContainedFolder, InTheWay, type ContainedFile } from '../util/contained-folder.ts'
import { isUsableArtifactName, MAXIMUM_DROPPED, printableName } from './artifact-name.ts'
import { detectMediaType } from './media-type.ts'

/** Folders within folders, from the output folder on. */
export const MAXIMUM_DEPTH = 16
const CHUNK_BYTES = 256 * 1024

export interface Collection {
  /** The output folder of an execution whose processes are all gone. */
  source: string
  /** Made where it is missing. Existing files of the same names are replaced; nothing is written through a link. */
  target: string
  limits: Limits
}

export interface Collected {
  artifacts: Artifact[]
  dropped: DroppedArtifact[]
}

/**
 * Copies the regular files of a hostile folder. Follows no link in it nor in the target, waits for no FIFO, opens no device,
 * and is bounded by count, bytes and depth. What is not copied is dropped with its reason. Rejects with `disk_full` and
 * `invalid_arguments` where the target cannot be written.
 */
export async function collectArtifacts({ source, target, limits }: Collection): Promise<Collected> {
  const collected: Collected = { artifacts: [], dropped: [] }
  const drop = (name: string, reason: DroppedArtifact['reason']) => {
    if (collected.dropped.length < MAXIMUM_DROPPED) collected.dropped.push({ name: printableName(name), reason })
  }
  const destination = new ContainedFolder(target, { replace: true })
  let left = limits.artifactBytes
  // Breadth first, so that what lies on top comes before what somebody has buried.
  const folders: { path: string; name: string; depth: number }[] = [{ path: source, name: '', depth: 0 }]
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    for (const entry of await readFolder(folder.path, () => drop(folder?.name ?? '', 'unreadable'))) {
      const name = folder.name === '' ? entry.name : `${folder.name}/${entry.name}`
      const path = join(folder.path, entry.name)
      if (!isUsableArtifactName(name)) drop(name, 'unsafe-name')
      else if (entry.isDirectory()) {
        if (folder.depth + 1 > MAXIMUM_DEPTH) drop(name, 'too-deep')
        else folders.push({ path, name, depth: folder.depth + 1 })
      } else if (!entry.isFile()) drop(name, 'not-regular')
      else if (collected.artifacts.length >= limits.artifactCount) drop(name, 'too-many')
      else {
        const outcome = await copyArtifact({ path, name, destination, target, left })
        if (typeof outcome === 'string') drop(name, outcome)
        else {
          left -= outcome.bytes
          collected.artifacts.push(outcome)
        }
      }
    }
  }
  return collected
}

async function readFolder(path: string, onUnreadable: () => void): Promise<Dirent[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries.sort((one, other) => (one.name < other.name ? -1 : 1))
  } catch {
    // Gone, or its owner has taken its rights away: said in the result.
    onUnreadable()
    return []
  }
}

async function copyArtifact({
  path,
  name,
  destination,
  target,
  left,
}: {
  path: string
  name: string
  destination: ContainedFolder
  target: string
  left: number
}): Promise<Artifact | DroppedArtifact['reason']> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    // A link (ELOOP), a socket (ENXIO), or no right to read.
    return 'unreadable'
  }
  try {
    const stat = await file.stat()
    if (!stat.isFile()) return 'not-regular'
    // By the size it claims, before a byte of it is read: a sparse file is as large as it says.
    if (stat.size > left) return 'too-large'
    const copy = join(target, name)
    try {
      const copied = await copyBytes(file, destination, name, left)
      return copied === 'too-large' ? copied : { name, ...copied, path: copy }
    } catch (error) {
      if (error instanceof InTheWay) return 'in-the-way'
      throw unwritable(copy, error)
    }
  } finally {
    await file.close()
  }
}

async function copyBytes(
  file: FileHandle,
  destination: ContainedFolder,
  name: string,
  left: number,
): Promise<Omit<Artifact, 'name' | 'path'> | 'too-large'> {
  let whole = false
  const copy = destination.create(name)
  const hash: Hash = createHash('sha256')
  let head: Buffer | undefined
  let bytes = 0
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, bytes)
      if (bytesRead === 0) {
        whole = true
        break
      }
      bytes += bytesRead
      if (bytes > left) return 'too-large'
      const piece = buffer.subarray(0, bytesRead)
      head ??= Buffer.from(piece.subarray(0, 4096))
      hash.update(piece)
      await writeAll(copy, piece)
    }
  } finally {
    // Half a file would pass for the whole one.
    if (!whole) copy.abandon()
  }
  copy.finish()
  return { bytes, sha256: hash.digest('hex'), mediaType: detectMediaType(head ?? Buffer.alloc(0), name) }
}

const writeSome = promisify(write)

async function writeAll({ descriptor }: ContainedFile, piece: Buffer): Promise<void> {
  for (let done = 0; done < piece.length;) {
    done += (await writeSome(descriptor, piece, done, piece.length - done, null)).bytesWritten
  }
}

/** What the guest did cannot lead here: it is this machine's disk, or a folder that the caller named. */
function unwritable(path: string, error: unknown): HandaxeError {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new HandaxeError('disk_full', `There is no space left for ${path}`, {
      hint: 'Free some space there, or have the artifacts written to another disk.',
      cause: error,
    })
  }
  return new HandaxeError('invalid_arguments', `The artifact ${path} cannot be written (${code ?? String(error)})`, {
    hint: 'Name a folder that can be written.',
    cause: error,
  })
}
