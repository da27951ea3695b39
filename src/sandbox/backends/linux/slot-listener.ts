import { chmodSync, closeSync, constants, openSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Channel } from './slot.ts'

const HELLO_LIMIT = 200
const HELLO_TIMEOUT_MS = 10_000
const HELLO = /^(\d{1,15}) ([0-9a-f]{32}) (control|stdout|stderr)$/

export type Accept = (slot: number, token: string, channel: Channel, socket: Socket, rest: Buffer) => boolean

export interface SlotListenerServer {
  /** Ends all connections, whoever holds them. */
  close(): Promise<void>
}

/** Listens in `folder` for the connections of the slots; each begins with one line: slot, token, channel. */
export async function listenForSlots(folder: string, accept: Accept): Promise<SlotListenerServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    readHello(socket, accept)
  })
  // A socket's path holds 107 bytes, a state folder may be longer: reached through a descriptor it always fits.
  const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(`/proc/self/fd/${descriptor}/socket`, resolve)
    })
    chmodSync(join(folder, 'socket'), 0o666)
  } finally {
    closeSync(descriptor)
  }
  server.unref()
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function readHello(socket: Socket, accept: Accept): void {
  let received: Buffer = Buffer.alloc(0)
  // A connection that breaks is a slot that died, which the zygote reports.
  socket.on('error', () => {})
  socket.setTimeout(HELLO_TIMEOUT_MS, () => socket.destroy())
  socket.unref()
  const onData = (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const end = received.indexOf(0x0a)
    if (end === -1 && received.length <= HELLO_LIMIT) return
    socket.off('data', onData)
    socket.setTimeout(0)
    const [, slot, token = '', channel] = HELLO.exec(received.subarray(0, Math.max(0, end)).toString('latin1')) ?? []
    const rest = received.subarray(end + 1)
    if (!accept(Number(slot ?? -1), token, channel as Channel, socket, rest)) socket.destroy()
  }
  socket.on('data', onData)
}
