import { describe, expect, test } from 'vitest'
import { startUpstream } from '../egress/support/test-proxy.ts'
import { allow, inside, networkContract, PYTHON } from '../network-contract.ts'
import { testItem } from '../support/invariants.ts'
import { DOCKER_HOST } from './support/docker-host.ts'
import { hasEngine, openTestDocker, WITHOUT_ENGINE } from './support/engine.ts'

/** Containers for one execution each: their start takes the engine seconds, on a busy machine many times that. */
const options = { observer: DOCKER_HOST, timeoutMs: 240_000 }

if (hasEngine) {
  networkContract(
    'docker',
    (more) => openTestDocker({ idlePython: 1, idleJavascript: 0, ...more }),
    (getOpened) => {
      testItem(
        'executions without a network have no way out, no variable and no listener',
        getOpened,
        async ({ execute }) => {
          const code = `
import errno, os, socket
try:
    socket.create_connection(('127.0.0.1', 3128), 2)
    found = 'reached'
except OSError as error:
    found = errno.errorcode[error.errno]
result([found, [n for n in os.environ if 'proxy' in n.lower() or n == 'SSL_CERT_FILE'], os.path.exists('/tmp/authorities.pem')])`
          const { value } = await execute({ language: 'python', code })
          expect(value).toEqual(['EPERM', [], false])
        },
        options,
      )

      testItem(
        'more clients than there are places all get their answer; one that reads nothing holds up no other',
        getOpened,
        async ({ execute }) => {
          const upstream = await startUpstream((request, response) => {
            response.end(request.url === '/large' ? Buffer.alloc(4_000_000, 'x') : `plain ${request.url}`)
          })
          const base = `http://api.example.com:${upstream.port}`
          const code = `${PYTHON}
from concurrent.futures import ThreadPoolExecutor
unread = [urllib.request.urlopen('${base}/large', timeout=60) for _ in range(3)]
with ThreadPoolExecutor(40) as pool:
    answers = list(pool.map(lambda n: get(f'${base}/{n}'), range(40)))
result([answers == [f'plain /{n}' for n in range(40)], [len(one.read()) for one in unread]])`
          const { value, network, error } = await inside(
            execute,
            code,
            allow([{ host: 'api.example.com', port: upstream.port }]),
            { limits: { wallMs: 120_000 } },
          )
          expect(error).toBeUndefined()
          expect(value).toEqual([true, [4_000_000, 4_000_000, 4_000_000]])
          expect(network?.usage).toMatchObject({ requests: 43, allowed: 43 })
        },
        options,
      )

      testItem(
        'no byte beyond the limit comes through, and what the code sends counts too',
        getOpened,
        async ({ execute }) => {
          const upstream = await startUpstream((request, response) => {
            request.on('end', () => response.end(Buffer.alloc(3_000_000, 'x')))
          })
          const url = `http://api.example.com:${upstream.port}/`
          const code = `
import urllib.request
got = 0
try:
    with urllib.request.urlopen('${url}', data=b'y' * 400_000, timeout=60) as answer:
        while piece := answer.read1(65536):
            got += len(piece)
except OSError:
    pass
result(got)`
          const { value, network } = await inside(
            execute,
            code,
            allow([{ host: 'api.example.com', port: upstream.port }], { limits: { bytes: 1_000_000 } }),
          )
          expect(value).toBeLessThan(600_001)
          const { bytesSent = 0, bytesReceived = 0 } = network?.usage ?? {}
          expect(bytesSent).toBeGreaterThanOrEqual(400_000)
          expect(bytesSent + bytesReceived).toBeLessThanOrEqual(1_000_000)
        },
        options,
      )

      testItem(
        'an execution that is ended in the middle of a transfer is over, and its connections with it',
        getOpened,
        async ({ execute }) => {
          let hungUp = 0
          const ending = new AbortController()
          const upstream = await startUpstream((_, response) => {
            response.on('close', () => hungUp++)
            response.write('begun', () => ending.abort())
          })
          const code = `
import urllib.request
urllib.request.urlopen('http://api.example.com:${upstream.port}/', timeout=60).read()`
          const result = await inside(execute, code, allow([{ host: 'api.example.com', port: upstream.port }]), {
            signal: ending.signal,
          })
          expect(result.status).toBe('killed')
          expect(result.network?.usage).toMatchObject({ requests: 1, allowed: 1 })
          await expect.poll(() => hungUp, { timeout: 20_000 }).toBe(1)
        },
        options,
      )
    },
    DOCKER_HOST,
  )
} else describe('docker: the network contract', () => test.skip(`not run (${WITHOUT_ENGINE})`, () => {}))
