import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { FrameReader } from '../../../src/sandbox/frames.ts'
import { FRAME_COST_BYTES, GuestConnections, KIND, WINDOW_BYTES } from '../../../src/sandbox/relay/guest-connections.ts'
import { CHANNEL } from '../../../src/sandbox/relay/relay-messages.ts'
import { assetPath } from '../../../src/util/asset-path.ts'
import { pythonPath } from '../egress/support/bridge-process.ts'

/** A server in the place of the proxy. */
async function startServer(listener: (socket: Socket) => void): Promise<() => Socket> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    listener(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return () => connect({ port, host: '127.0.0.1', allowHalfOpen: true })
}

interface Frame {
  kind: number
  id: number
  data: Buffer
}

/** The host's end alone, for frames that no relay would send. `reads` false: nothing that it sends ever leaves. */
async function openHost(listener: (socket: Socket) => void = () => {}, reads = true) {
  const sent: Frame[] = []
  const connections = new GuestConnections({
    connect: await startServer(listener),
    send(chunk, onWritten) {
      expect([chunk.readUInt32BE(0), chunk[4]]).toEqual([chunk.length - 4, CHANNEL.network])
      sent.push({ kind: chunk[5] ?? -1, id: chunk.readUInt32BE(6), data: chunk.subarray(10) })
      if (reads) onWritten()
    },
  })
  onTestFinished(() => connections.end())
  return { connections, sent }
}

function frame(kind: number, id: number, data: Buffer | string = ''): Buffer {
  const head = Buffer.alloc(5)
  head[0] = kind
  head.writeUInt32BE(id, 1)
  return Buffer.concat([head, Buffer.from(data)])
}

const credit = (bytes: number) => {
  const data = Buffer.alloc(4)
  data.writeUInt32BE(bytes)
  return data
}

describe('frames that the relay would not send end it:', () => {
  const hostile: Record<string, Buffer[]> = {
    'none at all': [Buffer.alloc(0)],
    'half a head': [Buffer.from([0, 0, 0, 1])],
    'an unknown kind': [frame(KIND.open, 1), frame(9, 1)],
    'data of a connection that was never opened': [frame(KIND.data, 1, 'x')],
    'data of the connection 0': [frame(KIND.data, 0, 'x')],
    'a connection that is opened twice': [frame(KIND.open, 1), frame(KIND.open, 1)],
    'a number that counts down': [frame(KIND.open, 7), frame(KIND.open, 3)],
    'an open with data': [frame(KIND.open, 1, 'x')],
    'an empty piece': [frame(KIND.open, 1), frame(KIND.data, 1)],
    'an end with data': [frame(KIND.open, 1), frame(KIND.end, 1, 'x')],
    'a credit of three bytes': [frame(KIND.open, 1), frame(KIND.credit, 1, 'abc')],
    'more room than there was': [frame(KIND.open, 1), frame(KIND.credit, 1, credit(1))],
    'more data than there is room': [
      frame(KIND.open, 1),
      frame(KIND.data, 1, Buffer.alloc(WINDOW_BYTES - FRAME_COST_BYTES)),
      frame(KIND.data, 1, 'x'),
    ],
    'more single bytes than there is room': [
      frame(KIND.open, 1),
      ...Array.from({ length: WINDOW_BYTES / FRAME_COST_BYTES }, () => frame(KIND.data, 1, 'x')),
    ],
    'more connections than one relay has': Array.from({ length: 65 }, (_, index) => frame(KIND.open, index + 1)),
    'connections that are opened and closed without end': Array.from({ length: 3000 }, (_, index) =>
      frame(index % 2 === 0 ? KIND.open : KIND.close, Math.floor(index / 2) + 1),
    ),
  }
  test.each(Object.entries(hostile))('%s', async (_, frames) => {
    const { connections } = await openHost()
    const all = () => {
      for (const one of frames) connections.onFrame(one)
    }
    expect(all).toThrow()
    // All but the last were fine.
    connections.end()
    expect(() => connections.onFrame(frames.at(-1) ?? Buffer.alloc(0))).not.toThrow()
  })

  test('nothing that is sent is read, and more is asked for all the same', async () => {
    const { connections, sent } = await openHost((socket) => socket.end('answer'), false)
    const ask = async () => {
      for (let id = 1; id < 200_000; id++) {
        connections.onFrame(frame(KIND.open, id))
        connections.onFrame(frame(KIND.close, id))
        if (id % 16 === 0) await nextTurn()
      }
    }
    // Closing is told too: the sum of what is told and never leaves is bounded.
    await expect(ask()).rejects.toThrow('Nobody reads')
    expect(sent.length).toBeLessThan(100_000)
  }, 240_000)
})

