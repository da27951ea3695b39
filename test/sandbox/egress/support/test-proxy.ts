import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import {
  connect,
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net'
import { connect as tlsConnect, type ConnectionOptions } from 'node:tls'
import { onTestFinished } from 'vitest'
import type { NetworkAllowList, NetworkDecision, NetworkTransfer } from '../../../../src/contracts/network.ts'
import {
  openEgressProxy,
  type EgressProxy,
  type EgressProxyOptions,
} from '../../../../src/sandbox/egress/open-egress-proxy.ts'
import { createCertificate } from './certificate.ts'

export interface TestProxy extends EgressProxy {
  decisions: NetworkDecision[]
  transfers: NetworkTransfer[]
  /** Every name that was looked up, in order. */
  lookups: string[]
  /** Every address that was dialled, in order. */
  dialled: string[]
  /** `Proxy-Authorization` with the right token. */
  authorization: string
}

export interface TestProxyOptions extends Partial<Omit<EgressProxyOptions, 'policy' | 'resolver'>> {
  policy?: Partial<NetworkAllowList>
  /** Answers of the resolver by name; a function may answer differently each time. */
  names?: Record<string, string[] | (() => string[] | Promise<string[]>)>
  /** Where a server of the test stands for a port of the host: `{ 443: upstream.port }`. */
  ports?: Record<number, number>
  /** Default: 127.0.0.1 counts as public, so that the servers of the tests can be reached. */
  reachable?: ((address: string) => boolean) | 'default'
}

/** A proxy of one test, with a resolver under the test's control; closed when the test ends. */
export async function openTestProxy(options: TestProxyOptions = {}): Promise<TestProxy> {
  const { policy, names = {}, ports = {}, reachable, unsafeTestOverrides, ...rest } = options
  const decisions: NetworkDecision[] = []
  const transfers: NetworkTransfer[] = []
  const lookups: string[] = []
  const dialled: string[] = []
  const isReachableAddress = reachable ?? ((address: string) => address === '127.0.0.1')
  const dial =
    unsafeTestOverrides?.connect ?? ((address: string, port: number) => connect(ports[port] ?? port, address))
  const proxy = await openEgressProxy({
    policy: { mode: 'allow-list', hosts: [], ...policy },
    resolver: async (name) => {
      lookups.push(name)
      const answer = names[name] ?? []
      return typeof answer === 'function' ? await answer() : answer
    },
    onDecision: (decision) => decisions.push(decision),
    onTransfer: (transfer) => transfers.push(transfer),
    unsafeTestOverrides: {
      ...(isReachableAddress === 'default' ? {} : { isReachableAddress }),
      connect: (address, port) => {
        dialled.push(address)
        return dial(address, port)
      },
    },
    ...rest,
  })
  onTestFinished(async () => {
    await proxy.close().catch(() => undefined)
  })
  const authorization = `Basic ${Buffer.from(`handaxe:${proxy.token}`).toString('base64')}`
  return Object.assign(Object.create(proxy) as EgressProxy, { decisions, transfers, lookups, dialled, authorization })
}

export const allowedNames = { 'allowed.com': ['127.0.0.1'] }

/** A proxy whose policy lists `allowed.com` at this port, which leads to the servers of the test. */
export function openAllowed(port: number, policy: Partial<NetworkAllowList> = {}): Promise<TestProxy> {
  return openTestProxy({ policy: { hosts: [{ host: 'allowed.com', port }], ...policy }, names: allowedNames })
}

export interface Upstream {
  port: number
  requests: IncomingMessage[]
  /** Bodies in the order in which they ended. */
  bodies: string[]
  connections: number
}

/** A real HTTP server on 127.0.0.1; with a certificate it speaks TLS. Default answer: `hello`. */
export async function startUpstream(
  listener: RequestListener = (_, response) => response.end('hello'),
  certificate?: { key: string; cert: string },
): Promise<Upstream> {
  const requests: IncomingMessage[] = []
  const bodies: string[] = []
  const handler: RequestListener = (request, response) => {
    requests.push(request)
    let body = ''
    request.setEncoding('latin1').on('data', (text: string) => (body += text))
    request.on('end', () => bodies.push(body))
    listener(request, response)
  }
  const server: Server = certificate === undefined ? createHttpServer(handler) : createHttpsServer(certificate, handler)
  const upstream: Upstream = { port: 0, requests, bodies, connections: 0 }
  server.on('connection', () => upstream.connections++)
  upstream.port = await listen(server)
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return upstream
}

/** A bare TCP server; what it does with a connection is the test's. */
export async function startTcpServer(onConnection: (socket: Socket) => void): Promise<{ port: number }> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  const port = await listen(server)
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port }
}

