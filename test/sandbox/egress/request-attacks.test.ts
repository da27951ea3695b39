import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import {
  askBoth,
  connectHead,
  connectRaw,
  exchangeRaw,
  openTestProxy,
  plainRequest,
  refusalOf,
  startTcpServer,
  startUpstream,
  statusOf,
  type TestProxy,
  openAllowed,
  allowedNames,
} from './support/test-proxy.ts'
import { expectHostBaselineAfterEach } from '../support/invariants.ts'

expectHostBaselineAfterEach()
// Items N16 to N18 and N20 of the attack list, as far as they are about requests.

describe('N17: two targets in one request', () => {
  test('the Host header follows the URL', async () => {
    const upstream = await startUpstream()
    const proxy = await openAllowed(upstream.port)
    const url = `http://allowed.com:${upstream.port}/`
    expect(statusOf(await plainRequest(proxy, url, ['X-Forwarded-Host: a.example']))).toBe(200)
    expect(upstream.requests[0]?.headersDistinct.host).toEqual([`allowed.com:${upstream.port}`])
  })

  test('two Host headers, or none, are refused', async () => {
    const upstream = await startUpstream()
    const proxy = await openAllowed(upstream.port)
    const url = `http://allowed.com:${upstream.port}/`
    expect(refusalOf(await plainRequest(proxy, url, ['Host: allowed.com']))).toBe('malformed-request')
    const none = `GET ${url} HTTP/1.1\r\nProxy-Authorization: ${proxy.authorization}\r\n\r\n`
    expect(refusalOf(await exchangeRaw(proxy, none))).toBe('malformed-request')
    expect(upstream.connections).toBe(0)
  })

  test.each([22, 25, 3306, 8080])('a tunnel to port %i of a listed host is refused', async (port) => {
    const proxy = await openTestProxy({ policy: { hosts: [{ host: 'allowed.com' }] }, names: allowedNames })
    for (const answer of await askBoth(proxy, 'allowed.com', port)) {
      expect([statusOf(answer), refusalOf(answer)]).toEqual([403, 'port-not-listed'])
    }
    expect(proxy.dialled).toEqual([])
  })

  test('plain text to port 443 is refused', async () => {
    const proxy = await openTestProxy({ policy: { hosts: [{ host: 'allowed.com' }] }, names: allowedNames })
    expect(refusalOf(await plainRequest(proxy, 'http://allowed.com:443/'))).toBe('tls-required')
    expect(proxy.dialled).toEqual([])
  })

  test('every request of a connection that is kept alive is decided anew', async () => {
    const upstream = await startUpstream((request, response) => response.end(`answer to ${request.url}`))
    const proxy = await openAllowed(upstream.port)
    const client = connectRaw(proxy)
    const head = (url: string) =>
      `GET ${url} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: ${proxy.authorization}\r\n\r\n`
    client.socket.write(head(`http://allowed.com:${upstream.port}/1`))
    await client.waitFor('answer to /1')
    client.socket.write(head(`http://allowed.com:${upstream.port}/2`))
    await client.waitFor('answer to /2')
    client.socket.write(head('http://evil.com/3'))
    expect(refusalOf((await client.ended).split('answer to /2')[1] ?? '')).toBe('host-not-listed')
    expect(proxy.decisions.map(({ reason }) => reason)).toEqual(['listed', 'listed', 'host-not-listed'])
  })

  test('requests sent ahead are answered in order, one at a time, each decided by itself', async () => {
    let active = 0
    let most = 0
    const upstream = await startUpstream((request, response) => {
      most = Math.max(most, ++active)
      setTimeout(() => {
        active--
        response.end(`answer to ${request.url}`)
      }, 20)
    })
    const proxy = await openAllowed(upstream.port)
    const head = (url: string) =>
      `GET ${url} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: ${proxy.authorization}\r\n\r\n`
    const listed = [1, 2, 3].map((number) => head(`http://allowed.com:${upstream.port}/${number}`))
    const text = await exchangeRaw(proxy, [...listed, head('http://evil.com/'), head('http://evil.com/')].join(''))
    expect([...text.matchAll(/answer to \/[0-9]/g)].map(String)).toEqual([
      'answer to /1',
      'answer to /2',
      'answer to /3',
    ])
    expect(refusalOf(text)).toBe('host-not-listed')
    expect(most).toBe(1)
    expect(upstream.requests).toHaveLength(3)
    // The connection ends with the first refusal; what was sent behind it has nobody to be answered.
    expect(proxy.decisions.map(({ reason }) => reason).slice(0, 4)).toEqual([
      'listed',
      'listed',
      'listed',
      'host-not-listed',
    ])
  })

  test('a tunnel behind a request that is still under way ends the connection', async () => {
    const upstream = await startUpstream((_, response) => void setTimeout(() => response.end('late'), 100))
    const proxy = await openAllowed(upstream.port)
    const url = `http://allowed.com:${upstream.port}/`
    const head = `GET ${url} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: ${proxy.authorization}\r\n\r\n`
    expect(await exchangeRaw(proxy, head + connectHead(proxy, `allowed.com:${upstream.port}`))).toBe('')
    expect(proxy.decisions.map(({ reason }) => reason)).toContain('malformed-request')
  })
})