test('a client that connects and hangs up over and over is no fault of the relay', async () => {
  const { connections, sent } = await openHost()
  for (let id = 1; id <= 500; id++) {
    connections.onFrame(frame(KIND.open, id))
    connections.onFrame(frame(KIND.close, id))
    connections.onFrame(frame(KIND.close, id))
  }
  await expect.poll(() => sent.length, { timeout: 20_000 }).toBe(500)
  expect(sent.every(({ kind }) => kind === KIND.close)).toBe(true)
  // All places are free again.
  for (let id = 501; id <= 564; id++) connections.onFrame(frame(KIND.open, id))
  expect(() => connections.onFrame(frame(KIND.open, 565))).toThrow('Too many')
})

test('what comes for a connection that has just ended is nobody’s', async () => {
  const { connections, sent } = await openHost((socket) => socket.resetAndDestroy())
  connections.onFrame(frame(KIND.open, 1))
  await expect.poll(() => sent.map(({ kind }) => kind), { timeout: 20_000 }).toContain(KIND.close)
  for (const late of [frame(KIND.data, 1, 'x'), frame(KIND.credit, 1, credit(9)), frame(KIND.end, 1)]) {
    expect(() => connections.onFrame(late)).not.toThrow()
  }
})

test('a server that reads nothing gets no more than its window, and one that sends without end is not read on', async () => {
  let written = 0
  const { connections, sent } = await openHost((socket) => {
    const fill = () => {
      while (socket.write(Buffer.alloc(65_536))) written += 65_536
    }
    socket.on('drain', fill)
    fill()
  })
  connections.onFrame(frame(KIND.open, 1))
  const received = () => sent.filter(({ kind }) => kind === KIND.data).reduce((sum, { data }) => sum + data.length, 0)
  await expect.poll(received, { timeout: 20_000 }).toBeGreaterThan(WINDOW_BYTES / 2)
  await delay(300)
  expect(received()).toBeLessThan(WINDOW_BYTES)
  // The kernel's own buffers, and no more: the test's server is held up.
  expect(written).toBeLessThan(32 * 1024 * 1024)
  const before = received()
  connections.onFrame(frame(KIND.credit, 1, credit(100_000)))
  await expect.poll(received, { timeout: 20_000 }).toBeGreaterThan(before)
  expect(received() - before).toBeLessThan(100_000)
})

test('what a server sends last arrives whole, although the server is gone before there is room for it', async () => {
  const bytes = WINDOW_BYTES + 100_000
  const { connections, sent } = await openHost((socket) => {
    socket.end(Buffer.alloc(bytes))
    socket.resume()
  })
  connections.onFrame(frame(KIND.open, 1))
  connections.onFrame(frame(KIND.end, 1))
  const received = () => sent.reduce((sum, { data }) => sum + data.length, 0)
  await expect.poll(received, { timeout: 20_000 }).toBeGreaterThan(WINDOW_BYTES / 2)
  await delay(300)
  expect(sent.every(({ kind }) => kind === KIND.data)).toBe(true)
  connections.onFrame(frame(KIND.credit, 1, credit(200_000)))
  await expect.poll(() => sent.at(-1)?.kind, { timeout: 20_000 }).toBe(KIND.close)
  expect(received()).toBe(bytes)
  expect(sent.slice(-2).map(({ kind }) => kind)).toEqual([KIND.end, KIND.close])
})

test('a connection that the server has finished and the client keeps is closed after a while', async () => {
  const { connections, sent } = await openHost((socket) => socket.end('bye'))
  connections.onFrame(frame(KIND.open, 1))
  await expect.poll(() => sent.map(({ kind }) => kind), { timeout: 40_000 }).toEqual([KIND.data, KIND.end, KIND.close])
})

