import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** The user name in the proxy's URL; only the token counts. */
export const PROXY_USER = 'handaxe'

/** 256 random bits, in characters that need no escaping in a URL. */
export function createProxyToken(): string {
  return randomBytes(32).toString('base64url')
}

/** Whether a `Proxy-Authorization` header carries the token, as `Basic user:token` or `Bearer token`. */
export function carriesToken(header: string | undefined, token: string): boolean {
  const match = /^(basic|bearer) +([A-Za-z0-9+/=_.~-]{1,1024})$/i.exec(header ?? '')
  if (match === null) return false
  const [, scheme = '', credentials = ''] = match
  if (scheme.toLowerCase() === 'bearer') return isEqual(credentials, token)
  const decoded = Buffer.from(credentials, 'base64').toString('latin1')
  const colon = decoded.indexOf(':')
  return colon !== -1 && isEqual(decoded.slice(colon + 1), token)
}

/** Takes the same time wherever the two differ. */
function isEqual(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
