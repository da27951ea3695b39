import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HandaxeError } from '../../../src/contracts/errors.ts'
import type { NetworkAllowList } from '../../../src/contracts/network.ts'
import { openEgressProxy, type EgressProxyOptions } from '../../../src/sandbox/egress/open-egress-proxy.ts'
import {
  connectHead,
  connectRaw,
  exampleCertificate,
  exchangeRaw,
  exchangeTls,
  openTestProxy,
  plainRequest,
  refusalOf,
  startTcpServer,
  startUpstream,
  statusOf,
  type TestProxy,
} from './support/test-proxy.ts'

const names = { 'api.example.com': ['127.0.0.1'], 'other.example.com': ['127.0.0.1'] }
const policy: NetworkAllowList = { mode: 'allow-list', hosts: [{ host: 'api.example.com' }] }

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'handaxe-egress-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function openFor(port: number, limits: NetworkAllowList['limits'] = {}): Promise<TestProxy> {
  return openTestProxy({ policy: { hosts: [{ host: 'api.example.com', port }], limits }, names })
}

describe('a plain request to a listed host', () => {
  test('is passed on with the Host of its target, answered, decided once and counted', async () => {
    const upstream = await startUpstream((_, response) => {
      response.setHeader('X-Seen', ['one', 'two'])
      response.end('hello')
    })
    const proxy = await openFor(upstream.port)
    const answer = await plainRequest(proxy, `http://api.example.com:${upstream.port}/a/../b?c=d`, ['X-Sent: y'])
    expect(statusOf(answer)).toBe(200)
    expect(answer).toMatch(/x-seen: one\r\nx-seen: two/i)
    expect(answer).toMatch(/content-length: 5/i)
    expect(answer.endsWith('hello')).toBe(true)
    const seen = upstream.requests[0]
    expect(seen?.url).toBe('/a/../b?c=d')
    expect(seen?.headers).toMatchObject({ host: `api.example.com:${upstream.port}`, 'x-sent': 'y' })
    const target = { id: 1, host: 'api.example.com', port: upstream.port }
    const decision = { ...target, kind: 'request', outcome: 'allowed', reason: 'listed', address: '127.0.0.1' }
    expect(proxy.decisions).toEqual([decision])
    const usage = await proxy.close()
    expect(usage).toMatchObject({ requests: 1, allowed: 1, refused: 0, failed: 0, reasons: { listed: 1 } })
    expect(proxy.transfers).toMatchObject([{ ...target, ended: 'complete' }])
    expect(proxy.transfers[0]).toMatchObject({ bytesSent: usage.bytesSent, bytesReceived: usage.bytesReceived })
    expect(usage.bytesReceived).toBeGreaterThan('hello'.length)
    expect(usage.bytesSent).toBeGreaterThan(100)
  })

  test.each([
    ['a length', ['Content-Length: 11'], 'hello world'],
    ['chunks', ['Transfer-Encoding: chunked'], '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n'],
    ['chunks with a trailer', ['Transfer-Encoding: chunked'], 'b\r\nhello world\r\n0\r\nX-Late: y\r\n\r\n'],
    ['a wait for the go-ahead', ['Content-Length: 11', 'Expect: 100-continue'], 'hello world'],
    ['an expectation nobody knows', ['Content-Length: 11', 'Expect: a-miracle'], 'hello world'],
  ])('carries a body with %s', async (_, headers, body) => {
    const upstream = await startUpstream((request, response) => request.on('end', () => response.end('got it')))
    const proxy = await openFor(upstream.port)
    const client = connectRaw(proxy)
    const head = [`POST http://api.example.com:${upstream.port}/ HTTP/1.1`, 'Host: x.example', 'Connection: close']
    head.push(`Proxy-Authorization: ${proxy.authorization}`, ...headers)
    client.socket.write(`${head.join('\r\n')}\r\n\r\n`)
    if (headers.includes('Expect: 100-continue')) await client.waitFor('100 Continue')
    client.socket.write(body)
    expect(await client.ended).toContain('got it')
    expect(upstream.bodies).toEqual(['hello world'])
    expect(upstream.requests[0]?.headers).not.toHaveProperty('expect')
    expect(upstream.requests[0]?.trailers).toEqual({})
  })

  test('with a body that its method does not expect stays one request', async () => {
    const upstream = await startUpstream((request, response) => request.on('end', () => response.end('got it')))
    const proxy = await openFor(upstream.port)
    const smuggled = `GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`
    const head = `GET http://api.example.com:${upstream.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`
    const framing = `Proxy-Authorization: ${proxy.authorization}\r\nTransfer-Encoding: chunked\r\n\r\n`
    const chunk = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`
    expect(await exchangeRaw(proxy, head + framing + chunk)).toContain('got it')
    expect(upstream.requests.map(({ url }) => url)).toEqual(['/'])
    expect(upstream.bodies).toEqual([smuggled])
  })

  test('loses what belongs to the connection, and what its Connection header names', async () => {
    const upstream = await startUpstream()
    const proxy = await openFor(upstream.port)
    await plainRequest(proxy, `http://api.example.com:${upstream.port}/`, [
      'Connection: X-Private, authorization',
      'X-Private: 1',
      'Authorization: Bearer mine',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'TE: trailers',
      'Trailer: X-Late',
      'Upgrade: h2c',
      'HTTP2-Settings: AAAA',
      'X-Kept: 1',
      'Cookie: a=b',
      '__proto__: x',
      'constructor: y',
    ])
    const { rawHeaders = [] } = upstream.requests[0] ?? {}
    const sent = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
    expect(sent.sort()).toEqual(['__proto__', 'connection', 'constructor', 'cookie', 'host', 'x-kept'])
    expect(upstream.requests[0]?.headers.connection).toBe('close')
  })

  test('gets an answer without what belongs to the connection, and a redirect as it is', async () => {
    const upstream = await startUpstream((_, response) => {
      response.writeHead(302, { location: 'http://169.254.169.254/', connection: 'x-hop', 'x-hop': '1', 'x-end': '2' })
      response.end()
    })
    const proxy = await openFor(upstream.port)
    const answer = await plainRequest(proxy, `http://api.example.com:${upstream.port}/`)
    expect(statusOf(answer)).toBe(302)
    expect(answer).toMatch(/location: http:\/\/169\.254\.169\.254\//i)
    expect(answer).toMatch(/x-end: 2/i)
    expect(answer).not.toMatch(/x-hop/i)
    expect(upstream.connections).toBe(1)
  })

  test.each(['HEAD', 'OPTIONS', 'DELETE', 'PATCH', 'PROPFIND'])('may use the method %s', async (method) => {
    const upstream = await startUpstream((_, response) => response.end('hello'))
    const proxy = await openFor(upstream.port)
    const answer = await plainRequest(proxy, `http://api.example.com:${upstream.port}/`, [], method)
    expect(statusOf(answer)).toBe(200)
    expect(answer.endsWith('hello')).toBe(method !== 'HEAD')
    expect(upstream.requests[0]?.method).toBe(method)
  })

  test('sees an answer as it comes, not when it is complete', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const upstream = await startUpstream((_, response) => {
      response.write('first')
      void released.then(() => response.end('second'))
    })
    const proxy = await openFor(upstream.port)
    const client = connectRaw(proxy)
    const head = `GET http://api.example.com:${upstream.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`
    client.socket.write(`${head}Proxy-Authorization: ${proxy.authorization}\r\n\r\n`)
    await client.waitFor('first')
    expect(client.received()).not.toContain('second')
    release()
    expect(await client.ended).toContain('second')
  })

  test('gets an answer that comes before its body was sent, and cannot send another request behind it', async () => {
    const upstream = await startUpstream((_, response) => {
      response.writeHead(413, { connection: 'close' })
      response.end('too much')
    })
    const proxy = await openFor(upstream.port)
    const client = connectRaw(proxy)
    const head = `POST http://api.example.com:${upstream.port}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n`
    client.socket.write(`${head}Proxy-Authorization: ${proxy.authorization}\r\n\r\npart`)
    expect(await client.ended).toContain('too much')
    expect(upstream.requests).toHaveLength(1)
  })

  test.each([
    ['says nothing and hangs up', ''],
    ['answers in another protocol', 'SSH-2.0-x\r\n'],
    ['has a header that is too large', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`],
    ['switches protocols unasked', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
  ])('is answered by 502 where the host %s', async (_, bytes) => {
    const upstream = await startTcpServer((socket) => socket.end(bytes))
    const proxy = await openFor(upstream.port)
    const answer = await plainRequest(proxy, `http://api.example.com:${upstream.port}/`)
    expect(statusOf(answer)).toBe(502)
    expect(refusalOf(answer)).toBe('ended-early')
    expect(proxy.transfers).toMatchObject([{ ended: 'aborted' }])
  })

  test('is cut where the answer is shorter than it says', async () => {
    const upstream = await startTcpServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort'))
    const proxy = await openFor(upstream.port)
    const answer = await plainRequest(proxy, `http://api.example.com:${upstream.port}/`)
    expect(answer.endsWith('short')).toBe(true)
    expect(proxy.transfers).toMatchObject([{ ended: 'aborted' }])
  })
})

