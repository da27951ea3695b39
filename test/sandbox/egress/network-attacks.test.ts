import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { NetworkAllowList } from '../../../src/contracts/network.ts'
import { openEgressProxy } from '../../../src/sandbox/egress/open-egress-proxy.ts'
import { buildHello, inRecords, serverName } from './support/client-hello-bytes.ts'
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

// The items of the attack list that meet the proxy, by their numbers there: N5 and N11 to N22.

const names = { 'allowed.com': ['127.0.0.1'], 'other.allowed.com': ['127.0.0.1'] }

function openFor(port: number, policy: Partial<NetworkAllowList> = {}): Promise<TestProxy> {
  return openTestProxy({ policy: { hosts: [{ host: 'allowed.com', port }], ...policy }, names })
}

/** Asks for the host by a plain request and by a tunnel. */
async function askBoth(proxy: TestProxy, host: string, port = 443): Promise<string[]> {
  return [
    await plainRequest(proxy, `http://${host}:${port}/`),
    await exchangeRaw(proxy, connectHead(proxy, `${host}:${port}`)),
  ]
}

/** A TCP server that keeps every byte it is sent. */
async function startSink() {
  const sink = { port: 0, connections: 0, bytes: '' }
  const { port } = await startTcpServer((socket) => {
    sink.connections++
    socket.on('data', (chunk) => (sink.bytes += chunk.toString('latin1')))
  })
  sink.port = port
  return sink
}

describe('N5: the metadata service of a cloud', () => {
  test.each([
    '169.254.169.254',
    '[fd00:ec2::254]',
    '[fd20:ce::254]',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
  ])('is not reached by its address %s, which no policy can list', async (address) => {
    const proxy = await openTestProxy({ policy: { hosts: [{ host: '*.allowed.com' }] }, reachable: 'default' })
    for (const answer of await askBoth(proxy, address, 80)) {
      expect([statusOf(answer), refusalOf(answer)]).toEqual([403, 'address-not-listed'])
    }
    expect(proxy.dialled).toEqual([])
    const listed = openEgressProxy({ policy: { mode: 'allow-list', hosts: [{ host: address }] } })
    await expect(listed).rejects.toMatchObject({ code: 'invalid_arguments' })
  })

  test.each(['169.254.169.254', 'fd00:ec2::254', '100.100.100.200'])(
    'is not reached by a listed name that leads to %s',
    async (address) => {
      const proxy = await openTestProxy({
        policy: { hosts: [{ host: 'metadata.google.internal' }] },
        names: { 'metadata.google.internal': [address] },
        reachable: 'default',
      })
      for (const answer of await askBoth(proxy, 'metadata.google.internal', 80)) {
        expect([statusOf(answer), refusalOf(answer)]).toEqual([403, 'non-public-address'])
      }
      expect(proxy.dialled).toEqual([])
    },
  )
})

describe('N11: a host that is not listed', () => {
  test.each(['evil.com', 'www.allowed.com', '93.184.216.34', '[2606:4700::1111]', '127.0.0.1', '[::1]'])(
    '%s is answered by 403, never looked up and never dialled',
    async (host) => {
      const proxy = await openFor(443)
      for (const answer of await askBoth(proxy, host)) {
        expect(statusOf(answer)).toBe(403)
        expect(refusalOf(answer)).toMatch(/^(host|address)-not-listed$/)
      }
      expect([proxy.lookups, proxy.dialled]).toEqual([[], []])
      expect(proxy.decisions).toMatchObject([{ outcome: 'refused' }, { outcome: 'refused' }])
      expect(proxy.usage).toMatchObject({ refused: 2, allowed: 0, bytesSent: 0, bytesReceived: 0 })
    },
  )
})

