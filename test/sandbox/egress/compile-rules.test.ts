import { describe, expect, test } from 'vitest'
import { HandaxeError } from '../../../src/contracts/errors.ts'
import type { NetworkAllowList } from '../../../src/contracts/network.ts'
import { canonicalHost } from '../../../src/sandbox/egress/canonical-host.ts'
import { compileRules, type Verdict } from '../../../src/sandbox/egress/compile-rules.ts'
import { resolveNetworkLimits } from '../../../src/sandbox/egress/resolve-limits.ts'

async function decide(policy: Partial<NetworkAllowList>, host: string, port = 443): Promise<Verdict> {
  const rules = await compileRules({ mode: 'allow-list', hosts: [], ...policy })
  const canonical = canonicalHost(host)
  if (canonical === null) throw new Error(`${host} is no host`)
  return rules.decide(canonical, port)
}

async function faultOf(policy: Partial<NetworkAllowList>): Promise<HandaxeError> {
  const error: unknown = await compileRules({ mode: 'allow-list', hosts: [], ...policy }).catch(
    (error: unknown) => error,
  )
  if (HandaxeError.isInstance(error)) return error
  throw new Error(`Expected a HandaxeError, got ${String(error)}`)
}

const ALLOWED = { allowed: true, requireTls: true }

describe('an allow-list', () => {
  test('that is empty or missing allows nothing', async () => {
    const nothing = { allowed: false, reason: 'host-not-listed' }
    expect(await decide({}, 'example.com')).toEqual(nothing)
    expect(await decide({ hosts: undefined as unknown as [] }, 'example.com')).toEqual(nothing)
    expect(await decide({}, '93.184.216.34')).toEqual({ allowed: false, reason: 'address-not-listed' })
  })

  test('with a name allows this name at 443 and 80 and nothing else', async () => {
    const hosts = [{ host: 'example.com' }]
    expect(await decide({ hosts }, 'example.com', 443)).toEqual(ALLOWED)
    expect(await decide({ hosts }, 'example.com', 80)).toEqual(ALLOWED)
    expect(await decide({ hosts }, 'EXAMPLE.com.', 443)).toEqual(ALLOWED)
    for (const port of [22, 25, 8080, 1]) {
      expect(await decide({ hosts }, 'example.com', port)).toEqual({ allowed: false, reason: 'port-not-listed' })
    }
    for (const host of ['www.example.com', 'evilexample.com', 'example.com.evil.com', 'example.co']) {
      expect(await decide({ hosts }, host)).toEqual({ allowed: false, reason: 'host-not-listed' })
    }
  })

  test('with a port allows this port only', async () => {
    const hosts = [{ host: 'example.com', port: 8443 }]
    expect(await decide({ hosts }, 'example.com', 8443)).toEqual(ALLOWED)
    expect(await decide({ hosts }, 'example.com', 443)).toEqual({ allowed: false, reason: 'port-not-listed' })
  })

  test('with a name in Unicode allows its A-label', async () => {
    expect(await decide({ hosts: [{ host: 'Bücher.example.com' }] }, 'xn--bcher-kva.example.com')).toEqual(ALLOWED)
  })

  test('with a wildcard allows names below it, at any depth, but not the name itself', async () => {
    const hosts = [{ host: '*.Example.com' }]
    expect(await decide({ hosts }, 'a.example.com')).toEqual(ALLOWED)
    expect(await decide({ hosts }, 'a.b.example.com')).toEqual(ALLOWED)
    for (const host of ['example.com', 'evilexample.com', 'a.example.com.evil.com']) {
      expect(await decide({ hosts }, host)).toEqual({ allowed: false, reason: 'host-not-listed' })
    }
  })

  test('with an address allows exactly this address', async () => {
    const hosts = [{ host: '93.184.216.34' }, { host: '2606:4700:0::1111' }]
    expect(await decide({ hosts }, '93.184.216.34')).toEqual(ALLOWED)
    expect(await decide({ hosts }, '[2606:4700::1111]')).toEqual(ALLOWED)
    expect(await decide({ hosts }, '93.184.216.35')).toEqual({ allowed: false, reason: 'address-not-listed' })
    expect(await decide({ hosts }, '[::ffff:93.184.216.34]')).toEqual({ allowed: false, reason: 'address-not-listed' })
  })

  test('needs TLS unless one of the matching rules says otherwise', async () => {
    const hosts = [
      { host: '*.example.com', port: 5432 },
      { host: 'db.example.com', port: 5432, requireTls: false },
    ]
    expect(await decide({ hosts }, 'db.example.com', 5432)).toEqual({ allowed: true, requireTls: false })
    expect(await decide({ hosts }, 'api.example.com', 5432)).toEqual(ALLOWED)
  })
})

describe('a deny rule', () => {
  test('wins over every allow rule, whichever comes first and however it is written', async () => {
    const hosts = [{ host: 'Evil.example.com' }, { host: '*.example.com' }]
    const denied = { allowed: false, reason: 'denied' }
    expect(await decide({ hosts, deny: [{ host: 'evil.EXAMPLE.com.' }] }, 'evil.example.com')).toEqual(denied)
    expect(await decide({ hosts, deny: [{ host: '*.example.com' }] }, 'good.example.com')).toEqual(denied)
    expect(await decide({ hosts, deny: [{ host: '*.com' }] }, 'good.example.com')).toEqual(denied)
    expect(await decide({ hosts, deny: [{ host: 'evil.example.com' }] }, 'good.example.com')).toEqual(ALLOWED)
  })

  test('with a port denies this port only', async () => {
    const policy = { hosts: [{ host: 'example.com' }], deny: [{ host: 'example.com', port: 80 }] }
    expect(await decide(policy, 'example.com', 80)).toEqual({ allowed: false, reason: 'denied' })
    expect(await decide(policy, 'example.com', 443)).toEqual(ALLOWED)
  })

  test('may name an address, to which a name leads', async () => {
    const rules = await compileRules({ mode: 'allow-list', hosts: [], deny: [{ host: '93.184.216.34' }] })
    expect(rules.deniesAddress('93.184.216.34', 443)).toBe(true)
    expect(rules.deniesAddress('93.184.216.35', 443)).toBe(false)
  })
})