describe('N16: a redirect to a private host', () => {
  test('is handed to the code, which has to ask again and is refused', async () => {
    const upstream = await startUpstream((_, response) => {
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end()
    })
    const proxy = await openAllowed(upstream.port)
    const first = await plainRequest(proxy, `http://allowed.com:${upstream.port}/`)
    expect(statusOf(first)).toBe(302)
    const location = /^location: (.*)$/im.exec(first)?.[1]?.trim() ?? ''
    const second = await plainRequest(proxy, location)
    expect([statusOf(second), refusalOf(second)]).toEqual([403, 'address-not-listed'])
    expect(proxy.dialled).toEqual(['127.0.0.1'])
  })
})

describe('N18: a request that two readers would read differently, or that never ends', () => {
  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'
  test.each([
    ['a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked'], `0\r\n\r\n${smuggled}`],
    ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 5'], `0\r\n\r\n${smuggled}`],
    ['two lengths', ['Content-Length: 5', 'Content-Length: 6'], 'hello!'],
    ['the same length twice', ['Content-Length: 5', 'Content-Length: 5'], 'hello'],
    ['a list of lengths', ['Content-Length: 5, 5'], 'hello'],
    ['a negative length', ['Content-Length: -1'], ''],
    ['a signed length', ['Content-Length: +5'], 'hello'],
    ['a length in hexadecimal', ['Content-Length: 0x5'], 'hello'],
    ['an encoding nobody knows', ['Transfer-Encoding: xchunked'], '0\r\n\r\n'],
    ['two encodings', ['Transfer-Encoding: gzip, chunked'], '0\r\n\r\n'],
    ['chunks twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
    ['chunks that are not last', ['Transfer-Encoding: chunked, identity'], '0\r\n\r\n'],
    ['a space in front of the colon', ['Transfer-Encoding : chunked'], '0\r\n\r\n'],
    ['a folded header', ['Transfer-Encoding:', ' chunked'], '0\r\n\r\n'],
    ['a vertical tab in the value', ['Transfer-Encoding: \x0bchunked'], '0\r\n\r\n'],
    ['a NUL in a value', ['X-A: a\0b'], ''],
    ['a bare CR in a value', ['X-A: a\rX-B: b'], ''],
    ['a header without a colon', ['X-A'], ''],
    ['a header without a name', [': x'], ''],
  ])('%s: 400, and nothing of it is passed on', async (_, headers, body) => {
    const upstream = await startUpstream()
    const proxy = await openAllowed(upstream.port)
    const head = [
      `POST http://allowed.com:${upstream.port}/ HTTP/1.1`,
      'Host: x',
      `Proxy-Authorization: ${proxy.authorization}`,
    ]
    const answer = await exchangeRaw(proxy, `${[...head, ...headers].join('\r\n')}\r\n\r\n${body}`)
    expect(statusOf(answer)).toBe(400)
    expect(upstream.requests).toEqual([])
    expect(proxy.usage).toMatchObject({ allowed: 0, bytesSent: 0 })
    expect(proxy.decisions.length).toBeGreaterThan(0)
  })

  test.each([
    ['a size that is no number', 'zz\r\nhello\r\n0\r\n\r\n'],
    ['a size that is signed', '+5\r\nhello\r\n0\r\n\r\n'],
    ['a size beyond every number', 'fffffffffffffffff\r\nhello'],
    ['data longer than its size', '3\r\nhello\r\n0\r\n\r\n'],
    ['line ends that are only LF', '5\nhello\n0\n\n'],
  ])('chunks with %s end the connection, and the host never sees a complete request', async (_, body) => {
    const upstream = await startUpstream((request, response) => request.on('end', () => response.end('complete')))
    const proxy = await openAllowed(upstream.port)
    const head = [
      `POST http://allowed.com:${upstream.port}/ HTTP/1.1`,
      'Host: x',
      `Proxy-Authorization: ${proxy.authorization}`,
    ]
    const answer = await exchangeRaw(
      proxy,
      `${[...head, 'Transfer-Encoding: chunked'].join('\r\n')}\r\n\r\n${body}${smuggled}`,
    )
    expect(answer).not.toContain('complete')
    expect(upstream.bodies).toEqual([])
    expect(upstream.requests.map(({ url }) => url)).not.toContain('/smuggled')
    expect(proxy.usage.reasons['malformed-request']).toBe(1)
  })

  test.each([
    ['a line that is no request', 'hello\r\n\r\n'],
    ['a path', 'GET / HTTP/1.1\r\nHost: allowed.com\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x00\x05hello'],
    ['SOCKS 5', '\x05\x01\x00'],
    ['SOCKS 4', '\x04\x01\x00\x50\x7f\x00\x00\x01\x00'],
    ['an old version', 'GET http://allowed.com/ HTTP/0.9\r\n\r\n'],
    ['only zeros', '\0'.repeat(100)],
  ])('%s is no request to a proxy', async (_, text) => {
    const proxy = await openAllowed(80)
    const answer = await exchangeRaw(
      proxy,
      text.replace('\r\n\r\n', `\r\nProxy-Authorization: ${proxy.authorization}\r\n\r\n`),
    )
    expect([400, 407]).toContain(statusOf(answer))
    expect(proxy.dialled).toEqual([])
    expect(proxy.decisions).toMatchObject([{ outcome: 'refused' }])
  })

  test.each(['TRACE', 'CONNECT'])('%s with an absolute URL is refused', async (method) => {
    const upstream = await startUpstream()
    const proxy = await openAllowed(upstream.port)
    const answer = await plainRequest(proxy, `http://allowed.com:${upstream.port}/`, [], method)
    expect([400, 405]).toContain(statusOf(answer))
    expect(upstream.connections).toBe(0)
  })

  test.each(['Content-Length: 5', 'Transfer-Encoding: chunked'])('CONNECT with %s is refused', async (header) => {
    const upstream = await startUpstream()
    const proxy = await openAllowed(upstream.port)
    const head = connectHead(proxy, `allowed.com:${upstream.port}`).replace('\r\n\r\n', `\r\n${header}\r\n\r\n`)
    expect(statusOf(await exchangeRaw(proxy, `${head}5\r\nhello`))).toBe(400)
    expect(upstream.connections).toBe(0)
  })

  test('a header of a megabyte is answered by 431 and not kept', async () => {
    const proxy = await openAllowed(80)
    for (const line of [`X: ${'x'.repeat(1 << 20)}`, 'X: y\r\n'.repeat(180_000), `${'x'.repeat(1 << 20)}: y`]) {
      const answer = await plainRequest(proxy, 'http://allowed.com/', [line])
      expect([statusOf(answer), refusalOf(answer)]).toEqual([431, 'header-too-large'])
    }
    const longUrl = await plainRequest(proxy, `http://allowed.com/${'x'.repeat(1 << 20)}`)
    expect(statusOf(longUrl)).toBe(431)
    expect(proxy.dialled).toEqual([])
  })

  test('headers that come in drops, or never, end with their time', async () => {
    const proxy = await openAllowed(80, { limits: { connectTimeoutMs: 400 } })
    const startedAt = performance.now()
    const silent = connectRaw(proxy)
    const drip = connectRaw(proxy)
    drip.socket.write('GET http://allowed.com/ HTTP/1.1\r\nHost: x\r\n')
    const drops = setInterval(() => drip.socket.writable && drip.socket.write('X: y\r\n'), 50)
    const [, dripped] = await Promise.all([silent.ended, drip.ended])
    clearInterval(drops)
    expect([statusOf(dripped), refusalOf(dripped)]).toEqual([408, 'header-timeout'])
    expect(performance.now() - startedAt).toBeLessThan(5000)
    expect(proxy.dialled).toEqual([])
  })

  test('a body that stops in the middle ends with the idle time', async () => {
    const upstream = await startUpstream(() => undefined)
    const proxy = await openAllowed(upstream.port, { limits: { idleTimeoutMs: 300 } })
    const startedAt = performance.now()
    const head = [`POST http://allowed.com:${upstream.port}/ HTTP/1.1`, 'Host: x', 'Content-Length: 100']
    head.push(`Proxy-Authorization: ${proxy.authorization}`)
    const answer = await exchangeRaw(proxy, `${head.join('\r\n')}\r\n\r\npart`)
    expect(statusOf(answer)).toBe(504)
    expect(performance.now() - startedAt).toBeLessThan(5000)
    expect(proxy.transfers).toMatchObject([{ ended: 'idle-timeout' }])
    expect(upstream.bodies).toEqual([])
  })
})

