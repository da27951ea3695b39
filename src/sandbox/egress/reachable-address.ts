import { networkInterfaces } from 'node:os'
import { canonicalAddress } from './canonical-host.ts'
import { isPublicAddress } from './public-address.ts'

/**
 * True for a public address of another machine. A public address of this one is refused: packets to it never leave, so
 * they pass the firewall that keeps others from the services here. An address that a router in front of this machine
 * translates cannot be known.
 */
export function isReachableAddress(address: string): boolean {
  if (!isPublicAddress(address)) return false
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return !own.some((each) => canonicalAddress(each.address) === canonicalAddress(address))
}
