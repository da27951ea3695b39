import type { Duplex } from 'node:stream'
import { canonicalHost, type CanonicalHost } from './canonical-host.ts'
import { ClientHelloReader, type ClientHello, type ClientHelloReading } from './client-hello.ts'
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
  if (reading.state === 'incomplete') {
    reading = await readOn(client, options.signal, (chunk) => {
      chunks.push(chunk)
      return reader.push(chunk)
    })
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

/** Feeds `push` until it knows. The end of the stream, and of the time, are refusals. */
function readOn(
  client: Duplex,
  signal: AbortSignal,
  push: (chunk: Buffer) => ClientHelloReading,
): Promise<ClientHelloReading> {
  const { promise, resolve, reject } = Promise.withResolvers<ClientHelloReading>()
  const onData = (chunk: Buffer) => {
    const reading = push(chunk)
    if (reading.state !== 'incomplete') resolve(reading)
  }
  const onEnd = () => reject(new EgressRefusal('ended-early'))
  const onAbort = () => reject(signal.reason)
  client.on('data', onData)
  client.once('end', onEnd)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  return promise.finally(() => {
    client.pause()
    client.off('data', onData)
    client.off('end', onEnd)
    signal.removeEventListener('abort', onAbort)
  })
}