describe('N20: a relay inside of the sandbox', () => {
  test('that sends its CONNECT for others gets the same verdict', async () => {
    const proxy = await openTestProxy({ policy: { hosts: [{ host: 'allowed.com' }] }, names: allowedNames })
    const relay = await startTcpServer((socket) => {
      const onward = connect(proxy.port ?? 0, '127.0.0.1')
      onward.on('error', () => onward.destroy())
      socket.pipe(onward).pipe(socket)
    })
    const through = { ...proxy, socketPath: null, port: relay.port, authorization: proxy.authorization } as TestProxy
    const answer = await exchangeRaw(through, connectHead(proxy, 'evil.com:443'))
    expect([statusOf(answer), refusalOf(answer)]).toEqual([403, 'host-not-listed'])
  })

  test('cannot go through the proxy to the proxy, nor with the token of another execution', async () => {
    const upstream = await startUpstream()
    const [first, second] = [await openAllowed(upstream.port), await openTestProxy()]
    const own = await exchangeRaw(first, connectHead(first, `127.0.0.1:${String(first.port)}`))
    expect([statusOf(own), refusalOf(own)]).toEqual([403, 'address-not-listed'])
    const stolen = { ...first, port: first.port, socketPath: null, authorization: second.authorization } as TestProxy
    const answer = await plainRequest(stolen, `http://allowed.com:${upstream.port}/`)
    expect([statusOf(answer), refusalOf(answer)]).toEqual([407, 'unauthenticated'])
  })
})
