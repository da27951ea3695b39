import { HandaxeError } from '../contracts/errors.ts'
import type { HostRule } from '../contracts/network.ts'

/**
 * `api.example.com`, `api.example.com:8443`, `*.example.com`, `[2606:4700::1111]:443`. Whether the host is one that may be
 * listed is decided where the rule is used. Throws `invalid_request`.
 */
export function parseHostRule(text: string): HostRule {
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[^:/\s[\]@?#]+)(?::(\d{1,5}))?$/.exec(text) ?? []
  if (host !== undefined && (port === undefined || isPort(Number(port)))) {
    return port === undefined ? { host } : { host, port: Number(port) }
  }
  throw new HandaxeError('invalid_request', `${JSON.stringify(text)} is not a host with an optional port`, {
    hint: 'Write api.example.com, api.example.com:8443 or *.example.com: no scheme and no path',
  })
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535
}
