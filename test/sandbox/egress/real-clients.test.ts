import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { proxyEnvironment } from '../../../src/sandbox/egress/proxy-environment.ts'
import { createBridgeFolder, hasNamespaces, pythonPath, run, startBridge } from './support/bridge-process.ts'
import { exampleCertificate, openTestProxy, startUpstream, type TestProxy } from './support/test-proxy.ts'

// The way that code in the sandbox takes: its own HTTP library, the variables, the bridge, the unix socket, the proxy.

const hasCurl = spawnSync('curl', ['--version']).status === 0
const SECRET = 'sk-0123456789abcdef'

let folder: string
let certificatePath: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'handaxe-clients-'))
  certificatePath = join(folder, 'authority.pem')
  writeFileSync(certificatePath, exampleCertificate.cert)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Setting {
  proxy: TestProxy
  environment: Record<string, string>
  plain: string
  secure: string
  withSecret: string
  authorizations: (string | undefined)[]
}

/** A plain host, a TLS host and a host with a secret, a proxy on a unix socket, and a bridge to it. */
async function openSetting(): Promise<Setting> {
  const authorizations: (string | undefined)[] = []
  const plain = await startUpstream((request, response) => response.end(`plain ${request.url}`))
  const secure = await startUpstream((request, response) => response.end(`secure ${request.url}`), exampleCertificate)
  const api = await startUpstream((request, response) => {
    authorizations.push(request.headers.authorization)
    response.end(`api ${request.url}`)
  }, exampleCertificate)
  const proxy = await openTestProxy({
    socketPath: join(mkdtempSync(join(folder, 'run-')), 'proxy.sock'),
    socketMode: 0o666,
    policy: {
      hosts: [
        { host: 'api.example.com', port: plain.port },
        { host: 'api.example.com', port: secure.port },
        { host: 'other.example.com', port: 443 },
      ],
      secrets: [{ host: 'other.example.com', header: 'Authorization', value: `Bearer ${SECRET}` }],
    },
    names: { 'api.example.com': ['127.0.0.1'], 'other.example.com': ['127.0.0.1'] },
    ports: { 443: api.port },
    extraCertificates: [exampleCertificate.cert],
  })
  const { port } = await startBridge(proxy.socketPath ?? '')
  return {
    proxy,
    environment: proxyEnvironment({ port, token: proxy.token }),
    plain: `http://api.example.com:${plain.port}/a?b=c`,
    secure: `https://api.example.com:${secure.port}/a?b=c`,
    withSecret: 'http://other.example.com/a?b=c',
    authorizations,
  }
}

const PYTHON = `
import ssl, sys, urllib.error, urllib.request
context = ssl.create_default_context(cafile=sys.argv[1])
opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
for url in sys.argv[2:]:
    try:
        print(opener.open(url, timeout=20).read().decode())
    except urllib.error.HTTPError as error:
        print(error.code, error.headers.get("x-handaxe-refusal"))
    except OSError as error:
        print(error)
`

const JAVASCRIPT = `
for (const url of process.argv.slice(1)) {
  try {
    const answer = await fetch(url)
    console.log(answer.ok ? await answer.text() : answer.status + ' ' + answer.headers.get('x-handaxe-refusal'))
  } catch (error) {
    console.log(String(error.cause ?? error))
  }
}
`

interface Client {
  name: string
  isHere: boolean
  /** What the code sees of a tunnel that was refused. */
  refusedTunnel: RegExp
  fetchAll: (urls: string[], environment: Record<string, string>) => Promise<string>
}

const CLIENTS: Client[] = [
  {
    name: 'urllib of Python',
    isHere: true,
    refusedTunnel: /Tunnel connection failed: 403 The network policy of this execution does not list this host/,
    fetchAll: async (urls, environment) =>
      (await run(pythonPath, ['-I', '-c', PYTHON, certificatePath, ...urls], { environment })).stdout,
  },
  {
    name: 'fetch of Node',
    isHere: true,
    // All that Node says; what the proxy answered stands in the decisions only.
    refusedTunnel: /Request was cancelled/,
    fetchAll: async (urls, environment) => {
      const trusted = { ...environment, NODE_EXTRA_CA_CERTS: certificatePath }
      const options = ['--input-type=module', '-e', JAVASCRIPT, '--', ...urls]
      return (await run(process.execPath, options, { environment: trusted })).stdout
    },
  },
  {
    name: 'curl',
    isHere: hasCurl,
    refusedTunnel: /response 403/,
    fetchAll: async (urls, environment) => {
      const answers: string[] = []
      for (const url of urls) {
        const { stdout, stderr } = await run('curl', ['-sS', '--cacert', certificatePath, url], { environment })
        answers.push(stdout || stderr)
      }
      return answers.join('\n')
    },
  },
]

