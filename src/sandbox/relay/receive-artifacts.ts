import { createHash, type Hash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Limits } from '../../contracts/limits.ts'
import type { Artifact, DroppedArtifact } from '../../contracts/sandbox.ts'
import { ContainedFolder, InTheWay, type ContainedFile } from '../../util/contained-folder.ts'
import { isUsableArtifactName, MAXIMUM_DROPPED, printableName } from '../artifact-name.ts'
import { MAXIMUM_DEPTH, type Collected } from '../collect-artifacts.ts'
import { detectMediaType } from '../media-type.ts'

const HEAD_BYTES = 4096

export interface Entry {
  /** Base64 of the bytes that the file system has. */
  name: string
  kind: 'file' | DroppedArtifact['reason']
  bytes: number
}

interface OpenFile {
  name: string
  path: string
  written: ContainedFile
  hash: Hash
  head: Buffer
  bytes: number
  left: number
}

/**
 * Writes the files that a hostile sender describes, below one folder and nowhere else. Bounded by count, bytes and depth,
 * whatever is announced; one name once; what ends early or is longer than announced is cut off by the announcement.
 */
export class ArtifactReceiver {
  readonly #target: string
  readonly #folder: ContainedFolder
  readonly #limits: Limits
  readonly #artifacts: Artifact[] = []
  readonly #dropped: DroppedArtifact[] = []
  readonly #names = new Set<string>()
  #room: number
  #file: OpenFile | null = null

  constructor(target: string, limits: Limits) {
    this.#target = target
    this.#folder = new ContainedFolder(target, { replace: true })
    this.#limits = limits
    this.#room = limits.artifactBytes
  }

  onEntry({ name: encoded, kind, bytes }: Entry): void {
    this.#abandon()
    const raw = Buffer.from(encoded, 'base64')
    const name = raw.toString('utf8')
    const isExact = Buffer.from(name, 'utf8').equals(raw)
    const parts = name.split('/')
    if (kind !== 'file') this.#drop(name, kind)
    else if (!isExact || !isUsableArtifactName(name) || this.#names.has(name)) this.#drop(name, 'unsafe-name')
    else if (parts.length > MAXIMUM_DEPTH + 1) this.#drop(name, 'too-deep')
    else if (this.#artifacts.length >= this.#limits.artifactCount) this.#drop(name, 'too-many')
    else if (bytes > this.#room) this.#drop(name, 'too-large')
    else this.#open(name, bytes)
  }

  onContent(chunk: Buffer): void {
    const file = this.#file
    if (file === null) return
    const piece = chunk.subarray(0, file.left)
    // Synchronous: the pieces are small, and the stream waits for nobody.
    for (let done = 0; done < piece.length;) done += writeSync(file.written.descriptor, piece, done)
    file.hash.update(piece)
    if (file.head.length < HEAD_BYTES) file.head = Buffer.concat([file.head, piece.subarray(0, HEAD_BYTES)])
    file.bytes += piece.length
    file.left -= piece.length
    if (file.left === 0) this.#finish(file)
  }

  /** Nothing more comes. A file that is not whole is not delivered. */
  end(): Collected {
    this.#abandon()
    return { artifacts: this.#artifacts, dropped: this.#dropped }
  }

  #open(name: string, bytes: number): void {
    const path = join(this.#target, name)
    this.#names.add(name)
    let written: ContainedFile
    try {
      written = this.#folder.create(name)
    } catch (error) {
      // The sender may have named a file where a folder is, or the other way round.
      return this.#drop(name, reasonOf(error))
    }
    this.#room -= bytes
    this.#file = { name, path, written, hash: createHash('sha256'), head: Buffer.alloc(0), bytes: 0, left: bytes }
    if (bytes === 0) this.#finish(this.#file)
  }

  #finish({ name, path, written, hash, head, bytes }: OpenFile): void {
    this.#file = null
    try {
      written.finish()
    } catch (error) {
      return this.#drop(name, reasonOf(error))
    }
    this.#artifacts.push({ name, bytes, sha256: hash.digest('hex'), mediaType: detectMediaType(head, name), path })
  }

  #abandon(): void {
    const file = this.#file
    if (file === null) return
    this.#file = null
    file.written.abandon()
    this.#drop(file.name, 'unreadable')
  }

  #drop(name: string, reason: DroppedArtifact['reason']): void {
    if (this.#dropped.length < MAXIMUM_DROPPED) this.#dropped.push({ name: printableName(name), reason })
  }
}

function reasonOf(error: unknown): DroppedArtifact['reason'] {
  return error instanceof InTheWay && error.obstacle !== 'folder' ? 'in-the-way' : 'unreadable'
}
