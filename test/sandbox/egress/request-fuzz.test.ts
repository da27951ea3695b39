import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { PROXY_FUZZ_BATCHES } from '../../support/sizes.ts'
import { buildHello, inRecords, serverName } from './support/client-hello-bytes.ts'
import { connectRaw, openTestProxy, startUpstream } from './support/test-proxy.ts'

/** Pieces of requests, right and wrong, from which every order is tried. */
function pieces(port: number, authorization: string): string[] {
  return [
    `GET http://allowed.com:${port}/ HTTP/1.1\r\n`,
    `POST http://allowed.com:${port}/ HTTP/1.1\r\n`,
    `GET http://allowed.com:${port}/ HTTP/1.0\r\n`,
    'GET http://evil.com/ HTTP/1.1\r\n',
    `GET http://allowed.com:${port}@evil.com/ HTTP/1.1\r\n`,
    `CONNECT allowed.com:${port} HTTP/1.1\r\n`,
    'CONNECT evil.com:443 HTTP/1.1\r\n',
    'GET /smuggled HTTP/1.1\r\n',
    'Host: evil.com\r\n',
    'Host: allowed.com\r\n',
    `Proxy-Authorization: ${authorization}\r\n`,
    `Host: x\r\nProxy-Authorization: ${authorization}\r\n\r\n`,
    'Content-Length: 5\r\n',
    'Content-Length: 0\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Transfer-Encoding : chunked\r\n',
    'Connection: keep-alive, Content-Length\r\n',
    'Connection: close\r\n',
    'Expect: 100-continue\r\n',
    'Upgrade: h2c\r\n',
    '5\r\nhello\r\n',
    '0\r\n\r\n',
    'hello',
    '\r\n',
    '\r\n\r\n',
    '\n',
    '\0',
    'X: y\r\n',
    ' folded\r\n',
    inRecords(buildHello({ extensions: [serverName('allowed.com')] })).toString('latin1'),
    inRecords(buildHello({ extensions: [serverName('evil.com')] })).toString('latin1'),
  ]
}

test('whatever is sent, each request that reaches a host was allowed before, and the proxy goes on', async () => {
  const hosts = new Set<string>()
  const upstream = await startUpstream((request, response) => {
    hosts.add(String(request.headers.host))
    response.end('hello')
  })
  const proxy = await openTestProxy({
    policy: {
      hosts: [{ host: 'allowed.com', port: upstream.port }],
      limits: { requests: 1_000_000, bytes: 1e9, connectTimeoutMs: 2000 },
    },
    names: { 'allowed.com': ['127.0.0.1'], 'evil.com': ['127.0.0.1'] },
  })
  const all = pieces(upstream.port, proxy.authorization)
  const piece = fc.constantFrom(...all)
  const disorder = fc.array(fc.oneof(piece, fc.string({ unit: 'binary-ascii', maxLength: 10 })), { maxLength: 10 })
  const order = fc
    .tuple(fc.constantFrom(...all.slice(0, 8)), fc.array(piece, { maxLength: 3 }), fc.array(piece, { maxLength: 4 }))
    .map(([line, headers, rest]) => [
      line,
      `Proxy-Authorization: ${proxy.authorization}\r\n`,
      ...headers,
      '\r\n',
      ...rest,
    ])
  const send = async (parts: string[], atOnce: boolean) => {
    const client = connectRaw(proxy)
    for (const text of atOnce ? [parts.join('')] : parts) client.socket.write(Buffer.from(text, 'latin1'))
    await Promise.race([client.ended, new Promise((resolve) => setTimeout(resolve, 40))])
    client.socket.destroy()
    await client.ended
  }
  const inputs = fc.array(fc.tuple(fc.oneof(order, disorder), fc.boolean()), { minLength: 8, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(inputs, async (batch) => void (await Promise.all(batch.map((each) => send(...each))))),
    { numRuns: PROXY_FUZZ_BATCHES },
  )
  const allowed = proxy.decisions.filter(({ kind, outcome }) => kind === 'request' && outcome === 'allowed')
  expect(allowed.length).toBeGreaterThan(PROXY_FUZZ_BATCHES / 6)
  expect(upstream.requests.length).toBeLessThanOrEqual(allowed.length)
  expect([...hosts]).toEqual([`allowed.com:${upstream.port}`])
  expect(new Set(proxy.lookups)).toEqual(new Set(['allowed.com']))
  // Rejects where anything was thrown that is no fate of a request.
  const usage = await proxy.close()
  expect(usage.allowed + usage.refused + usage.failed).toBe(usage.requests)
})