async function listen(server: TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

export const exampleCertificate = createCertificate(['api.example.com', 'other.example.com'])

/** A raw connection to the proxy that collects what comes back. */
export interface RawClient {
  socket: Socket
  received: () => string
  /** Resolves when this text has arrived, rejects when the connection ends first. */
  waitFor(text: string): Promise<void>
  /** Resolves when the connection has ended, with everything. */
  ended: Promise<string>
}

export function connectRaw(proxy: EgressProxy): RawClient {
  const socket = proxy.socketPath === null ? connect(proxy.port ?? 0, '127.0.0.1') : connect(proxy.socketPath)
  let received = ''
  const waiting: { text: string; resolve: () => void; reject: (error: Error) => void }[] = []
  const check = () => {
    for (const each of waiting) if (received.includes(each.text)) each.resolve()
  }
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text
    check()
  })
  const ended = new Promise<string>((resolve) => {
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      for (const { text, reject } of waiting)
        reject(new Error(`ended without ${text}; came: ${received.slice(0, 500)}`))
      resolve(received)
    })
  })
  onTestFinished(() => void socket.destroy())
  return {
    socket,
    received: () => received,
    ended,
    waitFor: (text) =>
      new Promise((resolve, reject) => {
        waiting.push({ text, resolve, reject })
        if (socket.destroyed) reject(new Error(`ended before ${text}`))
        check()
      }),
  }
}

/** Sends these bytes on a connection of their own and gives everything that came back until it was closed. */
export async function exchangeRaw(proxy: EgressProxy, text: string | Buffer): Promise<string> {
  const client = connectRaw(proxy)
  client.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
  return client.ended
}

/** A request in absolute form, closed after its answer. */
export function plainRequest(proxy: TestProxy, url: string, headers: string[] = [], method = 'GET'): Promise<string> {
  const lines = [
    `${method} ${url} HTTP/1.1`,
    'Host: from-the-code.example.com',
    `Proxy-Authorization: ${proxy.authorization}`,
    'Connection: close',
    ...headers,
  ]
  return exchangeRaw(proxy, `${lines.join('\r\n')}\r\n\r\n`)
}

export function connectHead(proxy: TestProxy, authority: string): string {
  return `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\nProxy-Authorization: ${proxy.authorization}\r\n\r\n`
}

export interface TlsOutcome {
  /** Everything that came through TLS. */
  text: string
  /** Of the first failure: a TLS alert, a reset. */
  error: string | null
}

/** TLS through a tunnel of the proxy; sends `text` and gives what came back. */
export async function exchangeTls(
  proxy: TestProxy,
  authority: string,
  options: ConnectionOptions,
  text = `GET / HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n\r\n`,
): Promise<TlsOutcome> {
  const socket = proxy.socketPath === null ? connect(proxy.port ?? 0, '127.0.0.1') : connect(proxy.socketPath)
  onTestFinished(() => void socket.destroy())
  socket.write(connectHead(proxy, authority))
  const [head] = (await once(socket, 'data')) as [Buffer]
  if (head.toString() !== 'HTTP/1.1 200 Connection established\r\n\r\n') throw new Error(head.toString())
  const secure = tlsConnect({ socket, ca: exampleCertificate.cert, ...options })
  return new Promise((resolve) => {
    const outcome: TlsOutcome = { text: '', error: null }
    secure.on('error', (error: NodeJS.ErrnoException) => (outcome.error ??= error.code ?? error.message))
    secure.on('close', () => resolve(outcome))
    secure.setEncoding('latin1').on('data', (piece: string) => (outcome.text += piece))
    secure.on('secureConnect', () => secure.write(text))
  })
}

export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 ([0-9]{3})/.exec(answer)?.[1] ?? 0)
}

export function refusalOf(answer: string): string | undefined {
  return /^x-handaxe-refusal: (.*)$/im.exec(answer)?.[1]?.trim()
}

/** Asks for the host by a plain request and by a tunnel, at their usual ports or both at the given one. */
export async function askBoth(proxy: TestProxy, host: string, port?: number): Promise<string[]> {
  return [
    await plainRequest(proxy, `http://${host}:${port ?? 80}/`),
    await exchangeRaw(proxy, connectHead(proxy, `${host}:${port ?? 443}`)),
  ]
}

/** A TCP server that keeps every byte it is sent. */
export async function startSink(): Promise<{ port: number; connections: number; bytes: string }> {
  const sink = { port: 0, connections: 0, bytes: '' }
  const { port } = await startTcpServer((socket) => {
    sink.connections++
    socket.on('data', (chunk) => (sink.bytes += chunk.toString('latin1')))
  })
  sink.port = port
  return sink
}
