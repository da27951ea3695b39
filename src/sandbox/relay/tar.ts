import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { HandaxeError } from '../../contracts/errors.ts'
import type { FileEntry } from './file-entries.ts'

const BLOCK = 512
const CHUNK_BYTES = 256 * 1024

/** A tar archive of files, folders and links owned by root, without holding any file in memory. Times are zero. */
export function packTar(entries: readonly FileEntry[]): Readable {
  return Readable.from(pack(entries), { objectMode: false })
}

async function* pack(entries: readonly FileEntry[]): AsyncGenerator<Buffer> {
  for (const entry of entries) {
    if ('kind' in entry) {
      yield entry.kind === 'folder'
        ? header(`${entry.name}/`, 0, { mode: 0o755, type: '5' })
        : header(entry.name, 0, { mode: 0o777, type: '2', target: entry.target })
      continue
    }
    const bytes = 'content' in entry ? entry.content.length : entry.bytes
    yield header(entry.name, bytes, { mode: entry.mode ?? 0o444, type: '0' })
    if ('content' in entry) yield Buffer.from(entry.content)
    else yield* readFile(entry.path, bytes)
    yield padding(bytes)
  }
  // Two empty blocks end an archive.
  yield Buffer.alloc(2 * BLOCK)
}

async function* readFile(path: string, bytes: number): AsyncGenerator<Buffer> {
  const file = await open(path, 'r')
  try {
    for (let left = bytes; left > 0;) {
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, left))
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null)
      if (bytesRead === 0) {
        throw new HandaxeError('invalid_input_file', `${path} became shorter while it was read`, {
          hint: 'Give a file that nothing writes to',
        })
      }
      left -= bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** A PAX record carries every name and size, so that neither length nor characters nor gigabytes matter. */
function header(
  name: string,
  bytes: number,
  { mode, type, target }: { mode: number; type: '0' | '2' | '5'; target?: string },
): Buffer {
  const records = Buffer.concat([
    paxRecord('path', name),
    paxRecord('size', String(bytes)),
    ...(target === undefined ? [] : [paxRecord('linkpath', target)]),
  ])
  // What the plain fields cannot hold is told by the record before; this is only for show.
  const shown = name.replace(/[^\x20-\x7e]/g, '_').slice(0, 99)
  return Buffer.concat([
    block('PaxHeader', records.length, 0o644, 'x'),
    records,
    padding(records.length),
    block(shown, Math.min(bytes, 0o77777777777), mode, type),
  ])
}

function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`)
  // The length counts its own digits.
  let length = rest.length + 1
  while (rest.length + String(length).length !== length) length = rest.length + String(length).length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

function block(name: string, bytes: number, mode: number, type: string): Buffer {
  const data = Buffer.alloc(BLOCK)
  const octal = (value: number, digits: number, offset: number) =>
    data.write(`${value.toString(8).padStart(digits, '0')}\0`, offset, 'latin1')
  data.write(name, 0, 'latin1')
  octal(mode, 7, 100)
  octal(0, 7, 108)
  octal(0, 7, 116)
  octal(bytes, 11, 124)
  octal(0, 11, 136)
  data.write('        ', 148, 'latin1')
  data.write(type, 156, 'latin1')
  data.write('ustar\x0000', 257, 'latin1')
  let sum = 0
  for (const byte of data) sum += byte
  data.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return data
}

function padding(bytes: number): Buffer {
  return Buffer.alloc((BLOCK - (bytes % BLOCK)) % BLOCK)
}