describe('N12: a host with characters that none has', () => {
  test.each([
    ['NUL', 'evil.com\0.allowed.com'],
    ['CR LF', 'evil.com\r\n.allowed.com'],
    ['LF', 'evil.com\n.allowed.com'],
    ['CR', 'evil.com\r.allowed.com'],
    ['a space', 'evil.com .allowed.com'],
    ['a tab', 'evil.com\t.allowed.com'],
    ['%00', 'evil.com%00.allowed.com'],
    ['%2e', 'evil%2ecom.allowed.com'],
    ['a zone', '::ffff:1.2.3.4%x.allowed.com'],
    ['a zone in brackets', '[::ffff:1.2.3.4%25x.allowed.com]'],
    ['a user', 'evil.com@allowed.com'],
    ['a user and a backslash', 'evil.com\\@allowed.com'],
    ['a second port', 'evil.com:80:allowed.com'],
    ['a fragment', 'evil.com#.allowed.com'],
    ['bytes above ASCII', 'ev\xefl.allowed.com'],
    ['DEL', 'evil.com\x7f.allowed.com'],
    ['a comma', 'evil.com,allowed.com'],
    ['a name of 300 characters', `${'a.'.repeat(144)}allowed.com`],
  ])('%s: is invalid before any rule is looked at', async (_, host) => {
    const proxy = await openTestProxy({
      policy: { hosts: [{ host: '*.allowed.com' }, { host: 'allowed.com' }] },
      names,
    })
    const answers = await askBoth(proxy, host, 80)
    for (const answer of answers) expect(statusOf(answer), answer).toBe(400)
    expect([proxy.lookups, proxy.dialled]).toEqual([[], []])
    for (const { host, reason } of proxy.decisions) {
      expect(host).toBeNull()
      expect(reason).toMatch(/^(invalid-host|malformed-request)$/)
    }
    expect(proxy.decisions).toHaveLength(2)
  })
})

describe('N13: another spelling', () => {
  test.each(['allowed.com.', 'ALLOWED.com', 'AlLoWeD.CoM.'])('%s is the listed host', async (host) => {
    const upstream = await startUpstream()
    const proxy = await openFor(upstream.port)
    expect(statusOf(await plainRequest(proxy, `http://${host}:${upstream.port}/`))).toBe(200)
    expect(upstream.requests[0]?.headers.host).toBe(`allowed.com:${upstream.port}`)
    expect(proxy.lookups).toEqual(['allowed.com'])
  })

  test('an A-label is the listed name in Unicode', async () => {
    const upstream = await startUpstream()
    const proxy = await openTestProxy({
      policy: { hosts: [{ host: 'bücher.allowed.com', port: upstream.port }] },
      names: { 'xn--bcher-kva.allowed.com': ['127.0.0.1'] },
    })
    expect(statusOf(await plainRequest(proxy, `http://xn--bcher-kva.allowed.com:${upstream.port}/`))).toBe(200)
  })

  test.each([
    'evilallowed.com',
    'allowed.com.evil.com',
    'allowed.co',
    'xn--llowed-qua.com',
    '..allowed.com',
    'allowed.com..',
  ])('%s is another host or none', async (host) => {
    const proxy = await openTestProxy({
      policy: { hosts: [{ host: 'allowed.com' }, { host: '*.allowed.com' }] },
      names,
    })
    for (const answer of await askBoth(proxy, host)) expect([400, 403]).toContain(statusOf(answer))
    expect([proxy.lookups, proxy.dialled]).toEqual([[], []])
  })

  test.each([
    '2130706433',
    '127.1',
    '0x7f.1',
    '0x7f000001',
    '0177.0.0.1',
    '017700000001',
    '[::ffff:127.0.0.1]',
    '[::]',
    '0',
  ])('%s is an address that no wildcard and no other spelling of it allows', async (host) => {
    const upstream = await startUpstream()
    const hosts = [
      { host: '*.allowed.com', port: upstream.port },
      { host: '127.0.0.1', port: upstream.port },
    ]
    const proxy = await openTestProxy({ policy: { hosts }, names })
    expect(statusOf(await plainRequest(proxy, `http://127.0.0.1:${upstream.port}/`))).toBe(200)
    const before = upstream.connections
    for (const answer of await askBoth(proxy, host, upstream.port)) expect([400, 403]).toContain(statusOf(answer))
    expect(upstream.connections).toBe(before)
  })
})

