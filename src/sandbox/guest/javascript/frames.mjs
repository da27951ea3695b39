/** The control channel to the host: 4 bytes of length, big-endian, then UTF-8 JSON. Reads and writes are synchronous. */
import { readSync, writeSync } from 'node:fs'
import { allocateBytes, byteLength, bytesFrom, bytesToText, jsonParse } from './intrinsics.mjs'
import { readLength, wait, writeLength } from './intrinsics.mjs'

export const CONTROL = 3
const HEADER_BYTES = 4
const pauseCell = new Int32Array(new SharedArrayBuffer(4))

/** A descriptor that a child process has made non-blocking answers EAGAIN: the call is tried again a millisecond later. */
function whenReady(operation) {
  for (;;) {
    try {
      return operation()
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
      wait(pauseCell, 0, 0, 1)
    }
  }
}

export function writeAll(descriptor, bytes) {
  let offset = 0
  while (offset < bytes.length) {
    offset += whenReady(() => writeSync(descriptor, bytes, offset, bytes.length - offset))
  }
}

function readExactly(length) {
  const bytes = allocateBytes(length)
  let offset = 0
  while (offset < length) {
    const count = whenReady(() => readSync(CONTROL, bytes, offset, length - offset, null))
    if (count === 0) return null
    offset += count
  }
  return bytes
}

/** The next frame, or null where the host has closed the channel. */
export function readFrame() {
  const header = readExactly(HEADER_BYTES)
  const body = header && readExactly(readLength(header, 0))
  return body && jsonParse(bytesToText(body, 'utf8'))
}

/** Sends a frame; `text` is JSON already. */
export function writeFrame(text) {
  const header = allocateBytes(HEADER_BYTES)
  writeLength(header, byteLength(text, 'utf8'), 0)
  writeAll(CONTROL, header)
  writeAll(CONTROL, bytesFrom(text, 'utf8'))
}
