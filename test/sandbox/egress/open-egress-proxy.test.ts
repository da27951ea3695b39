import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HandaxeError } from '../../../src/contracts/errors.ts'
import type { NetworkAllowList } from '../../../src/contracts/network.ts'
import { openEgressProxy, type EgressProxyOptions } from '../../../src/sandbox/egress/open-egress-proxy.ts'
import {
  connectHead,
  connectRaw,
  exchangeRaw,
  openTestProxy,
  plainRequest,
  refusalOf,
  startTcpServer,
  startUpstream,
  statusOf,
  type TestProxy,
} from './support/test-proxy.ts'
import { expectHostBaselineAfterEach } from '../support/invariants.ts'

expectHostBaselineAfterEach()
const names = { 'api.example.com': ['127.0.0.1'], 'other.example.com': ['127.0.0.1'] }
const policy: NetworkAllowList = { mode: 'allow-list', hosts: [{ host: 'api.example.com' }] }

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'handaxe-egress-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function openFor(port: number, limits: NetworkAllowList['limits'] = {}): Promise<TestProxy> {
  return openTestProxy({ policy: { hosts: [{ host: 'api.example.com', port }], limits }, names })
}

describe('the token', () => {
  test.each([
    ['none', ''],
    ['an empty one', 'Proxy-Authorization: \r\n'],
    ['another one', `Proxy-Authorization: Basic ${Buffer.from('handaxe:wrong').toString('base64')}\r\n`],
    ['one that is no base64', 'Proxy-Authorization: Basic %%%\r\n'],
    ['another scheme', 'Proxy-Authorization: Digest x\r\n'],
    ['a huge one', `Proxy-Authorization: Bearer ${'a'.repeat(10_000)}\r\n`],
  ])('is asked for: %s is not enough, for neither form of request', async (_, header) => {
    const upstream = await startUpstream()
    const proxy = await openFor(upstream.port)
    const target = `api.example.com:${upstream.port}`
    for (const line of [`GET http://${target}/ HTTP/1.1`, `CONNECT ${target} HTTP/1.1`]) {
      const answer = await exchangeRaw(proxy, `${line}\r\nHost: ${target}\r\n${header}\r\n`)
      expect([statusOf(answer), refusalOf(answer)]).toEqual([407, 'unauthenticated'])
      expect(answer).toMatch(/proxy-authenticate: Basic realm="handaxe"/i)
    }
    expect(proxy.lookups).toEqual([])
    expect(upstream.connections).toBe(0)
    // Who does not hold it learns nothing about the rules, and the log does not repeat what they asked for.
    expect(proxy.decisions).toMatchObject([{ host: null, reason: 'unauthenticated' }, { host: null }])
  })

  test('is taken as Basic with any user and as Bearer', async () => {
    const upstream = await startUpstream()
    const proxy = await openFor(upstream.port)
    const basic = Buffer.from(`anyone:${proxy.token}`).toString('base64')
    for (const credentials of [`Basic ${basic}`, `bearer ${proxy.token}`]) {
      const head = `GET http://api.example.com:${upstream.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`
      expect(statusOf(await exchangeRaw(proxy, `${head}Proxy-Authorization: ${credentials}\r\n\r\n`))).toBe(200)
    }
    expect(upstream.requests[0]?.headers).not.toHaveProperty('proxy-authorization')
  })

  test('differs between proxies and is hard to guess', async () => {
    const [first, second] = [await openTestProxy(), await openTestProxy()]
    expect(first.token).not.toBe(second.token)
    expect(first.token).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })
})

