import type { Socket } from 'node:net'
import { CHANNEL, encodeChunk } from './relay-messages.ts'

/** Of a frame; guest/python/connections.py has the other end. */
export const KIND = { open: 0, data: 1, end: 2, close: 3, credit: 4 } as const

/**
 * What may be on its way in one direction of a connection, and so be held for it by either side. Each frame counts as
 * so many bytes more: else bytes that come one by one would cost the host a hundred times what they count.
 */
export const WINDOW_BYTES = 256 * 1024
export const FRAME_COST_BYTES = 256
const PIECE_BYTES = 64 * 1024
/**
 * The relay has sixteen at a time. Here some more may still be on their way to their end, and those that the guest has
 * closed itself take one turn of the event loop: both are bounded, against whoever could write into the relay's stream.
 */
const MOST_CONNECTIONS = 64
const MOST_ABANDONED = 1024
/** What full windows of sixteen connections take, in the smallest pieces, and half as much: who reads less is not the relay. */
const MOST_QUEUED_BYTES = 16 * 1024 * 1024
/** What a frame takes in the queue beside its bytes. */
const QUEUED_FRAME_BYTES = 512
/**
 * Nobody can tell whether a proxy that has finished is gone or can still be sent to. Clients keep connections of the first
 * kind in their pools, where they would take the places of live ones.
 */
const HALF_CLOSED_MS = 5_000

interface Connection {
  socket: Socket
  /** What the guest has room for. */
  room: number
  /** Of the proxy, waiting for room. */
  held: Buffer
  /** What the proxy has done and the guest is told when nothing is held any more. Node tells of it even while paused. */
  ended: boolean
  closed: boolean
  /** Closed by the guest, and soon here too. */
  abandoned: boolean
  /** Of the guest, not written yet. */
  taken: number
  /** Written, and not given back yet. */
  owed: number
}

export interface GuestConnectionsOptions {
  /** Opens a connection to the proxy, with `allowHalfOpen`. */
  connect(): Socket
  /** `onWritten` when it has left. */
  send(frame: Buffer, onWritten: () => void): void
}

/**
 * Carries the connections of one guest to its proxy, out of a stream that is hostile as a whole. It looks at no byte of
 * them: what is reached is the proxy's decision, which asks every request for its token.
 */
export class GuestConnections {
  readonly #options: GuestConnectionsOptions
  readonly #connections = new Map<number, Connection>()
  /** Connections count up. What comes for one that is not there any more was on its way when it ended. */
  #last = 0
  #abandoned = 0
  #queued = 0
  #isOver = false

  constructor(options: GuestConnectionsOptions) {
    this.#options = options
  }