describe('a rule that is refused', () => {
  test.each([
    '*.com',
    '*.co.uk',
    '*.github.io',
    '*.s3.amazonaws.com',
    '*.internal',
    '*.xn--p1ai',
    '*.compute.amazonaws.com',
  ])('a wildcard on the public suffix of %s', async (host) => {
    const fault = await faultOf({ hosts: [{ host }] })
    expect(fault.code).toBe('invalid_arguments')
    expect(fault.message).toContain('public suffix')
    expect(fault.hint).toContain('*.example.com')
  })

  test.each([
    '*',
    '*.',
    '**.example.com',
    'a.*.com',
    '*example.com',
    'https://example.com',
    'example.com:443',
    '',
    'localhost',
  ])('one without a clear meaning: %j', async (host) => {
    expect((await faultOf({ hosts: [{ host }] })).code).toBe('invalid_arguments')
    expect((await faultOf({ deny: [{ host }] })).code).toBe('invalid_arguments')
  })

  test.each(['*.127.0.0.1', '*.0.0.1', '*.[::1]', '127.1', '2130706433'])(
    'one for many addresses: %s',
    async (host) => {
      expect((await faultOf({ hosts: [{ host }] })).code).toBe('invalid_arguments')
    },
  )

  test.each([
    '127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '[::1]',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
    '168.63.129.16',
  ])('an address that is not public: %s', async (host) => {
    const fault = await faultOf({ hosts: [{ host }] })
    expect(fault.message).toContain('not a public address')
    expect(fault.hint).toContain('host function')
  })

  test.each([0, -1, 65_536, 1.5, Number.NaN, '443' as unknown as number])('the port %s', async (port) => {
    expect((await faultOf({ hosts: [{ host: 'example.com', port }] })).message).toContain('is not a port')
    expect((await faultOf({ deny: [{ host: 'example.com', port }] })).message).toContain('is not a port')
  })
})

describe('a secret', () => {
  const hosts = [{ host: 'api.example.com' }, { host: '*.example.com' }]
  const secret = { host: 'api.example.com', header: 'Authorization', value: 'Bearer a-very-secret-value' }

  test('is given for its host and its TLS port only', async () => {
    const rules = await compileRules({ mode: 'allow-list', hosts, secrets: [{ ...secret, host: 'API.example.com' }] })
    const secretsFor = (host: string, port: number) => {
      const canonical = canonicalHost(host)
      return canonical === null ? [] : rules.secretsFor(canonical, port).map(({ header }) => header)
    }
    expect(secretsFor('api.example.com', 443)).toEqual(['Authorization'])
    expect(secretsFor('api.example.com', 80)).toEqual([])
    expect(secretsFor('other.example.com', 443)).toEqual([])
  })

  test.each([
    ['for a wildcard', { host: '*.example.com' }],
    ['for an address', { host: '93.184.216.34' }],
    ['for a host that is not allowed', { host: 'api.example.org' }],
    ['for a port that is not allowed', { port: 8443 }],
    ['in a header of the framing', { header: 'Content-Length' }],
    ['in Host', { header: 'host' }],
    ['in a header of the connection', { header: 'Transfer-Encoding' }],
    ['in the proxy header', { header: 'Proxy-Authorization' }],
    ['in a header that is no token', { header: 'X Key' }],
    ['in a header that ends the line', { header: 'X-Key\r\nX' }],
    ['in a header without a name', { header: '' }],
    ['that ends the line', { value: 'a-very-secret-value\r\nX: y' }],
    ['with a NUL', { value: 'a-very-secret-value\0' }],
    ['in Unicode', { value: 'a-very-secret-value ✓' }],
    ['without a value', { value: '' }],
  ])('%s is refused, and the message does not hold it', async (_, change) => {
    const fault = await faultOf({ hosts, secrets: [{ ...secret, ...change }] })
    expect(fault.code).toBe('invalid_arguments')
    expect(JSON.stringify([fault.message, fault.hint, fault.details, fault.stack])).not.toContain('a-very-secret-value')
  })

  test('twice for the same header is refused', async () => {
    const fault = await faultOf({ hosts, secrets: [secret, { ...secret, header: 'AUTHORIZATION' }] })
    expect(fault.message).toContain('Two secrets')
  })
})

describe('the limits', () => {
  test('have the documented defaults', () => {
    expect(resolveNetworkLimits()).toEqual({
      connections: 16,
      requests: 1000,
      bytes: 50 * 1024 * 1024,
      headerBytes: 16 * 1024,
      connectTimeoutMs: 30_000,
      idleTimeoutMs: 30_000,
    })
  })

  test.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '5' as unknown as number])('refuse %s', (value) => {
    expect(() => resolveNetworkLimits({ connections: value })).toThrow(/limit connections cannot be/)
    expect(() => resolveNetworkLimits({ idleTimeoutMs: value })).toThrow(/limit idleTimeoutMs cannot be/)
  })
})