describe('a tunnel to a listed host', () => {
  test('carries TLS that names it, with the certificate of the host itself', async () => {
    const upstream = await startUpstream(undefined, exampleCertificate)
    const proxy = await openFor(upstream.port)
    const options = { servername: 'api.example.com' }
    const get = 'GET /x HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n\r\n'
    const { text, error } = await exchangeTls(proxy, `api.example.com:${upstream.port}`, options, get)
    expect(text).toContain('hello')
    expect(error).toBeNull()
    expect(upstream.requests[0]?.url).toBe('/x')
    const decision = { kind: 'tunnel', host: 'api.example.com', outcome: 'allowed', address: '127.0.0.1' }
    expect(proxy.decisions).toMatchObject([decision])
    await expect.poll(() => proxy.transfers).toHaveLength(1)
    const usage = await proxy.close()
    expect(proxy.transfers).toMatchObject([{ ended: 'complete', bytesSent: usage.bytesSent }])
    expect(usage.bytesSent).toBeGreaterThan(500)
    expect(usage.bytesReceived).toBeGreaterThan(500)
  })

  test('whose rule does not ask for TLS carries any bytes, half-closed connections too', async () => {
    const upstream = await startTcpServer((socket) => {
      let text = ''
      socket.on('data', (bytes) => (text += bytes.toString()))
      socket.on('end', () => socket.end(text.toUpperCase()))
      socket.allowHalfOpen = true
    })
    const hosts = [{ host: 'api.example.com', port: upstream.port, requireTls: false }]
    const proxy = await openTestProxy({ policy: { hosts }, names })
    const client = connectRaw(proxy)
    client.socket.end(`${connectHead(proxy, `api.example.com:${upstream.port}`)}some bytes`)
    expect(await client.ended).toBe('HTTP/1.1 200 Connection established\r\n\r\nSOME BYTES')
    await proxy.close()
    expect(proxy.transfers).toMatchObject([{ ended: 'complete', bytesSent: 10, bytesReceived: 10 }])
  })

  test('is answered by 502 where nobody listens, and by 504 where nobody answers in time', async () => {
    const gone = await startTcpServer(() => undefined)
    const closed = await openTestProxy({
      policy: { hosts: [{ host: 'api.example.com', port: gone.port }] },
      names,
      unsafeTestOverrides: { connect: (address) => connect(1, address) },
    })
    const refused = await exchangeRaw(closed, connectHead(closed, `api.example.com:${gone.port}`))
    expect([statusOf(refused), refusalOf(refused)]).toEqual([502, 'connect-failed'])
    expect(closed.decisions).toMatchObject([{ outcome: 'failed', reason: 'connect-failed', address: '127.0.0.1' }])

    const silent = await openTestProxy({
      policy: { hosts: [{ host: 'api.example.com', port: gone.port }], limits: { connectTimeoutMs: 200 } },
      names: { 'api.example.com': () => new Promise(() => undefined) },
    })
    const startedAt = performance.now()
    const late = await exchangeRaw(silent, connectHead(silent, `api.example.com:${gone.port}`))
    expect([statusOf(late), refusalOf(late)]).toEqual([504, 'connect-timeout'])
    expect(performance.now() - startedAt).toBeLessThan(3000)
    expect(silent.dialled).toEqual([])
  })

  test('tries the next address where one does not answer, IPv4 first', async () => {
    const upstream = await startTcpServer((socket) => socket.end('hi'))
    const proxy = await openTestProxy({
      policy: { hosts: [{ host: 'api.example.com', port: upstream.port, requireTls: false }] },
      names: { 'api.example.com': ['::1', '127.0.0.2', '127.0.0.1'] },
      reachable: () => true,
    })
    const answer = await exchangeRaw(proxy, connectHead(proxy, `api.example.com:${upstream.port}`))
    expect(answer).toContain('hi')
    expect(proxy.dialled).toEqual(['127.0.0.2', '127.0.0.1'])
    expect(proxy.decisions).toMatchObject([{ outcome: 'allowed', address: '127.0.0.1' }])
  })
})

