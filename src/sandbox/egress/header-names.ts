/** Headers that belong to one connection and not to the message (RFC 9110 7.6.1), and what only a proxy is told. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Both arguments of the framing and the target: written by the proxy itself, never copied. */
const WRITTEN_BY_PROXY = new Set(['host', 'content-length'])

const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i

export function isHopByHop(lowerCaseName: string): boolean {
  return HOP_BY_HOP.has(lowerCaseName)
}

/** True where a policy may ask for this header to be added. */
export function isInjectableHeader(name: string): boolean {
  const lowerCase = name.toLowerCase()
  return TOKEN.test(name) && !HOP_BY_HOP.has(lowerCase) && !WRITTEN_BY_PROXY.has(lowerCase)
}

/** True for what may stand in a header's value: no line break, no NUL, one byte a character, not empty. */
export function isHeaderValue(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]+$/.test(value)
}
