import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { sha256 } from '../sha256.ts'

export interface TextFile {
  /** LF line ends, without a byte order mark. */
  text: string
  /** The line ends as they are. */
  original: string
  /** sha256 of the bytes. */
  hash: string
  /** sha256 of `text`: what the hash would be had nobody turned its line ends. */
  textHash: string
}

/**
 * A regular file of UTF-8 text, or why it is not read. A symbolic link at `path` is not followed, a pipe is not waited
 * for, and not more than `maxBytes` are taken.
 */
export async function readTextFile(path: string, maxBytes: number): Promise<TextFile | { problem: string }> {
  const read = await readBytes(path, maxBytes)
  if ('problem' in read) return read
  const decoded = decode(read.bytes)
  if (decoded === null) return { problem: 'is not UTF-8 text' }
  if (decoded.includes('\0')) return { problem: 'is not text: it holds NUL characters' }
  const text = decoded.replaceAll(/\r\n?/g, '\n')
  return { text, original: decoded, hash: sha256(read.bytes), textHash: sha256(text) }
}

export async function readBytes(path: string, maxBytes: number): Promise<{ bytes: Buffer } | { problem: string }> {
  let file: FileHandle
  try {
    file = await open(path, OPEN_FLAGS)
  } catch (error) {
    return { problem: describeFailure(error) }
  }
  try {
    const facts = await file.stat()
    if (!facts.isFile()) return { problem: 'is no regular file' }
    if (facts.size > maxBytes) return { problem: tooLarge(maxBytes) }
    // It may grow while it is read.
    const buffer = Buffer.alloc(facts.size + 1)
    let length = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length)
      length += bytesRead
      if (bytesRead === 0 || length === buffer.length) break
    }
    return length > facts.size ? { problem: 'changed while it was read' } : { bytes: buffer.subarray(0, length) }
  } catch (error) {
    return { problem: describeFailure(error) }
  } finally {
    await file.close()
  }
}

/** Windows has neither flag, and no links or pipes to fall for in the same way. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) return null
    throw error
  }
}

function tooLarge(maxBytes: number): string {
  return `is larger than ${maxBytes >= 1024 * 1024 ? `${maxBytes / 1024 / 1024} MiB` : `${maxBytes / 1024} KiB`}`
}

/** Why a file or folder cannot be opened. Errors that are not the file system's are thrown on. */
export function describeFailure(error: unknown): string {
  const code = errorCode(error)
  if (code === null) throw error
  if (code === 'ELOOP') return 'is a symbolic link'
  if (code === 'ENOENT') return 'cannot be found under its name'
  return `cannot be read (${code})`
}

export function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}