describe('the token', () => {
  test.each([
    ['none', ''],
    ['an empty one', 'Proxy-Authorization: \r\n'],
    ['another one', `Proxy-Authorization: Basic ${Buffer.from('handaxe:wrong').toString('base64')}\r\n`],
    ['one that is no base64', 'Proxy-Authorization: Basic %%%\r\n'],
    ['another scheme', 'Proxy-Authorization: Digest x\r\n'],
    ['a huge one', `Proxy-Authorization: Bearer ${'a'.repeat(10_000)}\r\n`],
  ])('is asked for: %s is not enough, for neither form of request', async (_, header) => {
    const upstream = await startUpstream()
    const proxy = await openFor(upstream.port)
    const target = `api.example.com:${upstream.port}`
    for (const line of [`GET http://${target}/ HTTP/1.1`, `CONNECT ${target} HTTP/1.1`]) {
      const answer = await exchangeRaw(proxy, `${line}\r\nHost: ${target}\r\n${header}\r\n`)
      expect([statusOf(answer), refusalOf(answer)]).toEqual([407, 'unauthenticated'])
      expect(answer).toMatch(/proxy-authenticate: Basic realm="handaxe"/i)
    }
    expect(proxy.lookups).toEqual([])
    expect(upstream.connections).toBe(0)
    // Who does not hold it learns nothing about the rules, and the log does not repeat what they asked for.
    expect(proxy.decisions).toMatchObject([{ host: null, reason: 'unauthenticated' }, { host: null }])
  })

  test('is taken as Basic with any user and as Bearer', async () => {
    const upstream = await startUpstream()
    const proxy = await openFor(upstream.port)
    const basic = Buffer.from(`anyone:${proxy.token}`).toString('base64')
    for (const credentials of [`Basic ${basic}`, `bearer ${proxy.token}`]) {
      const head = `GET http://api.example.com:${upstream.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`
      expect(statusOf(await exchangeRaw(proxy, `${head}Proxy-Authorization: ${credentials}\r\n\r\n`))).toBe(200)
    }
    expect(upstream.requests[0]?.headers).not.toHaveProperty('proxy-authorization')
  })

  test('differs between proxies and is hard to guess', async () => {
    const [first, second] = [await openTestProxy(), await openTestProxy()]
    expect(first.token).not.toBe(second.token)
    expect(first.token).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })
})

