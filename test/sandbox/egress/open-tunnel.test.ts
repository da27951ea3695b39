import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import {
  connectHead,
  connectRaw,
  exampleCertificate,
  exchangeRaw,
  exchangeTls,
  openTestProxy,
  refusalOf,
  startTcpServer,
  startUpstream,
  statusOf,
  type TestProxy,
} from './support/test-proxy.ts'

const names = { 'api.example.com': ['127.0.0.1'] }
const hosts = [{ host: 'api.example.com' }]

function openFor(port: number): Promise<TestProxy> {
  return openTestProxy({ policy: { hosts: [{ host: 'api.example.com', port }] }, names })
}

describe('a tunnel to a listed host', () => {
  test('carries TLS that names it, with the certificate of the host itself', async () => {
    const upstream = await startUpstream(undefined, exampleCertificate)
    const proxy = await openTestProxy({ policy: { hosts }, names, ports: { 443: upstream.port } })
    const options = { servername: 'api.example.com' }
    const get = 'GET /x HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n\r\n'
    const { text, error } = await exchangeTls(proxy, 'api.example.com:443', options, get)
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

  test('to another port than 443 carries TLS too', async () => {
    const upstream = await startUpstream(undefined, exampleCertificate)
    const proxy = await openFor(upstream.port)
    const options = { servername: 'api.example.com' }
    const { text, error } = await exchangeTls(proxy, `api.example.com:${upstream.port}`, options)
    expect([text.includes('hello'), error]).toEqual([true, null])
    expect(proxy.decisions).toMatchObject([{ kind: 'tunnel', outcome: 'allowed', address: '127.0.0.1' }])
  })

  test('is answered by 502 where nobody listens, and by 504 where nobody answers in time', async () => {
    const closed = await openTestProxy({
      policy: { hosts },
      names,
      unsafeTestOverrides: { connect: (address) => connect(1, address) },
    })
    const refused = await exchangeRaw(closed, connectHead(closed, 'api.example.com:443'))
    expect([statusOf(refused), refusalOf(refused)]).toEqual([502, 'connect-failed'])
    expect(closed.decisions).toMatchObject([{ outcome: 'failed', reason: 'connect-failed', address: '127.0.0.1' }])

    const silent = await openTestProxy({
      policy: { hosts, limits: { connectTimeoutMs: 200 } },
      names: { 'api.example.com': () => new Promise(() => undefined) },
    })
    const startedAt = performance.now()
    const late = await exchangeRaw(silent, connectHead(silent, 'api.example.com:443'))
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

describe('plain requests inside of a tunnel, as some clients send them', () => {
  const inTunnel = async (proxy: TestProxy, authority: string, text: string) => {
    const client = connectRaw(proxy)
    client.socket.write(connectHead(proxy, authority))
    await client.waitFor('\r\n\r\n')
    client.socket.write(text)
    return (await client.ended).replace(/^.*?\r\n\r\n/s, '')
  }
  const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: evil.com\r\n${more}\r\n`
  const last = 'Connection: close\r\n'

  test('are read, sent to the host of the tunnel whatever their Host says, and decided one by one', async () => {
    const upstream = await startUpstream((request, response) => response.end(`answer to ${request.url}`))
    const proxy = await openFor(upstream.port)
    const authority = `api.example.com:${upstream.port}`
    const text = await inTunnel(proxy, authority, get('/1') + get('/2') + get('/3', last))
    expect([...text.matchAll(/answer to \/[0-9]/g)].map(String)).toEqual([1, 2, 3].map((each) => `answer to /${each}`))
    expect(upstream.requests.map(({ headers }) => headers.host)).toEqual([authority, authority, authority])
    expect(proxy.decisions.map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ['tunnel', 'allowed'],
      ['request', 'allowed'],
      ['request', 'allowed'],
      ['request', 'allowed'],
    ])
    expect(proxy.lookups).toHaveLength(3)
  })

  test('carry bodies of any size, sent with the CONNECT or after it', async () => {
    const upstream = await startUpstream((request, response) => request.on('end', () => response.end('stored')))
    const proxy = await openFor(upstream.port)
    const authority = `api.example.com:${upstream.port}`
    const body = 'x'.repeat(300_000)
    const post = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n${last}\r\n${body}`
    expect(await inTunnel(proxy, authority, post)).toContain('stored')
    expect(await exchangeRaw(proxy, connectHead(proxy, authority) + post)).toContain('stored')
    expect(upstream.bodies).toEqual([body, body])
  })

  test.each([
    ['another host', `GET http://evil.com/ HTTP/1.1\r\nHost: evil.com\r\n\r\n`],
    ['another tunnel', 'CONNECT evil.com:443 HTTP/1.1\r\nHost: evil.com\r\n\r\n'],
    ['a path with a space', 'GET /a b HTTP/1.1\r\nHost: evil.com\r\n\r\n'],
    ['mail', 'EHLO me\r\nMAIL FROM:<a@example.com>\r\n'],
    ['nothing but zeros', '\0\0\0\0'],
  ])('cannot ask for %s', async (_, text) => {
    const upstream = await startUpstream()
    const proxy = await openFor(upstream.port)
    const answer = await inTunnel(proxy, `api.example.com:${upstream.port}`, text)
    expect([0, 400]).toContain(statusOf(answer))
    expect([upstream.connections, proxy.dialled]).toEqual([0, []])
    expect(proxy.decisions.at(-1)).toMatchObject({ outcome: 'refused', reason: 'malformed-request' })
  })

  test('do not make a tunnel of a host that is not listed', async () => {
    const proxy = await openFor(8080)
    for (const authority of ['evil.com:80', 'evil.com:8080', 'api.example.com:80']) {
      expect(statusOf(await exchangeRaw(proxy, connectHead(proxy, authority) + get('/')))).toBe(403)
    }
    expect(proxy.lookups).toEqual([])
  })
})
