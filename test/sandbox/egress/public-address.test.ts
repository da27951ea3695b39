import * as fc from 'fast-check'
import { networkInterfaces } from 'node:os'
import { describe, expect, test } from 'vitest'
import { isPublicAddress } from '../../../src/sandbox/egress/public-address.ts'
import { isReachableAddress } from '../../../src/sandbox/egress/reachable-address.ts'

/** First and last address of each network that is not public, and the public neighbours around it. */
const NETWORKS: { name: string; inside: string[]; outside: string[] }[] = [
  { name: '0/8', inside: ['0.0.0.0', '0.255.255.255'], outside: ['1.0.0.0'] },
  { name: '10/8', inside: ['10.0.0.0', '10.255.255.255'], outside: ['9.255.255.255', '11.0.0.0'] },
  { name: '100.64/10', inside: ['100.64.0.0', '100.127.255.255'], outside: ['100.63.255.255', '100.128.0.0'] },
  { name: '127/8', inside: ['127.0.0.0', '127.0.0.1', '127.255.255.255'], outside: ['126.255.255.255', '128.0.0.0'] },
  { name: '169.254/16', inside: ['169.254.0.0', '169.254.255.255'], outside: ['169.253.255.255', '169.255.0.0'] },
  { name: '172.16/12', inside: ['172.16.0.0', '172.31.255.255'], outside: ['172.15.255.255', '172.32.0.0'] },
  { name: '192.0.0/24', inside: ['192.0.0.0', '192.0.0.255'], outside: ['191.255.255.255', '192.0.1.0'] },
  { name: '192.0.2/24', inside: ['192.0.2.0', '192.0.2.255'], outside: ['192.0.1.255', '192.0.3.0'] },
  { name: '192.168/16', inside: ['192.168.0.0', '192.168.255.255'], outside: ['192.167.255.255', '192.169.0.0'] },
  { name: '198.18/15', inside: ['198.18.0.0', '198.19.255.255'], outside: ['198.17.255.255', '198.20.0.0'] },
  { name: '198.51.100/24', inside: ['198.51.100.0', '198.51.100.255'], outside: ['198.51.99.255', '198.51.101.0'] },
  { name: '203.0.113/24', inside: ['203.0.113.0', '203.0.113.255'], outside: ['203.0.112.255', '203.0.114.0'] },
  { name: '224/4', inside: ['224.0.0.0', '239.255.255.255'], outside: ['223.255.255.255'] },
  { name: '240/4', inside: ['240.0.0.0', '255.255.255.255'], outside: [] },
  { name: 'Azure', inside: ['168.63.129.16'], outside: ['168.63.129.15', '168.63.129.17'] },
  { name: '::/128 and ::1', inside: ['::', '::1', '::2'], outside: [] },
  { name: 'v4-mapped', inside: ['::ffff:0:0', '::ffff:127.0.0.1', '::ffff:8.8.8.8'], outside: [] },
  { name: 'v4-compatible', inside: ['::127.0.0.1', '::8.8.8.8'], outside: [] },
  { name: '64:ff9b::/96', inside: ['64:ff9b::', '64:ff9b::7f00:1', '64:ff9b::ffff:ffff'], outside: [] },
  { name: '64:ff9b:1::/48', inside: ['64:ff9b:1::', '64:ff9b:1::7f00:1'], outside: [] },
  { name: '100::/64', inside: ['100::', '100::1'], outside: [] },
  { name: '2000::/3', inside: ['1fff:ffff::', '4000::'], outside: ['2000::1', '3ffe:ffff::'] },
  { name: '2001::/23', inside: ['2001::', '2001:1ff:ffff::'], outside: ['2001:200::'] },
  { name: '2001:db8::/32', inside: ['2001:db8::', '2001:db8:ffff::'], outside: ['2001:db7:ffff::', '2001:db9::'] },
  { name: '2002::/16', inside: ['2002::', '2002:7f00:1::1'], outside: ['2003::'] },
  { name: '3fff::/20', inside: ['3fff::', '3fff:fff:ffff::'], outside: ['3fff:1000::'] },
  { name: '5f00::/16', inside: ['5f00::1'], outside: [] },
  { name: 'fc00::/7', inside: ['fc00::', 'fd00:ec2::254', 'fd20:ce::254', 'fdff:ffff::'], outside: [] },
  { name: 'fe80::/10', inside: ['fe80::', 'fe80::1', 'febf:ffff::'], outside: [] },
  { name: 'fec0::/10', inside: ['fec0::1'], outside: [] },
  { name: 'ff00::/8', inside: ['ff00::', 'ff02::1', 'ffff::'], outside: [] },
]

describe('what is not public', () => {
  test.each(NETWORKS)('$name, to its edges and not beyond', ({ inside, outside }) => {
    for (const address of inside) expect(isPublicAddress(address), address).toBe(false)
    for (const address of outside) expect(isPublicAddress(address), address).toBe(true)
  })

  test.each([
    '',
    'example.com',
    '127.1',
    '2130706433',
    '1.2.3.4 ',
    '8.8.8.8\0',
    '[2606:4700::1111]',
    '2606:4700::1111%0',
  ])('what is no address: %j', (text) => {
    expect(isPublicAddress(text)).toBe(false)
  })

  test('every way to wrap an IPv4 address in an IPv6 address', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        for (const wrapped of [`::ffff:${address}`, `::${address}`, `64:ff9b::${address}`, `::ffff:0:${address}`]) {
          expect(isPublicAddress(wrapped), wrapped).toBe(false)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('what is public', () => {
  test.each(['1.1.1.1', '8.8.8.8', '93.184.216.34', '2606:4700:4700::1111', '2a00:1450:4001::200e'])(
    '%s',
    (address) => {
      expect(isPublicAddress(address)).toBe(true)
      expect(isReachableAddress(address)).toBe(true)
    },
  )

  test('but no address of this machine itself', () => {
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
    expect(own.length).toBeGreaterThan(0)
    for (const { address } of own) expect(isReachableAddress(address), address).toBe(false)
  })
})
