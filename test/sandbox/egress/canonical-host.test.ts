import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalAddress, canonicalHost, hostInUrl } from '../../../src/sandbox/egress/canonical-host.ts'

describe('a host name', () => {
  test.each([
    ['example.com', 'example.com'],
    ['EXAMPLE.Com', 'example.com'],
    ['example.com.', 'example.com'],
    ['a-b.c1.example', 'a-b.c1.example'],
    ['münchen.de', 'xn--mnchen-3ya.de'],
    ['MÜNCHEN.de', 'xn--mnchen-3ya.de'],
    ['xn--mnchen-3ya.de', 'xn--mnchen-3ya.de'],
    ['例え.テスト', 'xn--r8jz45g.xn--zckzah'],
    ['ｅｘａｍｐｌｅ。com', 'example.com'],
    [`${'a'.repeat(63)}.com`, `${'a'.repeat(63)}.com`],
  ])('%s is read as %s', (text, host) => {
    expect(canonicalHost(text)).toEqual({ kind: 'name', host })
  })

  test.each([
    ['empty', ''],
    ['a dot', '.'],
    ['two final dots', 'example.com..'],
    ['an empty label', 'a..example.com'],
    ['no dot', 'localhost'],
    ['a space', 'example .com'],
    ['a space at the end', 'example.com '],
    ['NUL before an allowed suffix', 'evil.com\0.example.com'],
    ['line breaks', 'example.com\r\nX: y'],
    ['a tab', 'example\t.com'],
    ['DEL', 'example\x7f.com'],
    ['percent-encoding', 'evil.com%00.example.com'],
    ['a percent-encoded letter', '%65xample.com'],
    ['a zone', '::ffff:1.2.3.4%x.example.com'],
    ['a user', 'user@example.com'],
    ['a port', 'example.com:443'],
    ['a path', 'example.com/a'],
    ['a backslash', 'evil.com\\.example.com'],
    ['a query', 'evil.com?.example.com'],
    ['a fragment', 'evil.com#.example.com'],
    ['an underscore', 'a_b.example.com'],
    ['a hyphen in front', '-a.example.com'],
    ['a hyphen at the end', 'a-.example.com'],
    ['a long label', `${'a'.repeat(64)}.com`],
    ['a long name', `${'a.'.repeat(127)}com`],
    ['a huge text', 'a.'.repeat(100_000)],
    ['an A-label of nothing', 'xn--.com'],
    ['a joiner without a reason', 'a\u200db.com'],
    ['a letter that maps to a slash', '℀.com'],
    ['a lone surrogate', '\ud800.com'],
    ['a wildcard', '*.example.com'],
  ])('with %s is no host', (_, text) => {
    expect(canonicalHost(text)).toBeNull()
  })
})

describe('an address', () => {
  test.each([
    ['93.184.216.34', 'ipv4', '93.184.216.34'],
    ['127.0.0.1', 'ipv4', '127.0.0.1'],
    ['[::1]', 'ipv6', '::1'],
    ['[2001:DB8:0:0:0::1]', 'ipv6', '2001:db8::1'],
    ['[::ffff:127.0.0.1]', 'ipv6', '::ffff:127.0.0.1'],
    ['[::FFFF:7f00:1]', 'ipv6', '::ffff:127.0.0.1'],
  ])('%s is read as an address', (text, kind, host) => {
    expect(canonicalHost(text)).toEqual({ kind, host })
  })

  // Spellings of inet_aton, which many resolvers still take for 127.0.0.1.
  test.each([
    '2130706433',
    '127.1',
    '127.0.1',
    '0x7f.1',
    '0x7f000001',
    '0177.0.0.1',
    '127.0.0.01',
    '1.2.3.256',
    '1.2.3.4.5',
    '256.256.256.256',
    '1.2.3.0x',
    'example.0x7f',
    'example.123',
    '１２７.0.0.1',
    '127。0。0。1',
    '::1',
    '[::1%lo]',
    '[::1%25lo]',
    '[::1',
    '[::1]x',
    '[127.0.0.1]',
    '[]',
    '[1::2::3]',
    '[v1.fe80]',
    '[::1]]',
  ])('%s is no host', (text) => {
    expect(canonicalHost(text)).toBeNull()
  })

  test('is compared without regard to how it was written', () => {
    expect(canonicalAddress('2606:4700:0:0:0:0:0:1111')).toBe('2606:4700::1111')
    expect(canonicalAddress('fe80::1%eth0')).toBeNull()
    expect(canonicalAddress('127.1')).toBeNull()
    expect(canonicalAddress('')).toBeNull()
  })
})

describe('any text', () => {
  const ugly = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.string({ unit: fc.constantFrom(...'aZ019.-xX:[]%/\\@\0 éß。．１xn--'), maxLength: 40 }),
    fc.domain(),
    fc.webAuthority({ withIPv4: true, withIPv4Extended: true, withIPv6: true, withPort: true, withUserInfo: true }),
    fc.ipV4Extended(),
    fc.ipV6().map((address) => `[${address}]`),
  )

  test('is read into a form that reads as itself, from characters that need no care', () => {
    fc.assert(
      fc.property(ugly, (text) => {
        const host = canonicalHost(text)
        if (host === null) return
        expect(host.host).toMatch(host.kind === 'ipv6' ? /^[0-9a-f:.]{2,45}$/ : /^[a-z0-9.-]{1,253}$/)
        expect(canonicalHost(hostInUrl(host))).toEqual(host)
      }),
      { numRuns: 20_000 },
    )
  })

  test('is read like the URL standard reads it, or not at all', () => {
    fc.assert(
      fc.property(ugly, (text) => {
        const host = canonicalHost(text)
        if (host === null) return
        const url = new URL(`http://${text}/`)
        const expected = url.hostname.replace(/\.$/, '')
        const asAddress =
          host.kind === 'ipv6' ? `[${new URL(`http://[${host.host}]/`).hostname.slice(1, -1)}]` : host.host
        expect(asAddress).toBe(expected)
      }),
      { numRuns: 20_000 },
    )
  })

  test('that the URL standard takes for an IPv4 address is never read as a name', () => {
    fc.assert(
      fc.property(ugly, (text) => {
        if (!URL.canParse(`http://${text}/`)) return
        const { hostname } = new URL(`http://${text}/`)
        if (/^[0-9]+(\.[0-9]+){3}$/.test(hostname)) expect(canonicalHost(text)?.kind).not.toBe('name')
      }),
      { numRuns: 20_000 },
    )
  })
})
