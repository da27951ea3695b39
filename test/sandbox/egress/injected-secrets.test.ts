import { gzipSync } from 'node:zlib'
import type { RequestListener } from 'node:http'
import { describe, expect, test } from 'vitest'
import { createCertificate } from './support/certificate.ts'
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
  type TestProxyOptions,
} from './support/test-proxy.ts'
import { expectHostBaselineAfterEach } from '../support/invariants.ts'

expectHostBaselineAfterEach()
const SECRET = 'sk-0123456789abcdef'
const VALUE = `Bearer ${SECRET}`
const names = { 'api.example.com': ['127.0.0.1'], 'other.example.com': ['127.0.0.1'] }

function openWithSecret(port: number, options: TestProxyOptions = {}): Promise<TestProxy> {
  return openTestProxy({
    policy: {
      hosts: [
        { host: 'api.example.com', port },
        { host: 'other.example.com', port },
      ],
      secrets: [{ host: 'api.example.com', port, header: 'Authorization', value: VALUE }],
    },
    names,
    extraCertificates: [exampleCertificate.cert],
    ...options,
  })
}

const startApi = (listener?: RequestListener) => startUpstream(listener, exampleCertificate)

describe('a request for a host with a secret', () => {
  test('in http:// goes out by TLS with the header, which the code never sees', async () => {
    const api = await startApi()
    const proxy = await openWithSecret(api.port)
    const answer = await plainRequest(proxy, `http://api.example.com:${api.port}/v1?a=b`, ['X-Mine: 1'])
    expect(statusOf(answer)).toBe(200)
    expect(answer).toContain('hello')
    expect(api.requests[0]?.headers).toMatchObject({
      authorization: VALUE,
      host: `api.example.com:${api.port}`,
      'x-mine': '1',
    })
    expect(api.requests[0]?.url).toBe('/v1?a=b')
    expect(JSON.stringify([proxy.decisions, await proxy.close(), proxy.transfers, answer])).not.toContain(SECRET)
  })

  test('in https:// works the same, for the few clients that ask a proxy so', async () => {
    const api = await startApi()
    const proxy = await openWithSecret(api.port)
    expect(statusOf(await plainRequest(proxy, `https://api.example.com:${api.port}/`))).toBe(200)
    expect(api.requests[0]?.headers.authorization).toBe(VALUE)
  })

  test('without a port means the TLS port of the secret', async () => {
    const proxy = await openTestProxy({
      policy: {
        hosts: [{ host: 'api.example.com', port: 443 }],
        secrets: [{ host: 'api.example.com', header: 'X-Api-Key', value: SECRET }],
      },
      names,
    })
    await plainRequest(proxy, 'http://api.example.com/')
    expect(proxy.decisions).toMatchObject([{ host: 'api.example.com', port: 443 }])
  })

  test('replaces what the code wrote under that name, however often and in whatever case', async () => {
    const api = await startApi()
    const proxy = await openWithSecret(api.port)
    const headers = ['authorization: Bearer mine', 'AUTHORIZATION: Bearer mine too', 'Connection: authorization']
    await plainRequest(proxy, `http://api.example.com:${api.port}/`, headers)
    const { rawHeaders = [] } = api.requests[0] ?? {}
    const values = rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === 'authorization')
    expect(values).toEqual([VALUE])
  })

  test('carries a body', async () => {
    const api = await startApi((request, response) => request.on('end', () => response.end('stored')))
    const proxy = await openWithSecret(api.port)
    const head = [
      `POST http://api.example.com:${api.port}/ HTTP/1.1`,
      'Host: x',
      'Connection: close',
      'Content-Length: 4',
    ]
    head.push(`Proxy-Authorization: ${proxy.authorization}`)
    expect(await exchangeRaw(proxy, `${head.join('\r\n')}\r\n\r\ndata`)).toContain('stored')
    expect(api.bodies).toEqual(['data'])
  })

  const secrets = [{ host: 'api.example.com', header: 'Authorization', value: VALUE }]

  test('by a tunnel for TLS is refused with the way to do it', async () => {
    const api = await startApi()
    const policy = { hosts: [{ host: 'api.example.com' }], secrets }
    const proxy = await openWithSecret(api.port, { policy, ports: { 443: api.port } })
    const answer = await exchangeRaw(proxy, connectHead(proxy, 'api.example.com:443'))
    expect([statusOf(answer), refusalOf(answer)]).toEqual([403, 'use-plain-url'])
    expect(answer).toMatch(/^HTTP\/1\.1 403 Use http:\/\/ for this host/)
    expect(api.connections).toBe(0)
  })

  test.each([
    ['port 80', [{ host: 'api.example.com', port: 443 }], 80],
    ['a port that the rule does not check for TLS', [{ host: 'api.example.com', port: 443, requireTls: false }], 80],
  ])('by TLS in a tunnel to %s is refused as well', async (_, hosts, port) => {
    const api = await startApi()
    const proxy = await openWithSecret(api.port, { policy: { hosts, secrets }, ports: { 443: api.port } })
    const outcome = await exchangeTls(proxy, `api.example.com:${port}`, { servername: 'api.example.com' })
    expect(outcome).toMatchObject({ text: '', error: 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME' })
    expect(api.connections).toBe(0)
    expect(proxy.decisions).toMatchObject([{ reason: 'use-plain-url' }])
  })

  test('inside of a tunnel to port 80, where some clients put plain requests, gets the header', async () => {
    const api = await startApi()
    const policy = { hosts: [{ host: 'api.example.com', port: 443 }], secrets }
    const proxy = await openWithSecret(api.port, { policy, ports: { 443: api.port } })
    const get = 'GET /v1 HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n\r\n'
    const answer = await exchangeRaw(proxy, connectHead(proxy, 'api.example.com:80') + get)
    expect(answer).toContain('hello')
    expect(api.requests[0]?.headers).toMatchObject({ authorization: VALUE, host: 'api.example.com' })
  })

  test('by TRACE, which would repeat the header, is refused', async () => {
    const api = await startApi()
    const proxy = await openWithSecret(api.port)
    const answer = await plainRequest(proxy, `http://api.example.com:${api.port}/`, [], 'TRACE')
    expect([statusOf(answer), refusalOf(answer)]).toEqual([405, 'method-not-allowed'])
    expect(api.connections).toBe(0)
  })
})

describe('the secret', () => {
  test('is not given to another host, nor to a redirect of its own', async () => {
    const other = await startUpstream()
    const api = await startApi((_, response) => {
      response.writeHead(307, { location: `http://other.example.com:${other.port}/` }).end()
    })
    const proxy = await openTestProxy({
      policy: {
        hosts: [
          { host: 'api.example.com', port: api.port },
          { host: 'other.example.com', port: other.port },
        ],
        secrets: [{ host: 'api.example.com', port: api.port, header: 'Authorization', value: VALUE }],
      },
      names,
      extraCertificates: [exampleCertificate.cert],
    })
    expect(statusOf(await plainRequest(proxy, `http://api.example.com:${api.port}/`))).toBe(307)
    expect(statusOf(await plainRequest(proxy, `http://other.example.com:${other.port}/`))).toBe(200)
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization')
  })

  test('is not given to another port of its host', async () => {
    const plain = await startUpstream()
    const proxy = await openTestProxy({
      policy: {
        hosts: [{ host: 'api.example.com' }, { host: 'api.example.com', port: plain.port }],
        secrets: [{ host: 'api.example.com', header: 'Authorization', value: VALUE }],
      },
      names,
    })
    expect(statusOf(await plainRequest(proxy, `http://api.example.com:${plain.port}/`))).toBe(200)
    expect(plain.requests[0]?.headers).not.toHaveProperty('authorization')
  })

  test.each([
    ['a certificate that nobody signed', exampleCertificate, []],
    ['the certificate of another host', createCertificate(['evil.com']), null],
  ])('is not given to a host with %s', async (_, certificate, trusted) => {
    const api = await startUpstream(undefined, certificate)
    const proxy = await openWithSecret(api.port, { extraCertificates: trusted ?? [certificate.cert] })
    const answer = await plainRequest(proxy, `http://api.example.com:${api.port}/`)
    expect([statusOf(answer), refusalOf(answer)]).toEqual([502, 'tls-failed'])
    expect(api.requests).toEqual([])
    expect(proxy.decisions).toMatchObject([{ outcome: 'failed', reason: 'tls-failed' }])
  })

  test('is not given to a host that does not speak TLS, nor to one that never finishes its greeting', async () => {
    let bytes = ''
    const plain = await startTcpServer((socket) => {
      socket.on('data', (chunk) => (bytes += chunk.toString('latin1')))
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
    })
    const proxy = await openWithSecret(plain.port)
    expect(refusalOf(await plainRequest(proxy, `http://api.example.com:${plain.port}/`))).toBe('tls-failed')
    const silent = await startTcpServer((socket) => socket.on('data', (chunk) => (bytes += chunk.toString('latin1'))))
    const policy = {
      hosts: [{ host: 'api.example.com', port: silent.port }],
      secrets: [{ host: 'api.example.com', port: silent.port, header: 'Authorization', value: VALUE }],
      limits: { connectTimeoutMs: 300 },
    }
    const waiting = await openWithSecret(silent.port, { policy })
    const answer = await plainRequest(waiting, `http://api.example.com:${silent.port}/`)
    expect([statusOf(answer), refusalOf(answer)]).toEqual([504, 'connect-timeout'])
    expect(bytes).not.toContain(SECRET)
    expect(bytes).not.toContain('GET')
  })

  test('does not come back where the host repeats it, in headers, bodies and pieces', async () => {
    const api = await startApi((request, response) => {
      const echo = String(request.headers.authorization)
      response.setHeader('X-Echo', `you sent ${echo}`)
      response.setHeader('Set-Cookie', [`a=${SECRET}`, 'b=c'])
      response.write(`error: ${echo.slice(0, 12)}`)
      setTimeout(() => response.end(`${echo.slice(12)} is wrong; key ${SECRET}`), 30)
    })
    const proxy = await openWithSecret(api.port)
    const answer = await plainRequest(proxy, `http://api.example.com:${api.port}/`, ['Accept-Encoding: gzip'])
    expect(answer).not.toContain(SECRET)
    expect(answer).toContain(`X-Echo: you sent ${'*'.repeat(VALUE.length)}`)
    expect(answer.replace(/\r\n[0-9a-f]+\r\n/g, '')).toContain(`is wrong; key ${'*'.repeat(SECRET.length)}`)
    expect(answer).toMatch(/b=c/)
    expect(api.requests[0]?.headers['accept-encoding']).toBe('identity')
  })

  test('leaves other answers as they are, byte for byte', async () => {
    const body = gzipSync(Buffer.from('x'.repeat(100_000)))
    const api = await startApi((_, response) => response.end(body))
    const proxy = await openWithSecret(api.port)
    const answer = await plainRequest(proxy, `http://api.example.com:${api.port}/`)
    expect(Buffer.from(answer.split('\r\n\r\n')[1] ?? '', 'latin1').equals(body)).toBe(true)
  })

  test('stands in no refusal and no log, whatever goes wrong', async () => {
    const api = await startTcpServer((socket) => socket.destroy())
    const proxy = await openWithSecret(api.port)
    const client = connectRaw(proxy)
    client.socket.write(`GET http://api.example.com:${api.port}/ HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}`)
    const answers = [
      await plainRequest(proxy, `http://api.example.com:${api.port}/`),
      await plainRequest(proxy, 'http://evil.com/'),
      await plainRequest(proxy, `http://api.example.com:${api.port}/`, ['Content-Length: x']),
      await client.ended,
    ]
    for (const answer of answers) expect(statusOf(answer)).toBeGreaterThanOrEqual(400)
    expect(JSON.stringify([answers, proxy.decisions, proxy.transfers, await proxy.close()])).not.toContain(SECRET)
  })
})
