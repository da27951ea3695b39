import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createBridgeFolder, pythonPath, run, startBridge } from './support/bridge-process.ts'

/** A server on a unix socket, standing for the proxy. */
async function startUnixServer(onConnection: (socket: Socket) => void): Promise<{ path: string; server: Server }> {
  const folder = mkdtempSync(join(tmpdir(), 'handaxe-bridge-'))
  const path = join(folder, 'proxy.sock')
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  server.listen(path)
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { path, server }
}

function dial(port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  onTestFinished(() => void socket.destroy())
  return socket
}

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  if (!socket.readableEnded && !socket.destroyed) await Promise.race([once(socket, 'end'), once(socket, 'close')])
  return Buffer.concat(chunks)
}

/** User and system time that a process has taken. */
function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

describe('the bridge', () => {
  test('passes bytes both ways unchanged, many at once, and lets one side end before the other', async () => {
    const { path } = await startUnixServer((socket) => {
      const chunks: Buffer[] = []
      socket.on('data', (chunk: Buffer) => chunks.push(chunk))
      // Answers only when the request has ended: proves that the end is passed on by itself.
      socket.on('end', () => socket.end(Buffer.concat([Buffer.from('back:'), ...chunks])))
    })
    const { port } = await startBridge(path)
    const exchange = async (bytes: Buffer) => {
      const socket = dial(port)
      socket.end(bytes)
      return sha256(await readAll(socket)) === sha256(Buffer.concat([Buffer.from('back:'), bytes]))
    }
    const sizes = [0, 1, 65_535, 65_536, 65_537, 3_000_000, 8_000_000]
    expect(await Promise.all(sizes.map((size) => exchange(randomBytes(size))))).toEqual(sizes.map(() => true))
  })

  test('passes small pieces at once', async () => {
    const { path } = await startUnixServer((socket) => void socket.pipe(socket))
    const { port } = await startBridge(path)
    const socket = dial(port)
    const startedAt = performance.now()
    for (let turn = 0; turn < 200; turn++) {
      socket.write(`turn ${turn}`)
      expect(String((await once(socket, 'data'))[0])).toBe(`turn ${turn}`)
    }
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })

  test('slows a fast sender down to a reader that does not read', async () => {
    let sent = 0
    const { path } = await startUnixServer((socket) => {
      const more = () => {
        while (sent < 100_000_000 && socket.write(Buffer.alloc(64_000))) sent += 64_000
        socket.once('drain', more)
      }
      more()
    })
    const { port } = await startBridge(path)
    dial(port).pause()
    let before = -1
    const isStill = () => {
      const same = sent === before
      before = sent
      return same
    }
    await expect.poll(isStill, { interval: 300 }).toBe(true)
    expect(sent).toBeLessThan(30_000_000)
  })

  test('holds as many connections as it is told; the next one waits for its turn', async () => {
    let connections = 0
    const { path } = await startUnixServer((socket) => {
      connections++
      socket.write('welcome')
    })
    const { port } = await startBridge(path, ['--connections', '2'])
    const clients = [dial(port), dial(port)]
    await Promise.all(clients.map((client) => once(client, 'data')))
    const third = dial(port)
    const welcomed = once(third, 'data')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(connections).toBe(2)
    clients[0]?.resetAndDestroy()
    expect(String((await welcomed)[0])).toBe('welcome')
    expect(connections).toBe(3)
  })

  test.each([
    ['the proxy hangs up', (socket: Socket) => socket.destroy()],
    ['the proxy resets', (socket: Socket) => socket.once('data', () => socket.destroy())],
  ])('ends the connection where %s, and goes on', async (_, onConnection) => {
    let first = true
    const { path } = await startUnixServer((socket) => {
      if (!first) socket.end('second')
      else onConnection(socket)
      first = false
    })
    const { port } = await startBridge(path)
    const socket = dial(port)
    socket.write('hello')
    expect(String(await readAll(socket))).toBe('')
    expect(String(await readAll(dial(port)))).toBe('second')
  })

  test('ends the connection where there is no proxy, and goes on', async () => {
    const { path, server } = await startUnixServer((socket) => socket.end('here'))
    const { port } = await startBridge(path)
    expect(String(await readAll(dial(port)))).toBe('here')
    server.close()
    await once(server, 'close')
    expect(String(await readAll(dial(port)))).toBe('')
    server.listen(path)
    await once(server, 'listening')
    expect(String(await readAll(dial(port)))).toBe('here')
  })

  test('gives the place of a connection away when the proxy has closed it, though the client keeps its side open', async () => {
    const { path } = await startUnixServer((socket) => {
      socket.write('welcome')
      setTimeout(() => socket.destroy(), 50)
    })
    const { port } = await startBridge(path, ['--connections', '1'])
    for (let turn = 0; turn < 3; turn++) {
      const forgetful = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      onTestFinished(() => void forgetful.destroy())
      expect(String(await readAll(forgetful))).toBe('welcome')
    }
  })

  test('delivers an answer that came before the whole request was taken', async () => {
    const { path } = await startUnixServer((socket) => {
      socket.write('answer')
      setTimeout(() => socket.destroy(), 50)
    })
    const { port } = await startBridge(path)
    const socket = dial(port)
    socket.write(Buffer.alloc(10_000_000))
    expect(String(await readAll(socket))).toBe('answer')
  })

  test('rests while nothing moves, in whatever state its connections are', async () => {
    const { path } = await startUnixServer((socket) => socket.write(Buffer.alloc(5_000_000)))
    const bridge = await startBridge(path)
    dial(bridge.port).pause() // reads nothing: bytes wait in the bridge
    const halfClosed = connect({ port: bridge.port, host: '127.0.0.1', allowHalfOpen: true })
    onTestFinished(() => void halfClosed.destroy())
    halfClosed.on('data', () => undefined).end('over')
    const reset = dial(bridge.port)
    await once(reset, 'data')
    reset.resetAndDestroy()
    let before = -100
    const ticksSince = () => {
      const now = cpuTicks(bridge.process.pid ?? 0)
      const ticks = now - before
      before = now
      return ticks
    }
    // A tick is 10 ms: a loop that never waits would take some fifty in each half second, now and later.
    await expect.poll(ticksSince, { interval: 500 }).toBeLessThan(2)
  })

  test('survives a thousand connections that come and go', async () => {
    const { path } = await startUnixServer((socket) => socket.end('x'))
    const { port } = await startBridge(path)
    for (let round = 0; round < 50; round++) {
      const answers = Array.from({ length: 20 }, (_, index) => {
        const socket = dial(port)
        if (index % 3 === 0) socket.once('connect', () => socket.resetAndDestroy())
        return readAll(socket)
      })
      await Promise.all(answers)
    }
    expect(String(await readAll(dial(port)))).toBe('x')
  })

  test('listens on 127.0.0.1 only, at the port it is given', async () => {
    const { path } = await startUnixServer((socket) => socket.end('x'))
    const free = await startBridge(path)
    free.process.stdin?.end()
    await free.ended
    const { port } = await startBridge(path, ['--port', String(free.port)])
    expect(port).toBe(free.port)
    const other = connect(port, '127.0.0.2')
    const [error] = (await once(other, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNREFUSED')
  })

  test('ends with its stdin, also while connections are open', async () => {
    const { path } = await startUnixServer((socket) => socket.write('stay'))
    const bridge = await startBridge(path)
    const socket = dial(bridge.port)
    await once(socket, 'data')
    const startedAt = performance.now()
    bridge.process.stdin?.end()
    expect(await bridge.ended).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(8000)
    await readAll(socket)
  })
})

describe('the bridge that a jail forks for itself', () => {
  const runProgram = (program: string, userId?: number) => {
    const folder = createBridgeFolder()
    writeFileSync(join(folder, 'program.py'), program, { mode: 0o644 })
    return run(pythonPath, ['-B', join(folder, 'program.py')], userId === undefined ? {} : { userId })
  }

  test('listens before its caller goes on, and keeps none of the caller\u2019s pipes open', async () => {
    const { path } = await startUnixServer((socket) => socket.end('through'))
    const { stdout, stderr, status } = await runProgram(`
import bridge, os, socket
inherited = os.open("/dev/zero", os.O_RDONLY)
pid, port = bridge.start(${JSON.stringify(path)})
with socket.create_connection(("127.0.0.1", port)) as client:
    text = client.recv(100).decode()

def name_of(descriptor):
    try:
        return os.readlink("/proc/%d/fd/%s" % (pid, descriptor)).split(":")[0]
    except FileNotFoundError:
        # Of the connection that has just ended.
        return "closed"

open_files = sorted(map(name_of, os.listdir("/proc/%d/fd" % pid))) if os.getuid() == 0 else None
print(pid, text, open_files)
`)
    expect([status, stderr]).toEqual([0, ''])
    const [, pid, text, files] = /^(\d+) (\S+) (.*)$/m.exec(stdout) ?? []
    onTestFinished(() => void process.kill(Number(pid), 'SIGKILL'))
    expect(text).toBe('through')
    // The program's output ended although the bridge still lives: otherwise `run` would not have come back.
    expect(process.kill(Number(pid), 0)).toBe(true)
    if (files !== 'None') expect(files).not.toContain('/dev/zero')
  })

  test('cannot be written to by the code, which runs as the same user', async () => {
    const { path } = await startUnixServer((socket) => socket.end())
    const { stdout, stderr } = await runProgram(
      `
import bridge, os, signal, time

def writable(pid):
    try:
        os.close(os.open("/proc/%d/mem" % pid, os.O_RDWR))
        return True
    except PermissionError:
        return False

pid, port = bridge.start(${JSON.stringify(path)})
plain = os.fork()
if plain == 0:
    time.sleep(30)
    os._exit(0)
time.sleep(0.3)
print("bridge", writable(pid), "plain child", writable(plain))
for child in (pid, plain):
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
`,
      65_534,
    )
    expect(stderr).toBe('')
    expect(stdout.trim()).toBe('bridge False plain child True')
  })

  test('does not run its caller\u2019s program a second time where it fails', async () => {
    const { stdout } = await runProgram(`
import bridge, os
def broken(*arguments, **options):
    raise RuntimeError("broken")
bridge.serve = broken
pid, port = bridge.start("/nowhere")
print("once", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`)
    expect(stdout.trim()).toBe('once 1')
  })
})
