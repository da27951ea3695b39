import { describe, expect, test } from 'vitest'
import { buildHello, inRecords, serverName } from './support/client-hello-bytes.ts'
import {
  connectHead,
  connectRaw,
  exampleCertificate,
  exchangeRaw,
  exchangeTls,
  openTestProxy,
  startSink,
  startTcpServer,
  startUpstream,
  type TestProxy,
  type TestProxyOptions,
} from './support/test-proxy.ts'
import { expectHostBaselineAfterEach } from '../support/invariants.ts'

expectHostBaselineAfterEach()
// Items N17 and N18 of the attack list, as far as they are about what goes through a tunnel.

const names = { 'allowed.com': ['127.0.0.1'] }

/** The server of the test stands for `allowed.com` at port 443 and at port 8443. */
function openTls(port: number, options: TestProxyOptions = {}): Promise<TestProxy> {
  const hosts = [
    { host: 'allowed.com', port: 443 },
    { host: 'allowed.com', port: 8443 },
  ]
  const { policy, ...rest } = options
  return openTestProxy({ policy: { hosts, ...policy }, names, ports: { 443: port, 8443: port }, ...rest })
}

describe('N17: a TLS greeting that names another host', () => {
  test('a TLS greeting for another host ends the tunnel before a byte reaches the host', async () => {
    const sink = await startSink()
    const proxy = await openTls(sink.port)
    for (const port of [443, 8443]) {
      const outcome = await exchangeTls(proxy, `allowed.com:${port}`, { servername: 'evil.com' })
      expect(outcome).toMatchObject({ text: '', error: 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME' })
    }
    expect(sink.bytes).toBe('')
    const refused = { outcome: 'refused', reason: 'server-name-mismatch', host: 'allowed.com' }
    expect(proxy.decisions).toMatchObject([refused, refused])
    expect(proxy.usage).toMatchObject({ allowed: 0, bytesSent: 0 })
  })

  test.each([
    ['no name', [], 'no-server-name'],
    ['a name below', [serverName('www.allowed.com')], 'server-name-mismatch'],
    ['a name above', [serverName('com')], 'server-name-mismatch'],
    ['an address', [serverName('127.0.0.1')], 'server-name-mismatch'],
    ['two names', [serverName('allowed.com', 'evil.com')], 'not-tls'],
    ['a NUL in the name', [serverName('evil.com\0.allowed.com')], 'not-tls'],
    [
      'a greeting hidden inside',
      [serverName('allowed.com'), { type: 0xfe0d, content: Buffer.from([0]) }],
      'encrypted-client-hello',
    ],
  ])('a TLS greeting with %s ends the tunnel', async (_, extensions, reason) => {
    const sink = await startSink()
    const proxy = await openTls(sink.port)
    for (const port of [443, 8443]) {
      const client = connectRaw(proxy)
      client.socket.write(connectHead(proxy, `allowed.com:${port}`))
      await client.waitFor('\r\n\r\n')
      client.socket.write(inRecords(buildHello({ extensions })))
      await client.ended
    }
    expect(sink.bytes).toBe('')
    expect(proxy.decisions).toMatchObject([
      { outcome: 'refused', reason },
      { outcome: 'refused', reason },
    ])
  })

  test('a tunnel to a listed address takes TLS without a name and no other', async () => {
    const upstream = await startUpstream(undefined, exampleCertificate)
    const policy = { hosts: [{ host: '127.0.0.1', port: upstream.port }] }
    const proxy = await openTestProxy({ policy })
    const authority = `127.0.0.1:${upstream.port}`
    const without = await exchangeTls(proxy, authority, { rejectUnauthorized: false })
    expect(without.text).toContain('hello')
    const fronted = await exchangeTls(proxy, authority, { servername: 'allowed.com', rejectUnauthorized: false })
    expect(fronted.text).toBe('')
    expect(proxy.decisions.map(({ reason }) => reason)).toEqual(['listed', 'server-name-mismatch'])
  })
})

describe('N18: CONNECT and then something else', () => {
  test.each([
    ['HTTP', 'GET / HTTP/1.1\r\nHost: evil.com\r\n\r\n'],
    ['SMTP', 'EHLO me\r\nMAIL FROM:<a@allowed.com>\r\n'],
    ['another CONNECT', 'CONNECT evil.com:443 HTTP/1.1\r\nHost: evil.com\r\n\r\n'],
    ['a cut TLS record', '\x16\x03\x01\x00\x00'],
    ['a TLS greeting of 17 KB', inRecords(Buffer.concat([Buffer.from([1, 0, 0x50, 0]), Buffer.alloc(20_000)]))],
  ])('a tunnel to port 443 that opens with %s is cut before a byte reaches the host', async (_, text) => {
    const sink = await startSink()
    const proxy = await openTls(sink.port)
    for (const sentAhead of [true, false]) {
      const client = connectRaw(proxy)
      const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text
      const head = Buffer.from(connectHead(proxy, 'allowed.com:443'))
      if (sentAhead) client.socket.write(Buffer.concat([head, bytes]))
      else {
        client.socket.write(head)
        await client.waitFor('\r\n\r\n')
        client.socket.write(bytes)
      }
      await client.ended
    }
    expect(sink.bytes).toBe('')
    expect(proxy.usage).toMatchObject({ allowed: 0, refused: 2, bytesSent: 0 })
  })

  test('a tunnel that stays silent ends with its time, and what the host says first is not shown', async () => {
    const upstream = await startTcpServer((socket) => socket.write('220 mail.allowed.com ESMTP\r\n'))
    const proxy = await openTls(upstream.port, { policy: { limits: { connectTimeoutMs: 300 } } })
    const startedAt = performance.now()
    for (const port of [443, 8443]) {
      expect(await exchangeRaw(proxy, connectHead(proxy, `allowed.com:${port}`))).not.toContain('220')
    }
    expect(performance.now() - startedAt).toBeLessThan(5000)
    const silent = { outcome: 'failed', reason: 'greeting-timeout' }
    expect(proxy.decisions).toMatchObject([silent, silent])
  })

  test('a tunnel in which nobody speaks any more ends with the idle time', async () => {
    const upstream = await startTcpServer(() => undefined)
    const hosts = [{ host: 'allowed.com', port: upstream.port, requireTls: false }]
    const proxy = await openTestProxy({ policy: { hosts, limits: { idleTimeoutMs: 1_500 } }, names })
    const client = connectRaw(proxy)
    client.socket.write(connectHead(proxy, `allowed.com:${upstream.port}`))
    const drops = setInterval(() => client.socket.writable && client.socket.write('.'), 100)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(client.socket.destroyed).toBe(false)
    clearInterval(drops)
    const startedAt = performance.now()
    await client.ended
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    await expect.poll(() => proxy.transfers).toMatchObject([{ ended: 'idle-timeout' }])
  })
})
