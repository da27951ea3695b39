import { HandaxeError } from '../../contracts/errors.ts'
import { DEFAULT_NETWORK_LIMITS, type NetworkLimits } from '../../contracts/network.ts'

// Beyond these a limit would not be one: Node's timers wrap, and a header of a megabyte is an attack.
const LARGEST: NetworkLimits = {
  connections: 1024,
  requests: 1_000_000,
  bytes: Number.MAX_SAFE_INTEGER,
  headerBytes: 256 * 1024,
  connectTimeoutMs: 10 * 60_000,
  idleTimeoutMs: 60 * 60_000,
}

/** Fills in what is absent; throws `invalid_arguments` for what is no whole number from 1 to the largest. */
export function resolveNetworkLimits(given: Partial<NetworkLimits> = {}): NetworkLimits {
  const limits: NetworkLimits = { ...DEFAULT_NETWORK_LIMITS }
  for (const name of Object.keys(LARGEST) as (keyof NetworkLimits)[]) {
    const value = given[name] ?? DEFAULT_NETWORK_LIMITS[name]
    if (!Number.isInteger(value) || value < 1 || value > LARGEST[name]) {
      throw new HandaxeError('invalid_arguments', `Network policy: the limit ${name} cannot be ${String(value)}`, {
        hint: `Give a whole number from 1 to ${LARGEST[name]}`,
      })
    }
    limits[name] = value
  }
  return limits
}