describe('the socket', () => {
  const open = (options: Partial<EgressProxyOptions>) => openEgressProxy({ policy, ...options })

  test('is a file that only its owner can use, works like the port, and is gone after close', async () => {
    const upstream = await startUpstream()
    const socketPath = join(folder, 'a.sock')
    const proxy = await openTestProxy({
      socketPath,
      policy: { hosts: [{ host: 'api.example.com', port: upstream.port }] },
      names,
    })
    expect(statSync(socketPath).mode & 0o777).toBe(0o600)
    expect([proxy.socketPath, proxy.port]).toEqual([socketPath, null])
    expect(await plainRequest(proxy, `http://api.example.com:${upstream.port}/`)).toContain('hello')
    await proxy.close()
    expect(existsSync(socketPath)).toBe(false)
  })

  test('takes another mode where the sandbox runs as another user', async () => {
    const proxy = await open({ socketPath: join(folder, 'b.sock'), socketMode: 0o666 })
    expect(statSync(join(folder, 'b.sock')).mode & 0o777).toBe(0o666)
    await proxy.close()
  })

  test.each([
    ['a path that is too long', () => join(folder, 'x'.repeat(120)), 'invalid_arguments'],
    ['a folder that is not there', () => join(folder, 'nowhere', 'a.sock'), 'sandbox_unavailable'],
    ['a file in its place', () => join(folder, 'taken.sock'), 'sandbox_unavailable'],
  ])('is refused with a hint for %s', async (_, path, code) => {
    writeFileSync(join(folder, 'taken.sock'), 'somebody else')
    const error: unknown = await open({ socketPath: path() }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code, hint: expect.stringMatching(/.{10}/) })
    expect(statSync(join(folder, 'taken.sock')).size).toBe('somebody else'.length)
  })

  test('is not opened without an allow-list', async () => {
    const none = { mode: 'none' } as unknown as NetworkAllowList
    await expect(openEgressProxy({ policy: none })).rejects.toSatisfy(
      (error) => HandaxeError.isInstance(error) && error.code === 'invalid_arguments',
    )
  })

  test('without a path is a port of 127.0.0.1 only', async () => {
    const proxy = await open({})
    expect(proxy.socketPath).toBeNull()
    const other = connect(proxy.port ?? 0, '127.0.0.2')
    const refused = await new Promise<string | undefined>((resolve) => {
      other.on('error', (error: NodeJS.ErrnoException) => resolve(error.code)).on('connect', () => resolve('connected'))
    })
    other.destroy()
    expect(refused).toBe('ECONNREFUSED')
    await proxy.close()
  })
})

describe('close', () => {
  test('ends tunnels, requests and look-ups under way, at once, and may be called twice', async () => {
    const upstream = await startTcpServer((socket) => socket.write('stay'))
    const hosts = ['api.example.com', 'other.example.com', 'slow.example.com'].map((host) => {
      return { host, port: upstream.port, requireTls: false }
    })
    const slow = { ...names, 'slow.example.com': () => new Promise<string[]>(() => undefined) }
    const proxy = await openTestProxy({ policy: { hosts }, names: slow })
    const tunnel = connectRaw(proxy)
    tunnel.socket.write(connectHead(proxy, `api.example.com:${upstream.port}`))
    await tunnel.waitFor('stay')
    const waiting = connectRaw(proxy)
    waiting.socket.write(connectHead(proxy, `slow.example.com:${upstream.port}`))
    const request = plainRequest(proxy, `http://slow.example.com:${upstream.port}/`)
    const idle = connectRaw(proxy)
    await expect.poll(() => proxy.lookups).toHaveLength(3)
    const startedAt = performance.now()
    const usage = await proxy.close()
    expect(performance.now() - startedAt).toBeLessThan(5000)
    await Promise.all([tunnel.ended, waiting.ended, request, idle.ended])
    expect(usage).toMatchObject({ requests: 3, allowed: 1, failed: 2, reasons: { 'ended-early': 2 } })
    expect(proxy.transfers).toMatchObject([{ host: 'api.example.com', ended: 'aborted', bytesReceived: 4 }])
    expect(await proxy.close()).toEqual(usage)
    const late = connectRaw(proxy)
    late.socket.write(connectHead(proxy, `api.example.com:${upstream.port}`))
    expect(await late.ended).toBe('')
  })

  test('leaves no descriptor, timer or listener behind, whatever was under way', async () => {
    const upstream = await startTcpServer((socket) => socket.write('stay'))
    const names = { 'api.example.com': ['127.0.0.1'] }
    const hosts = [{ host: 'api.example.com', port: upstream.port, requireTls: false }]
    const round = async (number: number) => {
      const proxy = await openTestProxy({ socketPath: join(folder, `round-${number}.sock`), policy: { hosts }, names })
      const clients = ['CONNECT', 'GET', 'hal', ''].map((start) => {
        const client = connectRaw(proxy)
        const head = connectHead(proxy, `api.example.com:${upstream.port}`)
        client.socket.write(start === 'CONNECT' ? head : start)
        return client
      })
      await clients[0]?.waitFor('stay')
      await proxy.close()
      await Promise.all(clients.map((client) => client.ended))
    }
    const inUse = () => process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').length
    await round(0)
    const before = inUse()
    for (let number = 1; number <= 20; number++) await round(number)
    await expect.poll(inUse).toBeLessThanOrEqual(before + 2)
  })

  test('rejects with what the log threw, and what was not logged was not passed on', async () => {
    const upstream = await startUpstream()
    const proxy = await openTestProxy({
      policy: { hosts: [{ host: 'api.example.com', port: upstream.port }] },
      names,
      onDecision: () => {
        throw new Error('disk full')
      },
    })
    expect(await plainRequest(proxy, `http://api.example.com:${upstream.port}/`)).toBe('')
    expect(upstream.requests).toEqual([])
    await expect(proxy.close()).rejects.toThrow('disk full')
  })
})
