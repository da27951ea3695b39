import { Resolver } from 'node:dns/promises'

/**
 * Gives every address of a name, once per request: the proxy dials one of these very addresses or none. Rejects, or
 * gives an empty list, where the name has none. Never asked for addresses.
 */
export type NameResolver = (name: string, options: { signal: AbortSignal }) => Promise<string[]>

const TRY_TIMEOUT_MS = 4000
const TRIES = 2

export interface NameServerOptions {
  /** `address` or `address:port`; default: those of the machine. */
  servers?: string[]
}

/**
 * Asks name servers. Not `getaddrinfo`: that would hold a thread of the host's pool for as long as a hostile name
 * server likes, append search domains to the name, and read `/etc/hosts`.
 */
export function createNameServerResolver({ servers }: NameServerOptions = {}): NameResolver {
  return async (name, { signal }) => {
    signal.throwIfAborted()
    const resolver = new Resolver({ timeout: TRY_TIMEOUT_MS, tries: TRIES })
    if (servers !== undefined) resolver.setServers(servers)
    const cancel = () => resolver.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    try {
      // One family is enough, whatever became of the other: only checked addresses are ever dialled.
      const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
      const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
      const failure = answers.find((answer) => answer.status === 'rejected')
      if (addresses.length === 0 && failure !== undefined) throw failure.reason
      return addresses
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }
}
