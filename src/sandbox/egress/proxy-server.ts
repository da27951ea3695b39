import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { EgressContext } from './egress-context.ts'
import { forwardRequest } from './forward-request.ts'
import { openTunnel } from './open-tunnel.ts'
import type { Target } from './parse-target.ts'
import { EgressRefusal } from './refusal.ts'
import { writeRefusal } from './refusal-reply.ts'

export interface ProxyServer {
  server: Server
  /** Ends every connection; resolves when nothing is under way any more. Gives the faults of the host's own. */
  end(): Promise<unknown[]>
}

/** How often Node looks for connections whose headers are late. Its default, 30 s, would double every time limit. */
const CHECK_INTERVAL_MS = 500

/** The HTTP server of one proxy: which event becomes which decision. Not listening yet. */
export function createProxyServer(context: EgressContext): ProxyServer {
  const { limits } = context
  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    insecureHTTPParser: false,
    // Checked by `assertAcceptable`: Node's own answer would pass by the log.
    requireHostHeader: false,
    headersTimeout: limits.connectTimeoutMs,
    // A body may take its time as long as it moves: the idle limit sees to that.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, limits.connectTimeoutMs),
  })
  server.maxConnections = limits.connections
  // The header limit bounds their number; Node would drop the 2001st without a word.
  server.maxHeadersCount = 0

  const sockets = new Set<Socket>()
  const faults: unknown[] = []
  const running = new Set<Promise<void>>()
  const watch = (work: Promise<void>): Promise<void> => {
    const watched = work.catch((error: unknown) => void faults.push(error)).finally(() => running.delete(watched))
    running.add(watched)
    return watched
  }
  const queue = createQueue(watch)

  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  // Tunnels in which plain requests come, with the target that each of them was opened for.
  const tunnels = new WeakMap<Duplex, Target>()
  const adopt = (client: Duplex, target: Target) => {
    tunnels.set(client, target)
    server.emit('connection', client)
    // Paused by its last reader, with the first bytes in it.
    client.resume()
  }
  const forward = (expectsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    const tunnel = tunnels.get(request.socket) ?? null
    queue.add(request.socket, () => forwardRequest(context, { request, response, expectsContinue, tunnel }))
  }
  server.on('request', forward(false))
  server.on('checkContinue', forward(true))
  // Any other expectation is ignored: the header is not passed on.
  server.on('checkExpectation', forward(false))
  server.on('connect', (request, client, head) => {
    const mayOpen = !queue.isBusy(client) && !tunnels.has(client)
    void watch(mayOpen ? openTunnel(context, { request, client, head, adopt }) : refuseUnread(context, client))
  })
  server.on('clientError', (error, client) => {
    void watch(refuseUnreadable(context, error, client, queue.isBusy(client)))
  })
  server.on('drop', () => void watch(recordDrop(context)))
  server.on('error', (error) => faults.push(error))

  return {
    server,
    async end() {
      const closed = server.listening ? new Promise((resolve) => server.close(resolve)) : undefined
      for (const socket of sockets) socket.destroy()
      await closed
      while (running.size > 0) await Promise.all(running)
      return faults
    },
  }
}

/** One request of a connection at a time: Node starts all that were sent ahead, and answers have to be in order. */
function createQueue(watch: (work: Promise<void>) => Promise<void>) {
  const tails = new WeakMap<Duplex, Promise<void>>()
  return {
    isBusy: (socket: Duplex) => tails.has(socket),
    add(socket: Duplex, work: () => Promise<void>) {
      // The first one begins at once, so that it is refused before the parser stumbles over what follows it.
      const tail = watch(tails.get(socket)?.then(work) ?? work()).finally(() => {
        if (tails.get(socket) === tail) tails.delete(socket)
      })
      tails.set(socket, tail)
    },
  }
}

/** A CONNECT behind a request that is still being answered, or inside of a tunnel: two targets on one connection. */
async function refuseUnread(context: EgressContext, client: Duplex): Promise<void> {
  client.on('error', () => client.destroy())
  client.destroy()
  context.ledger.begin('unknown').decide('malformed-request')
}

async function refuseUnreadable(
  context: EgressContext,
  error: NodeJS.ErrnoException,
  client: Duplex,
  isBusy: boolean,
): Promise<void> {
  // Hanging up is no request.
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') {
    client.destroy()
    return
  }
  const refusal = new EgressRefusal(refusalOf(error.code))
  context.ledger.begin('unknown').decide(refusal.reason)
  if (!isBusy) {
    writeRefusal(client, refusal)
    return
  }
  // A second answer would be read as part of the one under way. One that is complete, such as the refusal of these very
  // headers, still goes out.
  client.pause()
  await new Promise((resolve) => setImmediate(resolve))
  if (client instanceof Socket) client.destroySoon()
  else client.destroy()
}

function refusalOf(code: string | undefined) {
  if (code === 'HPE_HEADER_OVERFLOW') return 'header-too-large'
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'header-timeout' : 'malformed-request'
}

async function recordDrop(context: EgressContext): Promise<void> {
  context.ledger.begin('unknown').decide('connection-limit')
}
