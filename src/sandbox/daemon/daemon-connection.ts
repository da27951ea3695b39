import { connect, type Socket } from 'node:net'
import { encodeFrame, FrameReader } from '../frames.ts'
import type { DaemonFolder } from './daemon-folder.ts'
import type { DaemonRecord } from './daemon-record.ts'
import { DaemonUnusable } from './daemon-unusable.ts'
import { renderHello, REPLY_BYTES, type DaemonReply, type DaemonRequest } from './protocol.ts'

/** A connection to a daemon, after the hello. */
export interface DaemonConnection {
  send(request: DaemonRequest): void
  /** One listener at a time; replies that come before there is one are lost. */
  onReply: (reply: DaemonReply) => void
  /** The connection is gone, for whatever reason. Called once. */
  onEnd: () => void
  /** Whether the connection keeps this process from ending. */
  hold(isHolding: boolean): void
  close(): void
}

/** Connects to the daemon of a record. Null where nobody listens there. */
export async function connectToDaemon(folder: DaemonFolder, record: DaemonRecord): Promise<DaemonConnection | null> {
  const socket = await tryConnect(folder, record)
  if (socket === null) return null
  const reader = new FrameReader(REPLY_BYTES)
  const connection: DaemonConnection = {
    send: (request) => void socket.write(encodeFrame(request)),
    onReply: () => {},
    onEnd: () => {},
    hold: (isHolding) => void (isHolding ? socket.ref() : socket.unref()),
    close: () => void socket.destroy(),
  }
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const body of reader.add(chunk)) connection.onReply(JSON.parse(body.toString('utf8')) as DaemonReply)
    } catch (error) {
      socket.destroy(error as Error)
    }
  })
  socket.once('close', () => connection.onEnd())
  socket.write(renderHello(record.token))
  return connection
}

export async function canConnect(folder: DaemonFolder, record: DaemonRecord): Promise<boolean> {
  const socket = await tryConnect(folder, record)
  socket?.destroy()
  return socket !== null
}

/** Asks what executes nothing. Rejects with `DaemonUnusable` where no answer comes in time. */
export function askDaemon(
  connection: DaemonConnection,
  request: DaemonRequest,
  timeoutMs: number,
): Promise<DaemonReply> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new DaemonUnusable(`it did not answer within ${timeoutMs} ms`)), timeoutMs)
    connection.onReply = (reply) => {
      clearTimeout(timer)
      resolve(reply)
    }
    connection.onEnd = () => {
      clearTimeout(timer)
      reject(new DaemonUnusable('it ended without an answer'))
    }
    connection.send(request)
  })
}

function tryConnect(folder: DaemonFolder, { socket: name }: DaemonRecord): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(folder.within(name))
    // Refused: it has ended. Later errors close the socket, which is heard.
    socket.on('error', () => resolve(null))
    socket.once('connect', () => resolve(socket))
  })
}
