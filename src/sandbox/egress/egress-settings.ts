import type { NameResolver } from './resolve-name.ts'

/**
 * What the proxies of a sandbox share: how names are found, and what else is trusted. A part of `SandboxOptions`: no type of
 * Node may stand in it, so that the package's types are complete without `@types/node`.
 */
export interface EgressSettings {
  /** Default: the machine's name servers. */
  resolver?: NameResolver
  /** PEM certificates that hosts with secrets may be signed by, besides the usual ones: a company's own authority. */
  extraCertificates?: string[]
  /** Opens the way to private addresses. Never set outside of tests: servers of tests are on 127.0.0.1. */
  unsafeTestOverrides?: { isReachableAddress?: (address: string) => boolean }
}
