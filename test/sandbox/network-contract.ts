import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NetworkAllowList } from '../../src/contracts/network.ts'
import type { Execution } from '../../src/contracts/sandbox.ts'
import type { SandboxOptions } from '../../src/sandbox/sandbox-options.ts'
import type { TestSandbox } from '../support/open-test-sandbox.ts'
import { exampleCertificate, startSink, startUpstream } from './egress/support/test-proxy.ts'
import type { Observer } from './support/host-baseline.ts'
import { testItem, type Item } from './support/invariants.ts'

// The whole way: code, its HTTP library, the variables, the way to the host, the proxy, a server on 127.0.0.1 that stands for
// a public one.

const names: Record<string, string[]> = { 'api.example.com': ['127.0.0.1'], 'other.example.com': ['127.0.0.1'] }

export const allow = (hosts: NetworkAllowList['hosts'], more: Partial<NetworkAllowList> = {}): NetworkAllowList => ({
  mode: 'allow-list',
  hosts,
  ...more,
})

/** Nothing here is about time, and the machine may be busy. */
const PATIENT = { wallMs: 150_000 }

/** As a sandbox's own `execute`, for what is looked after. */
export const inside = (
  execute: Item['execute'],
  code: string,
  network: NetworkAllowList,
  more: Partial<Execution> = {},
) => execute({ language: 'python', code, network, limits: PATIENT, ...more })

/** `get(url)` in Python. */
export const PYTHON = `
import http.client, ssl, urllib.error, urllib.request
def get(url):
    context = ssl.create_default_context(cafile='/box/input/authority.pem') if url.startswith('https') else None
    try:
        return urllib.request.urlopen(url, timeout=20, context=context).read().decode()
    except urllib.error.HTTPError as error:
        return [error.code, error.headers.get('x-handaxe-refusal')]
    except OSError as error:
        return str(error)
`
const inputs = [{ name: 'authority.pem', content: exampleCertificate.cert }]