  /** Throws where it is no frame, or one that the relay would not have sent. */
  onFrame(frame: Buffer): void {
    if (this.#isOver) return
    if (frame.length < 5) throw new Error('A frame of a connection without a head')
    if (this.#queued > MOST_QUEUED_BYTES) throw new Error('Nobody reads what the connections bring')
    const id = frame.readUInt32BE(1)
    const rest = frame.subarray(5)
    if (frame[0] === KIND.open) return this.#open(id, rest)
    if (id === 0 || id > this.#last) throw new Error('A frame of a connection that was never opened')
    const connection = this.#connections.get(id)
    if (frame[0] === KIND.data) this.#onData(id, connection, rest)
    else if (frame[0] === KIND.credit && rest.length === 4) this.#onCredit(id, connection, rest.readUInt32BE(0))
    else if (frame[0] === KIND.end && rest.length === 0) connection?.socket.end()
    else if (frame[0] === KIND.close && rest.length === 0) this.#onClose(id, connection)
    else throw new Error('A frame of a connection that says nothing known')
  }

  /** Ends all of them; whatever still comes is dropped. Safe to call twice. */
  end(): void {
    this.#isOver = true
    for (const { socket } of this.#connections.values()) socket.destroy()
  }

  #open(id: number, rest: Buffer): void {
    if (id <= this.#last || rest.length > 0) throw new Error('A connection that cannot be opened')
    const isFull = this.#connections.size - this.#abandoned >= MOST_CONNECTIONS
    if (isFull || this.#abandoned >= MOST_ABANDONED) throw new Error('Too many connections at one time')
    this.#last = id
    const socket = this.#options.connect()
    const connection: Connection = {
      socket,
      room: WINDOW_BYTES,
      held: Buffer.alloc(0),
      ended: false,
      closed: false,
      abandoned: false,
      taken: 0,
      owed: 0,
    }
    this.#connections.set(id, connection)
    socket.on('data', (chunk: Buffer) => {
      connection.held = chunk
      this.#flush(id, connection)
    })
    socket.on('end', () => {
      connection.ended = true
      this.#flush(id, connection)
      socket.setTimeout(HALF_CLOSED_MS, () => socket.destroy())
    })
    // The proxy is gone or has hung up: it closes too.
    socket.on('error', () => {})
    socket.on('close', () => {
      connection.closed = true
      this.#flush(id, connection)
    })
  }

  #onClose(id: number, connection: Connection | undefined): void {
    if (connection === undefined || connection.abandoned) return
    connection.abandoned = true
    this.#abandoned++
    connection.held = Buffer.alloc(0)
    const { socket } = connection
    if (connection.closed) this.#flush(id, connection)
    // Where both have finished it closes by itself, when the last of the guest's bytes has left.
    else if (!socket.readableEnded || !socket.writableEnded) socket.destroy()
  }

  #onData(id: number, connection: Connection | undefined, data: Buffer): void {
    if (data.length === 0) throw new Error('A piece of a connection without a byte')
    if (connection === undefined) return
    const cost = data.length + FRAME_COST_BYTES
    connection.taken += cost
    if (connection.taken > WINDOW_BYTES) throw new Error('More of a connection than there is room for')
    // A copy: the slice would hold all that came together with it.
    connection.socket.write(Buffer.from(data), (error) => {
      if (!error) this.#giveBack(id, connection, cost)
    })
  }

  #giveBack(id: number, connection: Connection, cost: number): void {
    connection.taken -= cost
    connection.owed += cost
    if (connection.taken > 0 && connection.owed < WINDOW_BYTES / 2) return
    const credit = Buffer.allocUnsafe(4)
    credit.writeUInt32BE(connection.owed)
    connection.owed = 0
    this.#send(KIND.credit, id, credit)
  }

  #onCredit(id: number, connection: Connection | undefined, bytes: number): void {
    if (connection === undefined) return
    connection.room += bytes
    if (connection.room > WINDOW_BYTES) throw new Error('More room for a connection than there was')
    this.#flush(id, connection)
  }

  /** Sends what there is room for; when nothing is left, the proxy is read again, or its end is told. */
  #flush(id: number, connection: Connection): void {
    while (connection.held.length > 0 && connection.room > FRAME_COST_BYTES) {
      const piece = connection.held.subarray(0, Math.min(PIECE_BYTES, connection.room - FRAME_COST_BYTES))
      connection.held = connection.held.subarray(piece.length)
      connection.room -= piece.length + FRAME_COST_BYTES
      this.#send(KIND.data, id, piece)
    }
    if (connection.held.length > 0) {
      connection.socket.pause()
      return
    }
    connection.socket.resume()
    if (connection.ended) {
      connection.ended = false
      this.#send(KIND.end, id)
    }
    if (!connection.closed || !this.#connections.delete(id)) return
    if (connection.abandoned) this.#abandoned--
    this.#send(KIND.close, id)
  }

  #send(kind: number, id: number, data: Buffer = Buffer.alloc(0)): void {
    if (this.#isOver) return
    const body = Buffer.allocUnsafe(5 + data.length)
    body.writeUInt8(kind, 0)
    body.writeUInt32BE(id, 1)
    data.copy(body, 5)
    const cost = body.length + QUEUED_FRAME_BYTES
    this.#queued += cost
    this.#options.send(encodeChunk(CHANNEL.network, body), () => (this.#queued -= cost))
  }
}