const NOT_PUBLIC = [
  '127.0.0.1',
  '127.255.255.254',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  '169.254.169.254',
  '0.0.0.0',
  '0.1.2.3',
  '224.0.0.1',
  '255.255.255.255',
  '198.18.0.1',
  '::1',
  '::',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fe80::1%eth0',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::1',
  '2002:7f00:1::',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::127.0.0.1',
  'ff02::1',
  '2001:db8::1',
  'no address',
  '',
  '127.1',
]

describe('N14: a listed name that leads to an address which is not public', () => {
  test.each(NOT_PUBLIC)('%s: is refused after the look-up and before any connection, by default', async (address) => {
    const proxy = await openTestProxy({
      policy: { hosts: [{ host: 'allowed.com' }] },
      names: { 'allowed.com': [address] },
      reachable: 'default',
    })
    for (const answer of await askBoth(proxy, 'allowed.com', 80)) {
      expect([statusOf(answer), refusalOf(answer)]).toEqual([403, 'non-public-address'])
    }
    expect(proxy.dialled).toEqual([])
  })

  test.each(NOT_PUBLIC)('%s: also spoils the public addresses beside it', async (address) => {
    for (const answers of [
      ['93.184.216.34', address],
      [address, '93.184.216.34'],
      ['2606:4700::1111', '1.1.1.1', address],
    ]) {
      const proxy = await openTestProxy({
        policy: { hosts: [{ host: 'allowed.com' }] },
        names: { 'allowed.com': answers },
        reachable: 'default',
      })
      const answer = await exchangeRaw(proxy, connectHead(proxy, 'allowed.com:443'))
      expect([statusOf(answer), refusalOf(answer)]).toEqual([403, 'non-public-address'])
      expect(proxy.dialled).toEqual([])
    }
  })

  test('or to an address that is denied', async () => {
    const proxy = await openTestProxy({
      policy: { hosts: [{ host: 'allowed.com' }], deny: [{ host: '93.184.216.34' }] },
      names: { 'allowed.com': ['1.1.1.1', '93.184.216.34'] },
      reachable: 'default',
    })
    const answer = await exchangeRaw(proxy, connectHead(proxy, 'allowed.com:443'))
    expect([statusOf(answer), refusalOf(answer)]).toEqual([403, 'denied'])
    expect(proxy.dialled).toEqual([])
  })

  test('or to nothing', async () => {
    const failing = () => Promise.reject(new Error('SERVFAIL'))
    for (const answer of [[], failing]) {
      const proxy = await openTestProxy({
        policy: { hosts: [{ host: 'allowed.com' }] },
        names: { 'allowed.com': answer },
        reachable: 'default',
      })
      const reply = await exchangeRaw(proxy, connectHead(proxy, 'allowed.com:443'))
      expect([statusOf(reply), refusalOf(reply)]).toEqual([502, 'name-not-found'])
    }
  })
})

describe('N15: a name that leads elsewhere the second time', () => {
  test('is looked up once for each request, and only what that look-up gave is dialled', async () => {
    const upstream = await startUpstream()
    const rebinding = [['127.0.0.1'], ['10.0.0.1'], ['127.0.0.1', '10.0.0.1']]
    const proxy = await openTestProxy({
      policy: { hosts: [{ host: 'allowed.com', port: upstream.port }] },
      names: { 'allowed.com': () => rebinding.shift() ?? ['10.0.0.1'] },
    })
    const url = `http://allowed.com:${upstream.port}/`
    expect(statusOf(await plainRequest(proxy, url))).toBe(200)
    expect([proxy.lookups, proxy.dialled]).toEqual([['allowed.com'], ['127.0.0.1']])
    for (let request = 0; request < 3; request++) {
      expect(refusalOf(await plainRequest(proxy, url))).toBe('non-public-address')
    }
    expect(proxy.lookups).toHaveLength(4)
    expect(proxy.dialled).toEqual(['127.0.0.1'])
  })

  test('is cut where the connection ends at another address than the one that was checked', async () => {
    const sink = await startSink()
    const proxy = await openTestProxy({
      policy: { hosts: [{ host: 'allowed.com' }] },
      names: { 'allowed.com': ['93.184.216.34'] },
      reachable: 'default',
      // Stands for a network that leads the public address to a service of this machine.
      unsafeTestOverrides: { connect: () => connect(sink.port, '127.0.0.1') },
    })
    const tunnel = await exchangeRaw(proxy, connectHead(proxy, 'allowed.com:443'))
    const plain = await plainRequest(proxy, 'http://allowed.com/')
    for (const answer of [tunnel, plain]) {
      expect([statusOf(answer), refusalOf(answer)]).toEqual([403, 'address-mismatch'])
    }
    expect(proxy.dialled).toEqual(['93.184.216.34', '93.184.216.34'])
    expect(sink.bytes).toBe('')
  })
})

