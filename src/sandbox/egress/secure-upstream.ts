import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect as tlsConnect, getCACertificates, type TLSSocket } from 'node:tls'
import { EgressRefusal } from './refusal.ts'

export interface SecureOptions {
  serverName: string
  /** PEM, trusted besides the usual ones. */
  extraCertificates: string[]
  signal: AbortSignal
}

/** TLS on a connection that stands, with the host's certificate checked against its name. Throws `tls-failed`. */
export async function secureUpstream(socket: Socket, options: SecureOptions): Promise<TLSSocket> {
  const { serverName, extraCertificates, signal } = options
  const secure = tlsConnect({
    socket,
    servername: serverName,
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(extraCertificates.length === 0 ? {} : { ca: [...getCACertificates('default'), ...extraCertificates] }),
  })
  // Also for errors that come when nobody waits for this connection any more.
  secure.on('error', () => secure.destroy())
  try {
    await once(secure, 'secureConnect', { signal })
    return secure
  } catch (error) {
    secure.destroy()
    if (signal.aborted) throw signal.reason
    throw new EgressRefusal('tls-failed', { cause: error })
  }
}
