import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { openEgressProxy } from '../../../src/sandbox/egress/open-egress-proxy.ts'
import {
  askBoth,
  connectHead,
  exchangeRaw,
  exchangeTls,
  openTestProxy,
  plainRequest,
  refusalOf,
  startSink,
  startUpstream,
  statusOf,
  openAllowed,
  allowedNames,
} from './support/test-proxy.ts'
import { expectHostBaselineAfterEach } from '../support/invariants.ts'

expectHostBaselineAfterEach()
// Items N5, N11 to N15, N19 and N21 of the attack list: which host is meant, and where its name leads.

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
    for (const answer of await askBoth(proxy, address)) {
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
      for (const answer of await askBoth(proxy, 'metadata.google.internal')) {
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
      const proxy = await openAllowed(443)
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
      names: allowedNames,
    })
    const answers = await askBoth(proxy, host)
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
    const proxy = await openAllowed(upstream.port)
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
      names: allowedNames,
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
    const proxy = await openTestProxy({ policy: { hosts }, names: allowedNames })
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
    for (const answer of await askBoth(proxy, 'allowed.com')) {
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

  test('is refused in a tunnel to another port too, where TLS is looked at before the name', async () => {
    const proxy = await openTestProxy({
      policy: { hosts: [{ host: 'allowed.com', port: 8443 }] },
      names: { 'allowed.com': ['93.184.216.34', '10.0.0.1'] },
      reachable: 'default',
    })
    expect(await exchangeTls(proxy, 'allowed.com:8443', { servername: 'allowed.com' })).toMatchObject({ text: '' })
    expect(proxy.decisions).toMatchObject([{ outcome: 'refused', reason: 'non-public-address' }])
    expect(proxy.dialled).toEqual([])
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

describe('N19: no list', () => {
  test.each([[[]], [undefined as unknown as []]])('hosts %j: nothing is allowed', async (hosts) => {
    const proxy = await openTestProxy({ policy: { hosts }, names: allowedNames })
    for (const host of ['allowed.com', 'example.com', '93.184.216.34', '127.0.0.1']) {
      for (const answer of await askBoth(proxy, host)) expect(statusOf(answer)).toBe(403)
    }
    expect([proxy.lookups, proxy.dialled]).toEqual([[], []])
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
