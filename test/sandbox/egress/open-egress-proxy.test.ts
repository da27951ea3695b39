import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HandaxeError } from '../../../src/contracts/errors.ts'
import { openEgressProxy } from '../../../src/sandbox/egress/open-egress-proxy.ts'
import {
  connectHead,
  connectRaw,
  exampleCertificate,
  exchangeRaw,
  openTestProxy,
  plainRequest,
  refusalOf,
  startTcpServer,
  startUpstream,
  statusOf,
} from './support/test-proxy.ts'

const ANSWERS = { 'api.example.com': ['127.0.0.1'], 'other.example.com': ['127.0.0.1'] }

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'handaxe-egress-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a plain request to a listed host', () => {
  test('is passed on with the Host of its target and answered', async () => {
    const upstream = await startUpstream((_, response) => {
      response.setHeader('X-Seen', 'yes')
      response.end('hello')
    })
    const proxy = await openTestProxy({
      policy: { hosts: [{ host: 'api.example.com', port: upstream.port }] },
      names: ANSWERS,
    })
    const answer = await plainRequest(proxy, `http://api.example.com:${upstream.port}/a/b?c=d`)
    expect(statusOf(answer)).toBe(200)
    expect(answer).toMatch(/x-seen: yes/i)
    expect(answer).toContain('hello')
    expect(upstream.requests[0]?.url).toBe('/a/b?c=d')
    expect(upstream.requests[0]?.headers.host).toBe(`api.example.com:${upstream.port}`)
    expect(proxy.decisions).toEqual([
      {
        id: 1,
        kind: 'request',
        host: 'api.example.com',
        port: upstream.port,
        outcome: 'allowed',
        reason: 'listed',
        address: '127.0.0.1',
      },
    ])
  })
})