describe('N16: a redirect to a private host', () => {
  test('is handed to the code, which has to ask again and is refused', async () => {
    const upstream = await startUpstream((_, response) => {
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end()
    })
    const proxy = await openFor(upstream.port)
    const first = await plainRequest(proxy, `http://allowed.com:${upstream.port}/`)
    expect(statusOf(first)).toBe(302)
    const location = /^location: (.*)$/im.exec(first)?.[1]?.trim() ?? ''
    const second = await plainRequest(proxy, location)
    expect([statusOf(second), refusalOf(second)]).toEqual([403, 'address-not-listed'])
    expect(proxy.dialled).toEqual(['127.0.0.1'])
  })
})

describe('N17: two targets in one request', () => {
  test('the Host header follows the URL', async () => {
    const upstream = await startUpstream()
    const proxy = await openFor(upstream.port)
    const url = `http://allowed.com:${upstream.port}/`
    expect(statusOf(await plainRequest(proxy, url, ['X-Forwarded-Host: a.example']))).toBe(200)
    expect(upstream.requests[0]?.headersDistinct.host).toEqual([`allowed.com:${upstream.port}`])
  })

  test('two Host headers, or none, are refused', async () => {
    const upstream = await startUpstream()
    const proxy = await openFor(upstream.port)
    const url = `http://allowed.com:${upstream.port}/`
    expect(refusalOf(await plainRequest(proxy, url, ['Host: allowed.com']))).toBe('malformed-request')
    const none = `GET ${url} HTTP/1.1\r\nProxy-Authorization: ${proxy.authorization}\r\n\r\n`
    expect(refusalOf(await exchangeRaw(proxy, none))).toBe('malformed-request')
    expect(upstream.connections).toBe(0)
  })

  test('a TLS greeting for another host ends the tunnel before a byte reaches the host', async () => {
    const sink = await startSink()
    const proxy = await openFor(sink.port)
    const outcome = await exchangeTls(proxy, `allowed.com:${sink.port}`, { servername: 'evil.com' })
    expect(outcome).toMatchObject({ text: '', error: 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME' })
    expect(sink).toMatchObject({ connections: 1, bytes: '' })
    expect(proxy.decisions).toMatchObject([{ outcome: 'refused', reason: 'server-name-mismatch', host: 'allowed.com' }])
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
    const proxy = await openFor(sink.port)
    const client = connectRaw(proxy)
    client.socket.write(connectHead(proxy, `allowed.com:${sink.port}`))
    await client.waitFor('\r\n\r\n')
    client.socket.write(inRecords(buildHello({ extensions })))
    await client.ended
    expect(sink.bytes).toBe('')
    expect(proxy.decisions).toMatchObject([{ outcome: 'refused', reason }])
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

  test.each([22, 25, 3306, 8080])('a tunnel to port %i of a listed host is refused', async (port) => {
    const proxy = await openTestProxy({ policy: { hosts: [{ host: 'allowed.com' }] }, names })
    for (const answer of await askBoth(proxy, 'allowed.com', port)) {
      expect([statusOf(answer), refusalOf(answer)]).toEqual([403, 'port-not-listed'])
    }
    expect(proxy.dialled).toEqual([])
  })

  test('plain text to port 443 is refused', async () => {
    const proxy = await openTestProxy({ policy: { hosts: [{ host: 'allowed.com' }] }, names })
    expect(refusalOf(await plainRequest(proxy, 'http://allowed.com:443/'))).toBe('tls-required')
    expect(proxy.dialled).toEqual([])
  })

  test('every request of a connection that is kept alive is decided anew', async () => {
    const upstream = await startUpstream((request, response) => response.end(`answer to ${request.url}`))
    const proxy = await openFor(upstream.port)
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
    const proxy = await openFor(upstream.port)
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
    const proxy = await openFor(upstream.port)
    const url = `http://allowed.com:${upstream.port}/`
    const head = `GET ${url} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: ${proxy.authorization}\r\n\r\n`
    expect(await exchangeRaw(proxy, head + connectHead(proxy, `allowed.com:${upstream.port}`))).toBe('')
    expect(proxy.decisions.map(({ reason }) => reason)).toContain('malformed-request')
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
    const proxy = await openFor(upstream.port)
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
    const proxy = await openFor(upstream.port)
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
    const proxy = await openFor(80)
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
    const proxy = await openFor(upstream.port)
    const answer = await plainRequest(proxy, `http://allowed.com:${upstream.port}/`, [], method)
    expect([400, 405]).toContain(statusOf(answer))
    expect(upstream.connections).toBe(0)
  })

  test.each(['Content-Length: 5', 'Transfer-Encoding: chunked'])('CONNECT with %s is refused', async (header) => {
    const upstream = await startUpstream()
    const proxy = await openFor(upstream.port)
    const head = connectHead(proxy, `allowed.com:${upstream.port}`).replace('\r\n\r\n', `\r\n${header}\r\n\r\n`)
    expect(statusOf(await exchangeRaw(proxy, `${head}5\r\nhello`))).toBe(400)
    expect(upstream.connections).toBe(0)
  })

  test('a header of a megabyte is answered by 431 and not kept', async () => {
    const proxy = await openFor(80)
    for (const line of [`X: ${'x'.repeat(1 << 20)}`, 'X: y\r\n'.repeat(180_000), `${'x'.repeat(1 << 20)}: y`]) {
      const answer = await plainRequest(proxy, 'http://allowed.com/', [line])
      expect([statusOf(answer), refusalOf(answer)]).toEqual([431, 'header-too-large'])
    }
    const longUrl = await plainRequest(proxy, `http://allowed.com/${'x'.repeat(1 << 20)}`)
    expect(statusOf(longUrl)).toBe(431)
    expect(proxy.dialled).toEqual([])
  })

  test('headers that come in drops, or never, end with their time', async () => {
    const proxy = await openFor(80, { limits: { connectTimeoutMs: 400 } })
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
    const proxy = await openFor(upstream.port, { limits: { idleTimeoutMs: 300 } })
    const startedAt = performance.now()
    const head = [`POST http://allowed.com:${upstream.port}/ HTTP/1.1`, 'Host: x', 'Content-Length: 100']
    head.push(`Proxy-Authorization: ${proxy.authorization}`)
    const answer = await exchangeRaw(proxy, `${head.join('\r\n')}\r\n\r\npart`)
    expect(statusOf(answer)).toBe(504)
    expect(performance.now() - startedAt).toBeLessThan(5000)
    expect(proxy.transfers).toMatchObject([{ ended: 'idle-timeout' }])
    expect(upstream.bodies).toEqual([])
  })

  test.each([
    ['HTTP', 'GET / HTTP/1.1\r\nHost: evil.com\r\n\r\n'],
    ['SMTP', 'EHLO me\r\nMAIL FROM:<a@allowed.com>\r\n'],
    ['another CONNECT', 'CONNECT evil.com:443 HTTP/1.1\r\nHost: evil.com\r\n\r\n'],
    ['a cut TLS record', '\x16\x03\x01\x00\x00'],
    ['a TLS greeting of 17 KB', inRecords(Buffer.concat([Buffer.from([1, 0, 0x50, 0]), Buffer.alloc(20_000)]))],
  ])('a tunnel that opens with %s is cut before a byte reaches the host', async (_, text) => {
    const sink = await startSink()
    const proxy = await openFor(sink.port)
    for (const sentAhead of [true, false]) {
      const client = connectRaw(proxy)
      const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text
      const head = Buffer.from(connectHead(proxy, `allowed.com:${sink.port}`))
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
    const proxy = await openFor(upstream.port, { limits: { connectTimeoutMs: 300 } })
    const startedAt = performance.now()
    const text = await exchangeRaw(proxy, connectHead(proxy, `allowed.com:${upstream.port}`))
    expect(text).not.toContain('220')
    expect(performance.now() - startedAt).toBeLessThan(5000)
    expect(proxy.decisions).toMatchObject([{ outcome: 'failed', reason: 'greeting-timeout' }])
  })

  test('a tunnel in which nobody speaks any more ends with the idle time', async () => {
    const upstream = await startTcpServer(() => undefined)
    const hosts = [{ host: 'allowed.com', port: upstream.port, requireTls: false }]
    const proxy = await openFor(upstream.port, { hosts, limits: { idleTimeoutMs: 300 } })
    const client = connectRaw(proxy)
    client.socket.write(connectHead(proxy, `allowed.com:${upstream.port}`))
    const drops = setInterval(() => client.socket.writable && client.socket.write('.'), 100)
    await new Promise((resolve) => setTimeout(resolve, 900))
    expect(client.socket.destroyed).toBe(false)
    clearInterval(drops)
    const startedAt = performance.now()
    await client.ended
    expect(performance.now() - startedAt).toBeLessThan(3000)
    await expect.poll(() => proxy.transfers).toMatchObject([{ ended: 'idle-timeout' }])
  })
})

describe('N18: the limits of one execution', () => {
  test('connections: those beyond the limit are turned away, and a place that is free again is given', async () => {
    const upstream = await startTcpServer((socket) => socket.write('stay'))
    const hosts = [{ host: 'allowed.com', port: upstream.port, requireTls: false }]
    const proxy = await openFor(upstream.port, { hosts, limits: { connections: 3 } })
    const open = async () => {
      const client = connectRaw(proxy)
      client.socket.write(connectHead(proxy, `allowed.com:${upstream.port}`))
      await client.waitFor('stay')
      return client
    }
    const [first] = [await open(), await open(), await open()]
    await expect(open()).rejects.toThrow('ended')
    expect(proxy.usage.reasons).toEqual({ listed: 3, 'connection-limit': 1 })
    first.socket.destroy()
    await first.ended
    await expect.poll(() => proxy.transfers).toHaveLength(1)
    await open()
  })

  test('requests: those beyond the limit are refused, look nothing up, and do not fill the log', async () => {
    const upstream = await startUpstream()
    const proxy = await openFor(upstream.port, { limits: { requests: 3 } })
    const statuses: number[] = []
    for (let request = 0; request < 8; request++) {
      statuses.push(statusOf(await plainRequest(proxy, `http://allowed.com:${upstream.port}/`)))
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429, 429, 429, 429])
    expect(proxy.lookups).toHaveLength(3)
    expect(proxy.decisions.map(({ reason }) => reason)).toEqual(['listed', 'listed', 'listed', 'request-limit'])
    expect(await proxy.close()).toMatchObject({ requests: 8, refused: 5, reasons: { 'request-limit': 5 } })
  })

  test('bytes: an answer beyond the limit is cut there, and then nothing is passed on any more', async () => {
    const upstream = await startUpstream((_, response) => {
      const more = () => {
        while (response.write(Buffer.alloc(10_000, 'x')));
        response.once('drain', more)
      }
      more()
    })
    const proxy = await openFor(upstream.port, { limits: { bytes: 1_000_000 } })
    const url = `http://allowed.com:${upstream.port}/`
    const answer = await plainRequest(proxy, url)
    expect(answer.length).toBeGreaterThan(500_000)
    expect(answer.length).toBeLessThan(1_100_000)
    expect(proxy.usage.bytesSent + proxy.usage.bytesReceived).toBeLessThanOrEqual(1_000_000)
    expect(proxy.transfers).toMatchObject([{ ended: 'byte-limit' }])
    expect(refusalOf(await plainRequest(proxy, url))).toBe('byte-limit')
    expect(upstream.connections).toBe(1)
  })

  test('bytes: what the code sends counts as well, in requests and in tunnels', async () => {
    const sink = await startSink()
    const hosts = [{ host: 'allowed.com', port: sink.port, requireTls: false }]
    const proxy = await openFor(sink.port, { hosts, limits: { bytes: 200_000 } })
    const head = [`POST http://allowed.com:${sink.port}/ HTTP/1.1`, 'Host: x', 'Content-Length: 150000']
    head.push(`Proxy-Authorization: ${proxy.authorization}`)
    const client = connectRaw(proxy)
    client.socket.write(`${head.join('\r\n')}\r\n\r\n${'x'.repeat(150_000)}`)
    await expect.poll(() => sink.bytes.length).toBeGreaterThan(150_000)
    await exchangeRaw(proxy, connectHead(proxy, `allowed.com:${sink.port}`) + 'y'.repeat(100_000))
    expect(proxy.usage.bytesSent).toBeLessThanOrEqual(200_000)
    expect(sink.bytes.length).toBeLessThanOrEqual(201_000)
    expect(proxy.transfers).toMatchObject([{ id: 2, ended: 'byte-limit' }])
  })

  test('memory: a host that sends faster than the code reads is slowed down', async () => {
    let written = 0
    const upstream = await startTcpServer((socket) => {
      const more = () => {
        while (written < 40_000_000 && socket.write(Buffer.alloc(64_000))) written += 64_000
        socket.once('drain', more)
      }
      more()
    })
    const hosts = [{ host: 'allowed.com', port: upstream.port, requireTls: false }]
    const proxy = await openFor(upstream.port, { hosts })
    const client = connectRaw(proxy)
    client.socket.write(connectHead(proxy, `allowed.com:${upstream.port}`))
    await client.waitFor('\r\n\r\n')
    client.socket.pause()
    await new Promise((resolve) => setTimeout(resolve, 500))
    const before = proxy.usage.bytesReceived
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(proxy.usage.bytesReceived).toBe(before)
    expect(before).toBeLessThan(20_000_000)
  })
})

describe('N19: no list', () => {
  test.each([[[]], [undefined as unknown as []]])('hosts %j: nothing is allowed', async (hosts) => {
    const proxy = await openTestProxy({ policy: { hosts }, names })
    for (const host of ['allowed.com', 'example.com', '93.184.216.34', '127.0.0.1']) {
      for (const answer of await askBoth(proxy, host)) expect(statusOf(answer)).toBe(403)
    }
    expect([proxy.lookups, proxy.dialled]).toEqual([[], []])
  })
})

describe('N20: a relay inside of the sandbox', () => {
  test('that sends its CONNECT for others gets the same verdict', async () => {
    const proxy = await openTestProxy({ policy: { hosts: [{ host: 'allowed.com' }] }, names })
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
    const [first, second] = [await openFor(upstream.port), await openTestProxy()]
    const own = await exchangeRaw(first, connectHead(first, `127.0.0.1:${String(first.port)}`))
    expect([statusOf(own), refusalOf(own)]).toEqual([403, 'address-not-listed'])
    const stolen = { ...first, port: first.port, socketPath: null, authorization: second.authorization } as TestProxy
    const answer = await plainRequest(stolen, `http://allowed.com:${upstream.port}/`)
    expect([statusOf(answer), refusalOf(answer)]).toEqual([407, 'unauthenticated'])
  })
})

describe('N21: names as a channel', () => {
  test('is open below a wildcard, bounded by the number of requests, and closed for exact names', async () => {
    const ask = async (host: string) => {
      const proxy = await openTestProxy({ policy: { hosts: [{ host }], limits: { requests: 4 } } })
      for (let piece = 0; piece < 10; piece++) {
        await exchangeRaw(proxy, connectHead(proxy, `data-${piece}.allowed.com:443`))
      }
      return proxy.lookups
    }
    expect(await ask('allowed.com')).toEqual([])
    // What is not stopped: an allowed wildcard lets the code choose the names that are looked up.
    expect(await ask('*.allowed.com')).toEqual([0, 1, 2, 3].map((piece) => `data-${piece}.allowed.com`))
  })
})