describe('the socket', () => {
  const open = (options: Partial<EgressProxyOptions>) => openEgressProxy({ policy, ...options })

  test('is a file that only its owner can use, works like the port, and is gone after close', async () => {
    const upstream = await startUpstream()
    const socketPath = join(folder, 'a.sock')
    const proxy = await openTestProxy({
      socketPath,
      policy: { hosts: [{ host: 'api.example.com', port: upstream.port }] },
      names,
    })
    expect(statSync(socketPath).mode & 0o777).toBe(0o600)
    expect([proxy.socketPath, proxy.port]).toEqual([socketPath, null])
    expect(await plainRequest(proxy, `http://api.example.com:${upstream.port}/`)).toContain('hello')
    await proxy.close()
    expect(existsSync(socketPath)).toBe(false)
  })

  test('takes another mode where the sandbox runs as another user', async () => {
    const proxy = await open({ socketPath: join(folder, 'b.sock'), socketMode: 0o666 })
    expect(statSync(join(folder, 'b.sock')).mode & 0o777).toBe(0o666)
    await proxy.close()
  })

  test.each([
    ['a path that is too long', () => join(folder, 'x'.repeat(120)), 'invalid_arguments'],
    ['a folder that is not there', () => join(folder, 'nowhere', 'a.sock'), 'sandbox_unavailable'],
    ['a file in its place', () => join(folder, 'taken.sock'), 'sandbox_unavailable'],
  ])('is refused with a hint for %s', async (_, path, code) => {
    writeFileSync(join(folder, 'taken.sock'), 'somebody else')
    const error: unknown = await open({ socketPath: path() }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code, hint: expect.stringMatching(/.{10}/) })
    expect(statSync(join(folder, 'taken.sock')).size).toBe('somebody else'.length)
  })

  test('is not opened without an allow-list', async () => {
    const none = { mode: 'none' } as unknown as NetworkAllowList
    await expect(openEgressProxy({ policy: none })).rejects.toSatisfy(
      (error) => HandaxeError.isInstance(error) && error.code === 'invalid_arguments',
    )
  })

  test('without a path is a port of 127.0.0.1 only', async () => {
    const proxy = await open({})
    expect(proxy.socketPath).toBeNull()
    const other = connect(proxy.port ?? 0, '127.0.0.2')
    const refused = await new Promise<string | undefined>((resolve) => {
      other.on('error', (error: NodeJS.ErrnoException) => resolve(error.code)).on('connect', () => resolve('connected'))
    })
    other.destroy()
    expect(refused).toBe('ECONNREFUSED')
    await proxy.close()
  })
})

