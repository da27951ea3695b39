import type { Duplex } from 'node:stream'
import { canonicalHost, type CanonicalHost } from './canonical-host.ts'
import { ClientHelloReader, type ClientHello } from './client-hello.ts'
import { EgressRefusal } from './refusal.ts'

/**
 * Waits for the TLS greeting at the start of a tunnel and returns its bytes, with what came right behind it. Throws
 * `EgressRefusal` unless it names `host`: exactly this name, or none at all where the tunnel leads to an address,
 * since TLS has no way to name one. On return the stream is paused.
 */
export async function readGreeting(
  client: Duplex,
  head: Buffer,
  options: { host: CanonicalHost; maxBytes: number; signal: AbortSignal },
): Promise<Buffer> {
  const reader = new ClientHelloReader(options.maxBytes)
  const chunks = [head]
  let reading = reader.push(head)
  while (reading.state === 'incomplete') {
    const chunk = await readSome(client, options.signal)
    chunks.push(chunk)
    reading = reader.push(chunk)
  }
  if (reading.state === 'too-large') throw new EgressRefusal('header-too-large')
  if (reading.state !== 'complete') throw new EgressRefusal('not-tls')
  assertNames(reading.hello, options.host)
  return Buffer.concat(chunks)
}

function assertNames(hello: ClientHello, host: CanonicalHost): void {
  if (hello.encryptedHello) throw new EgressRefusal('encrypted-client-hello')
  if (hello.serverName === null) {
    if (host.kind === 'name') throw new EgressRefusal('no-server-name')
    return
  }
  const named = canonicalHost(hello.serverName)
  if (host.kind !== 'name' || named?.kind !== 'name' || named.host !== host.host) {
    throw new EgressRefusal('server-name-mismatch')
  }
}

/** The next bytes; throws `ended-early` where none come, and the reason of the abort. Leaves the stream paused. */
export function readSome(client: Duplex, signal: AbortSignal): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const onEnd = () => reject(new EgressRefusal('ended-early'))
  const onAbort = () => reject(signal.reason)
  const onData = (chunk: Buffer) => {
    // In the same turn: what comes next has to stay in the stream for its next reader.
    client.pause()
    resolve(chunk)
  }
  client.once('data', onData)
  client.once('end', onEnd)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  client.resume()
  return promise.finally(() => {
    client.pause()
    client.off('data', onData)
    client.off('end', onEnd)
    signal.removeEventListener('abort', onAbort)
  })
}