/** The relay's end as a program, joined to the host's. */
async function openWhole(listener: (socket: Socket) => void): Promise<number> {
  const connectToServer = await startServer(listener)
  const script = join(import.meta.dirname, 'support', 'connections-program.py')
  const guest = dirname(assetPath('sandbox/guest/python/relay.py'))
  const child = spawn(pythonPath, ['-I', '-B', script, guest], { stdio: ['pipe', 'pipe', 'pipe'] })
  onTestFinished(async () => {
    child.stdin.end()
    if (child.exitCode === null) await once(child, 'close')
    connections.end()
  })
  child.stdin.on('error', () => {})
  const connections = new GuestConnections({
    connect: connectToServer,
    send: (chunk, onWritten) => void child.stdin.write(chunk, onWritten),
  })
  const frames = new FrameReader(128 * 1024)
  child.stdout.on('data', (chunk: Buffer) => {
    for (const body of frames.add(chunk)) connections.onFrame(Buffer.from(body.subarray(1)))
  })
  const [line] = (await once(child.stderr, 'data')) as [Buffer]
  return Number(line.toString())
}

describe('a client, the relay, the host and a server', () => {
  const client = (port: number) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    onTestFinished(() => void socket.destroy())
    return socket
  }

  test('megabytes go both ways at once, unchanged, and both ends are told', async () => {
    const port = await openWhole((socket) => void socket.pipe(socket))
    const data = Buffer.alloc(6_000_000, 'handaxe')
    const socket = client(port)
    const answer = buffer(socket)
    socket.end(data)
    expect((await answer).equals(data)).toBe(true)
  })

  test('a server answers after the client has finished; a client goes on after the server has', async () => {
    const port = await openWhole(async (socket) => void socket.end(`got ${(await buffer(socket)).length}`))
    const first = client(port)
    first.end('12345')
    expect((await buffer(first)).toString()).toBe('got 5')
    const received: string[] = []
    const other = await openWhole((socket) => {
      socket.end('early')
      socket.on('data', (chunk) => received.push(chunk.toString()))
    })
    const second = client(other)
    expect((await buffer(second)).toString()).toBe('early')
    second.end('late')
    await expect.poll(() => received.join(''), { timeout: 20_000 }).toBe('late')
  })

  test('more clients than places wait for their turn, and a place is free again when either side goes', async () => {
    let open = 0
    let most = 0
    const port = await openWhole((socket) => {
      most = Math.max(most, ++open)
      socket.on('close', () => open--)
      socket.on('end', () => socket.destroy())
      socket.once('data', (name) => setTimeout(() => socket.end(`hello ${String(name)}`), 50))
    })
    const answers = Array.from({ length: 60 }, async (_, index) => {
      const socket = client(port)
      socket.write(String(index))
      const text = (await buffer(socket)).toString()
      socket.destroy()
      return text
    })
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 60 }, (_, index) => `hello ${index}`))
    // Those that are at their end for one side only are counted with the next ones.
    expect(most).toBeLessThan(40)
    // Clients that vanish: their servers are told.
    const vanishing = Array.from({ length: 16 }, () => client(port))
    await Promise.all(vanishing.map((socket) => once(socket, 'connect')))
    for (const socket of vanishing) socket.resetAndDestroy()
    const last = client(port)
    last.write('last')
    expect((await buffer(last)).toString()).toBe('hello last')
    await expect.poll(() => open, { timeout: 30_000 }).toBeLessThanOrEqual(1)
  })

  test('a client that reads nothing holds up its own connection alone', async () => {
    let written = 0
    const port = await openWhole((socket) => {
      socket.once('data', (name) => {
        if (String(name) !== 'flood') return socket.end('quick')
        const fill = () => {
          while (!socket.destroyed && socket.write(Buffer.alloc(65_536))) written += 65_536
        }
        socket.on('drain', fill)
        return fill()
      })
    })
    const stalled = client(port)
    stalled.pause()
    stalled.write('flood')
    await expect.poll(() => written, { timeout: 20_000 }).toBeGreaterThan(0)
    for (let index = 0; index < 5; index++) {
      const socket = client(port)
      socket.write('x')
      expect((await buffer(socket)).toString()).toBe('quick')
    }
    // What the kernel holds of two connections, and one window.
    expect(written).toBeLessThan(64 * 1024 * 1024)
  })
})
