import { describe, expect, test } from 'vitest'
import {
  connectRaw,
  exchangeRaw,
  openTestProxy,
  plainRequest,
  refusalOf,
  startTcpServer,
  startUpstream,
  statusOf,
  type TestProxy,
} from './support/test-proxy.ts'

const names = { 'api.example.com': ['127.0.0.1'] }

function openFor(port: number): Promise<TestProxy> {
  return openTestProxy({ policy: { hosts: [{ host: 'api.example.com', port }] }, names })
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
    const startedAt = performance.now()
    expect(await client.ended).toContain('too much')
    // At once, and not when an idle connection would be given up.
    expect(performance.now() - startedAt).toBeLessThan(3000)
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