describe('code that uses an ordinary HTTP library', () => {
  for (const { name, isHere, refusedTunnel, fetchAll } of CLIENTS) {
    const reason = isHere ? '' : ' (skipped: not installed)'

    test.skipIf(!isHere)(`${name}: reaches what is listed and nothing else${reason}`, async () => {
      const { plain, secure, withSecret, environment, authorizations, proxy } = await openSetting()
      const output = await fetchAll([plain, secure, withSecret, 'http://evil.com/', 'https://evil.com/'], environment)
      expect(output).toContain('plain /a?b=c')
      expect(output).toContain('secure /a?b=c')
      expect(output).toContain('api /a?b=c')
      expect(output).toMatch(refusedTunnel)
      expect(authorizations).toEqual([`Bearer ${SECRET}`])
      expect(output).not.toContain(SECRET)
      const refused = proxy.decisions.filter(({ outcome }) => outcome !== 'allowed')
      expect(refused.map(({ host, reason }) => [host, reason])).toEqual([
        ['evil.com', 'host-not-listed'],
        ['evil.com', 'host-not-listed'],
      ])
    })

    test.skipIf(!isHere)(`${name}: cannot tunnel to a host with a secret${reason}`, async () => {
      const { withSecret, environment, authorizations, proxy } = await openSetting()
      await fetchAll([withSecret.replace('http:', 'https:')], environment)
      expect(proxy.decisions).toMatchObject([{ host: 'other.example.com', reason: 'use-plain-url' }])
      expect(authorizations).toEqual([])
    })
  }

  test('urllib of Python: shows the model what to do instead', async () => {
    const setting = await openSetting()
    const url = setting.withSecret.replace('http:', 'https:')
    const { stdout } = await run(pythonPath, ['-I', '-c', PYTHON, certificatePath, url], setting)
    expect(stdout).toContain(
      'Tunnel connection failed: 403 Use http:// for this host; the proxy adds TLS and the credentials',
    )
  })
})

describe('N22 and N4: in a network namespace of its own', () => {
  const reason = hasNamespaces ? '' : ' (skipped: this machine makes no network namespaces)'

  // The order of a jail: the namespace, the loopback, the bridge, and only then the code.
  const jail = (socketPath: string, code: string) => `
import bridge, os, signal, subprocess, sys
bridge.raise_loopback()
pid, port = bridge.start(${JSON.stringify(socketPath)})
try:
    code = ${JSON.stringify(code)}
    environment = {name: value.replace("PORT", str(port)) for name, value in os.environ.items()}
    print(subprocess.run([sys.executable, "-I", "-c", code] + sys.argv[1:], env=environment, capture_output=True, text=True).stdout)
finally:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
`
  const runJailed = async (setting: Setting, code: string, args: string[]) => {
    const program = join(createBridgeFolder(), 'jail.py')
    writeFileSync(program, jail(setting.proxy.socketPath ?? '', code))
    const { PATH: _, ...environment } = setting.environment
    const templates = Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [
        name,
        value.replace(/@127\.0\.0\.1:[0-9]+/, '@127.0.0.1:PORT'),
      ]),
    )
    const command = ['--user', '--map-root-user', '--net', pythonPath, '-B', program, ...args]
    return run('unshare', command, { environment: templates })
  }

  test.skipIf(!hasNamespaces)(`the proxy is reached through the bridge${reason}`, async () => {
    const setting = await openSetting()
    const urls = [setting.plain, setting.secure, setting.withSecret, 'http://evil.com/']
    const { stdout, stderr } = await runJailed(setting, PYTHON, [certificatePath, ...urls])
    expect(stderr).toBe('')
    expect(stdout.trim().split('\n')).toEqual(['plain /a?b=c', 'secure /a?b=c', 'api /a?b=c', '403 host-not-listed'])
  })

  test.skipIf(!hasNamespaces)(
    `nothing is reached without it: by name, by address, on the host itself${reason}`,
    async () => {
      const setting = await openSetting()
      const code = `
import socket, sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
for target in sys.argv[1:]:
    try:
        print(opener.open(target, timeout=10).read().decode())
    except OSError as error:
        print(getattr(error, "reason", error))
`
      const onHost = setting.plain.replace('api.example.com', '127.0.0.1')
      const { stdout } = await runJailed(setting, code, [onHost, 'http://1.1.1.1/', setting.plain])
      const [host, address, name] = stdout.trim().split('\n')
      expect(host).toContain('Connection refused')
      expect(address).toContain('unreachable')
      expect(name).toMatch(/name resolution|not known|resolve/i)
      expect(setting.proxy.decisions).toEqual([])
    },
  )
})
