import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseConnectTarget, parseRequestTarget } from '../../../src/sandbox/egress/parse-target.ts'
import { EgressRefusal } from '../../../src/sandbox/egress/refusal.ts'

function reasonOf(parse: () => unknown): string {
  try {
    parse()
  } catch (error) {
    if (error instanceof EgressRefusal) return error.reason
    throw error
  }
  return 'accepted'
}

describe('the target of CONNECT', () => {
  test('is a host and a port', () => {
    expect(parseConnectTarget('Example.com.:443')).toEqual({ host: { kind: 'name', host: 'example.com' }, port: 443 })
    expect(parseConnectTarget('[::1]:65535')).toEqual({ host: { kind: 'ipv6', host: '::1' }, port: 65_535 })
  })

  test.each([
    '',
    ':',
    ':443',
    'example.com',
    'example.com:',
    'example.com:0',
    'example.com:0443',
    'example.com:65536',
    'example.com:443443',
    'example.com:+443',
    'example.com:44 3',
    'example.com:https',
    'example.com:443:443',
    'user@example.com:443',
    'user:pass@example.com:443',
    'http://example.com:443',
    'example.com:443/',
    '::1:443',
    '[::1]443',
    '[::1]:443]',
    '[[::1]]:443',
    'example.com[::1]:443',
    'münchen.de:443',
    'm\xc3\xbcnchen.de:443',
    'evil.com%00.example.com:443',
    '*',
  ])('is not %j', (text) => {
    expect(reasonOf(() => parseConnectTarget(text))).toBe('invalid-host')
  })
})

describe('the target of a request', () => {
  test('is an absolute URL, whose path stays as it was sent', () => {
    expect(parseRequestTarget('http://example.com/a/../b;c?d=%2e&e#'.slice(0, -1))).toEqual({
      scheme: 'http',
      host: { kind: 'name', host: 'example.com' },
      port: 80,
      path: '/a/../b;c?d=%2e&e',
    })
    expect(parseRequestTarget('HTTP://example.com:8080')).toMatchObject({ port: 8080, path: '/' })
    expect(parseRequestTarget('http://example.com?a=b')).toMatchObject({ port: 80, path: '/?a=b' })
    expect(parseRequestTarget('https://example.com/')).toMatchObject({ scheme: 'https', port: 443 })
  })

  test.each([
    ['/path', 'malformed-request'],
    ['*', 'malformed-request'],
    ['', 'malformed-request'],
    ['//example.com/', 'malformed-request'],
    ['example.com:443', 'malformed-request'],
    ['http:/example.com/', 'malformed-request'],
    ['http:example.com', 'malformed-request'],
    ['ftp://example.com/', 'scheme-not-allowed'],
    ['file:///etc/passwd', 'scheme-not-allowed'],
    ['unix://example.com/', 'scheme-not-allowed'],
    ['http:///path', 'invalid-host'],
    ['http://', 'invalid-host'],
    ['http://user@example.com/', 'invalid-host'],
    ['http://user:pass@example.com/', 'invalid-host'],
    ['http://evil.com\\@example.com/', 'invalid-host'],
    ['http://evil.com\\.example.com/', 'invalid-host'],
    ['http://example.com:/', 'invalid-host'],
    ['http://example.com:80:80/', 'invalid-host'],
    ['http://example.com/#fragment', 'invalid-host'],
    ['http://example.com/a b', 'invalid-host'],
    ['http://example.com/\xff', 'invalid-host'],
    ['http://example.com/\r\nX: y', 'invalid-host'],
    ['http://evil.com\0.example.com/', 'invalid-host'],
    ['http://%65xample.com/', 'invalid-host'],
    ['http://[::1%25lo]/', 'invalid-host'],
    ['http://127.1/', 'invalid-host'],
  ])('is not %j', (text, reason) => {
    expect(reasonOf(() => parseRequestTarget(text))).toBe(reason)
  })

  test('is read like the URL standard reads it, or refused', () => {
    const text = fc.oneof(
      fc.webUrl({ withFragments: true, withQueryParameters: true, validSchemes: ['http', 'https', 'ftp'] }),
      fc
        .string({ unit: fc.constantFrom(...'http://evl.com:80@[]\\?#%0\t/'), maxLength: 40 })
        .map((end) => `http://${end}`),
    )
    fc.assert(
      fc.property(text, (url) => {
        let target
        try {
          target = parseRequestTarget(url)
        } catch (error) {
          expect(error).toBeInstanceOf(EgressRefusal)
          return
        }
        const standard = new URL(url)
        expect(target.host.host).toBe(standard.hostname.replace(/\.$/, '').replace(/^\[|\]$/g, ''))
        expect(target.port).toBe(Number(standard.port || (target.scheme === 'http' ? 80 : 443)))
      }),
      { numRuns: 5000 },
    )
  })
})