/** What every backend with a network has to do, and to withstand. `more` are attacks of its own. */
export function networkContract(
  name: string,
  open: (options: Partial<SandboxOptions>) => Promise<TestSandbox>,
  more: (getOpened: () => TestSandbox) => void,
  observer?: Observer,
): void {
  let opened: TestSandbox
  const dialled: string[] = []
  // The machine may be busy, and a container takes its time: what goes wrong hangs.
  const observed = { timeoutMs: 240_000, ...(observer === undefined ? {} : { observer }) }
  const run = (
    language: Execution['language'],
    code: string,
    network: NetworkAllowList,
    rest: Partial<Execution> = {},
  ) => opened.sandbox.execute({ language, code, network, limits: PATIENT, ...rest })

  beforeAll(async () => {
    opened = await open({
      egress: {
        resolver: async (host) => {
          dialled.push(host)
          return names[host] ?? []
        },
        extraCertificates: [exampleCertificate.cert],
        unsafeTestOverrides: { isReachableAddress: (address) => address === '127.0.0.1' },
      },
    })
  })
  afterAll(() => opened?.close())

  describe(`${name}: an execution with an allow-list`, { timeout: 240_000 }, () => {
    test('reaches listed hosts by urllib, plain and through TLS, and the result tells of it', async () => {
      const plain = await startUpstream((request, response) => response.end(`plain ${request.url}`))
      const secure = await startUpstream(
        (request, response) => response.end(`secure ${request.url}`),
        exampleCertificate,
      )
      const code = `${PYTHON}
result([get('http://api.example.com:${plain.port}/a?b=c'), get('https://api.example.com:${secure.port}/d'),
        get('http://unlisted.example.com/')])`
      const network = allow([
        { host: 'api.example.com', port: plain.port },
        { host: 'api.example.com', port: secure.port },
      ])
      const result = await run('python', code, network, { inputs })
      expect(result.error).toBeUndefined()
      expect(result.value).toEqual(['plain /a?b=c', 'secure /d', [403, 'host-not-listed']])
      expect(result.guarantees.network).toBe('allow-list')
      expect(result.network?.usage).toMatchObject({ requests: 3, allowed: 2, refused: 1, failed: 0 })
      expect(result.network?.decisions).toMatchObject([
        { kind: 'request', host: 'api.example.com', outcome: 'allowed', address: '127.0.0.1' },
        { kind: 'tunnel', host: 'api.example.com', outcome: 'allowed', address: '127.0.0.1' },
        { kind: 'request', host: 'unlisted.example.com', outcome: 'refused', reason: 'host-not-listed', address: null },
      ])
    })

    test('reaches them by http.client through a tunnel of its own making', async () => {
      const secure = await startUpstream((_, response) => response.end('secure'), exampleCertificate)
      const code = `
import base64, http.client, os, ssl
from urllib.parse import urlsplit
proxy = urlsplit(os.environ['HTTPS_PROXY'])
context = ssl.create_default_context(cafile='/box/input/authority.pem')
connection = http.client.HTTPSConnection(proxy.hostname, proxy.port, context=context, timeout=20)
token = base64.b64encode(f'{proxy.username}:{proxy.password}'.encode()).decode()
connection.set_tunnel('api.example.com', ${secure.port}, {'Proxy-Authorization': 'Basic ' + token})
connection.request('GET', '/')
result(connection.getresponse().read().decode())`
      const result = await run('python', code, allow([{ host: 'api.example.com', port: secure.port }]), { inputs })
      expect(result).toMatchObject({ status: 'ok', value: 'secure' })
    })

    test('reaches them by fetch of Node', async () => {
      const plain = await startUpstream((request, response) => response.end(`plain ${request.url}`))
      const code = `
const listed = await fetch('http://api.example.com:${plain.port}/x')
const other = await fetch('http://unlisted.example.com/').catch((error) => error)
result([await listed.text(), other.message])`
      const result = await run('javascript', code, allow([{ host: 'api.example.com', port: plain.port }]))
      expect(result.error).toBeUndefined()
      expect(result.value).toEqual(['plain /x', 'fetch failed'])
      // Node opens a tunnel even for a plain request: the tunnel and the request in it are decided one by one.
      expect(result.network?.usage).toMatchObject({ requests: 3, allowed: 2, refused: 1 })
    })

    test('uses a secret that it never sees', async () => {
      const seen: (string | undefined)[] = []
      const api = await startUpstream((request, response) => {
        seen.push(request.headers['authorization'])
        response.end('ok')
      }, exampleCertificate)
      const network = allow([{ host: 'other.example.com', port: api.port }], {
        secrets: [{ host: 'other.example.com', port: api.port, header: 'Authorization', value: 'Bearer sk-secret' }],
      })
      const code = `${PYTHON}
import os
result([get('http://other.example.com:${api.port}/'), 'sk-secret' in str(os.environ)])`
      const result = await run('python', code, network)
      expect(result.value).toEqual(['ok', false])
      expect(seen).toEqual(['Bearer sk-secret'])
      expect(JSON.stringify(result)).not.toContain('sk-secret')
    })

    test('finds the proxy by every usual variable, and the authorities of the machine', async () => {
      const code = `
import os
names = ('HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY')
result([len({os.environ[n] for name in names for n in (name, name.lower())}), os.environ['NO_PROXY'], os.path.exists(os.environ['SSL_CERT_FILE'])])`
      expect((await run('python', code, allow([]))).value).toEqual([1, '', true])
    })

    test('a bad policy is refused and leaves nothing; the sandbox itself has no network', async () => {
      const bad = allow([{ host: '*.co.uk' }])
      await expect(run('python', 'result(1)', bad)).rejects.toMatchObject({ code: 'invalid_arguments' })
      const other = { mode: 'everything' } as unknown as NetworkAllowList
      await expect(run('python', 'result(1)', other)).rejects.toMatchObject({ code: 'invalid_arguments' })
      expect(opened.sandbox.guarantees.network).toBe('none')
      const without = await opened.sandbox.execute({ language: 'python', code: 'result(1)', network: { mode: 'none' } })
      expect(without.guarantees.network).toBe('none')
      expect(without.network).toBeUndefined()
    })

    test('keeps no more decisions than requests are allowed, however many are tried', async () => {
      const code = `${PYTHON}
result([get('http://evil.example.com/') for _ in range(20)][-1])`
      const { value, network } = await run('python', code, allow([], { limits: { requests: 5 } }))
      expect(value).toEqual([429, 'request-limit'])
      expect(network?.decisions).toHaveLength(5)
      expect(network?.usage.refused).toBeGreaterThanOrEqual(5)
    })

    test('leaves no socket behind', async () => {
      await run('python', 'result(1)', allow([]))
      const state = join(opened.folder, 'state')
      await expect
        .poll(() => readdirSync(state, { recursive: true }).filter((name) => /\/network([-/]|$)/.test(String(name))), {
          timeout: 30_000,
        })
        .toEqual([])
    })
  })

  describe(`${name}: attacks with an allow-list`, () => {
    testItem(
      'N1, N22: without the variables nothing is reached, whatever the family or the kind of socket',
      () => opened,
      async ({ execute }) => {
        const code = `
import errno, os, socket
for name in list(os.environ):
    if 'proxy' in name.lower():
        del os.environ[name]
found = []
def attempt(act):
    try:
        act()
        found.append('no error')
    except OSError as error:
        found.append(errno.errorcode.get(error.errno, type(error).__name__))
attempt(lambda: socket.create_connection(('1.1.1.1', 443), 2))
attempt(lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM).connect(('2606:4700:4700::1111', 443)))
attempt(lambda: socket.create_connection(('169.254.169.254', 80), 2))
attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262))
attempt(lambda: socket.socket(socket.AF_UNIX))
attempt(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
attempt(lambda: socket.socket().bind(('127.0.0.1', 0)))
attempt(lambda: socket.getaddrinfo('example.com', 80))
result(found)`
        const { value, network } = await inside(execute, code, allow([{ host: 'api.example.com' }]))
        expect(value).toEqual([
          'ENETUNREACH',
          'ENETUNREACH',
          'ENETUNREACH',
          ...Array(6).fill('EPERM'),
          expect.stringMatching(/gaierror|EAI/),
        ])
        expect(network?.usage.requests).toBe(0)
      },
      observed,
    )

    testItem(
      'N4: services of the host on 127.0.0.1 are neither reached directly nor through the proxy',
      () => opened,
      async ({ execute }) => {
        const service = await startSink()
        const code = `${PYTHON}
import errno, socket
try:
    socket.create_connection(('127.0.0.1', ${service.port}), 2)
    direct = 'reached'
except OSError as error:
    direct = errno.errorcode[error.errno]
result([direct, get('http://127.0.0.1:${service.port}/'), get('http://localhost:${service.port}/'), get('http://[::1]:${service.port}/')])`
        const { value } = await inside(execute, code, allow([{ host: 'api.example.com', port: service.port }]))
        expect(value).toEqual([
          'ECONNREFUSED',
          [403, 'address-not-listed'],
          [400, 'invalid-host'],
          [403, 'address-not-listed'],
        ])
        expect(service.connections).toBe(0)
      },
      observed,
    )

    testItem(
      'N11: what is not listed is refused by name and by address, and never looked up or dialled',
      () => opened,
      async ({ execute }) => {
        dialled.length = 0
        const code = `${PYTHON}
result([get(u) for u in ('http://evil.example.com/', 'http://93.184.216.34/', 'https://evil.example.com/', 'http://api.example.com:81/')])`
        const { value, network } = await inside(execute, code, allow([{ host: 'api.example.com' }]), { inputs })
        expect(value).toMatchObject([
          [403, 'host-not-listed'],
          [403, 'address-not-listed'],
          expect.stringContaining('403'),
          [403, 'port-not-listed'],
        ])
        expect(dialled).toEqual([])
        expect(network?.usage).toMatchObject({ allowed: 0, refused: 4 })
      },
      observed,
    )

    testItem(
      'N20: a relay inside that sends requests on is under the same policy',
      () => opened,
      async ({ execute }) => {
        const code = `
import os, subprocess, sys
child = "import urllib.request, urllib.error\\ntry:\\n    urllib.request.urlopen('http://evil.example.com/', timeout=10)\\nexcept urllib.error.HTTPError as e:\\n    print(e.code)"
print(subprocess.run([sys.executable, '-c', child], capture_output=True, text=True).stdout)
`
        const { stdout, network } = await inside(execute, code, allow([{ host: 'api.example.com' }]))
        expect(stdout.head.trim()).toBe('403')
        expect(network?.usage).toMatchObject({ allowed: 0, refused: 1 })
      },
      observed,
    )

    testItem(
      'N10, S12: two executions at a time reach neither each other nor the proxy of the other',
      () => opened,
      async ({ execute }) => {
        const upstream = await startUpstream()
        const code = `${PYTHON}
import os, time
time.sleep(0.5)
result([os.readlink('/proc/self/ns/net'), os.environ['HTTP_PROXY'], get('http://api.example.com:${upstream.port}/')])`
        const [first, second] = await Promise.all([
          inside(execute, code, allow([{ host: 'api.example.com', port: upstream.port }])),
          inside(execute, code, allow([])),
        ])
        const [one, two] = [first.value as string[], second.value as string[]]
        expect(one[0]).not.toBe(two[0])
        expect(one[1]).not.toBe(two[1])
        expect([one[2], two[2]]).toEqual(['hello', [403, 'host-not-listed']])
        const stolen = `
import urllib.error, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({'http': ${JSON.stringify(one[1])}}))
try:
    opener.open('http://api.example.com:${upstream.port}/', timeout=10)
    result('reached')
except urllib.error.HTTPError as error:
    result(error.code)`
        const third = await inside(execute, stolen, allow([{ host: 'api.example.com', port: upstream.port }]))
        expect(third.value).toBe(407)
      },
      observed,
    )

    more(() => opened)
  })
}