describe('close', () => {
  test('ends tunnels, requests and look-ups under way, at once, and may be called twice', async () => {
    const upstream = await startTcpServer((socket) => socket.write('stay'))
    const hosts = ['api.example.com', 'other.example.com', 'slow.example.com'].map((host) => {
      return { host, port: upstream.port, requireTls: false }
    })
    const slow = { ...names, 'slow.example.com': () => new Promise<string[]>(() => undefined) }
    const proxy = await openTestProxy({ policy: { hosts }, names: slow })
    const tunnel = connectRaw(proxy)
    tunnel.socket.write(connectHead(proxy, `api.example.com:${upstream.port}`))
    await tunnel.waitFor('stay')
    const waiting = connectRaw(proxy)
    waiting.socket.write(connectHead(proxy, `slow.example.com:${upstream.port}`))
    const request = plainRequest(proxy, `http://slow.example.com:${upstream.port}/`)
    const idle = connectRaw(proxy)
    await expect.poll(() => proxy.lookups).toHaveLength(3)
    const startedAt = performance.now()
    const usage = await proxy.close()
    expect(performance.now() - startedAt).toBeLessThan(1000)
    await Promise.all([tunnel.ended, waiting.ended, request, idle.ended])
    expect(usage).toMatchObject({ requests: 3, allowed: 1, failed: 2, reasons: { 'ended-early': 2 } })
    expect(proxy.transfers).toMatchObject([{ host: 'api.example.com', ended: 'aborted', bytesReceived: 4 }])
    expect(await proxy.close()).toEqual(usage)
    const late = connectRaw(proxy)
    late.socket.write(connectHead(proxy, `api.example.com:${upstream.port}`))
    expect(await late.ended).toBe('')
  })

  test('rejects with what the log threw, and what was not logged was not passed on', async () => {
    const upstream = await startUpstream()
    const proxy = await openTestProxy({
      policy: { hosts: [{ host: 'api.example.com', port: upstream.port }] },
      names,
      onDecision: () => {
        throw new Error('disk full')
      },
    })
    expect(await plainRequest(proxy, `http://api.example.com:${upstream.port}/`)).toBe('')
    expect(upstream.requests).toEqual([])
    await expect(proxy.close()).rejects.toThrow('disk full')
  })
})
