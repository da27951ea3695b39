import { describe, expect, test } from 'vitest'
import {
  connectHead,
  connectRaw,
  exchangeRaw,
  plainRequest,
  refusalOf,
  startSink,
  startTcpServer,
  startUpstream,
  statusOf,
  openAllowed,
} from './support/test-proxy.ts'
import { expectHostBaselineAfterEach } from '../support/invariants.ts'

expectHostBaselineAfterEach()
// Item N18 of the attack list, as far as it is about the limits of one execution.

describe('N18: the limits of one execution', () => {
  test('connections: those beyond the limit are turned away, and a place that is free again is given', async () => {
    const upstream = await startTcpServer((socket) => socket.write('stay'))
    const hosts = [{ host: 'allowed.com', port: upstream.port, requireTls: false }]
    const proxy = await openAllowed(upstream.port, { hosts, limits: { connections: 3 } })
    const open = async () => {
      const client = connectRaw(proxy)
      client.socket.write(connectHead(proxy, `allowed.com:${upstream.port}`))
      await client.waitFor('stay')
      return client
    }
    const [first] = [await open(), await open(), await open()]
    await expect(open()).rejects.toThrow('ended')
    expect(proxy.usage.reasons).toEqual({ listed: 3, 'connection-limit': 1 })
    first.socket.destroy()
    await first.ended
    await expect.poll(() => proxy.transfers).toHaveLength(1)
    await open()
  })

  test('requests: those beyond the limit are refused, look nothing up, and do not fill the log', async () => {
    const upstream = await startUpstream()
    const proxy = await openAllowed(upstream.port, { limits: { requests: 3 } })
    const statuses: number[] = []
    for (let request = 0; request < 8; request++) {
      statuses.push(statusOf(await plainRequest(proxy, `http://allowed.com:${upstream.port}/`)))
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429, 429, 429, 429])
    expect(proxy.lookups).toHaveLength(3)
    expect(proxy.decisions.map(({ reason }) => reason)).toEqual(['listed', 'listed', 'listed', 'request-limit'])
    expect(await proxy.close()).toMatchObject({ requests: 8, refused: 5, reasons: { 'request-limit': 5 } })
  })

  test('bytes: an answer beyond the limit is cut there, and then nothing is passed on any more', async () => {
    const upstream = await startUpstream((_, response) => {
      const more = () => {
        while (response.write(Buffer.alloc(10_000, 'x')));
        response.once('drain', more)
      }
      more()
    })
    const proxy = await openAllowed(upstream.port, { limits: { bytes: 1_000_000 } })
    const url = `http://allowed.com:${upstream.port}/`
    const answer = await plainRequest(proxy, url)
    expect(answer.length).toBeGreaterThan(500_000)
    expect(answer.length).toBeLessThan(1_100_000)
    expect(proxy.usage.bytesSent + proxy.usage.bytesReceived).toBeLessThanOrEqual(1_000_000)
    expect(proxy.transfers).toMatchObject([{ ended: 'byte-limit' }])
    expect(refusalOf(await plainRequest(proxy, url))).toBe('byte-limit')
    expect(upstream.connections).toBe(1)
  })

  test('bytes: a request whose head alone is beyond the limit is not sent', async () => {
    const upstream = await startUpstream()
    const proxy = await openAllowed(upstream.port, { limits: { bytes: 50 } })
    const answer = await plainRequest(proxy, `http://allowed.com:${upstream.port}/`)
    expect([statusOf(answer), refusalOf(answer)]).toEqual([429, 'byte-limit'])
    expect(upstream.requests).toEqual([])
    expect(await proxy.close()).toMatchObject({ bytesSent: 0, bytesReceived: 0 })
  })

  test('bytes: what the code sends counts as well, in requests and in tunnels', async () => {
    const sink = await startSink()
    const hosts = [{ host: 'allowed.com', port: sink.port, requireTls: false }]
    const proxy = await openAllowed(sink.port, { hosts, limits: { bytes: 200_000 } })
    const head = [`POST http://allowed.com:${sink.port}/ HTTP/1.1`, 'Host: x', 'Content-Length: 150000']
    head.push(`Proxy-Authorization: ${proxy.authorization}`)
    const client = connectRaw(proxy)
    client.socket.write(`${head.join('\r\n')}\r\n\r\n${'x'.repeat(150_000)}`)
    await expect.poll(() => sink.bytes.length).toBeGreaterThan(150_000)
    await exchangeRaw(proxy, connectHead(proxy, `allowed.com:${sink.port}`) + 'y'.repeat(100_000))
    expect(proxy.usage.bytesSent).toBeLessThanOrEqual(200_000)
    expect(sink.bytes.length).toBeLessThanOrEqual(201_000)
    expect(proxy.transfers).toMatchObject([{ id: 2, ended: 'byte-limit' }])
  })

  test('memory: a host that sends faster than the code reads is slowed down', async () => {
    let written = 0
    const upstream = await startTcpServer((socket) => {
      const more = () => {
        while (written < 40_000_000 && socket.write(Buffer.alloc(64_000))) written += 64_000
        socket.once('drain', more)
      }
      more()
    })
    const hosts = [{ host: 'allowed.com', port: upstream.port, requireTls: false }]
    const proxy = await openAllowed(upstream.port, { hosts })
    const client = connectRaw(proxy)
    client.socket.write(connectHead(proxy, `allowed.com:${upstream.port}`))
    await client.waitFor('\r\n\r\n')
    client.socket.pause()
    let before = -1
    // Until every buffer on the way is full: a program that does not stop sends far more than what is allowed here.
    await expect
      .poll(
        () => {
          const isStill = proxy.usage.bytesReceived === before
          before = proxy.usage.bytesReceived
          return isStill
        },
        { interval: 300 },
      )
      .toBe(true)
    expect(before).toBeLessThan(20_000_000)
  })
})
