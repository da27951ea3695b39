import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

export interface Distribution {
  name: string
  version: string
  kind?: 'wheel' | 'source'
  requires?: string[]
  /** Text by path below the packages' folder. */
  files?: Record<string, string>
  scripts?: Record<string, string>
  /** Python that the build backend of a source archive runs. */
  hook?: string
}

export interface LocalIndex {
  /** For pip: this index and nothing else, without a cache. */
  environment: Record<string, string | undefined>
  address: string
  requests: string[]
  add(distributions: Distribution[]): void
  /** Answers a request instead of the index, when it returns true. */
  intercept(handler: (request: IncomingMessage, response: ServerResponse) => boolean): void
  close(): Promise<void>
}

/** A package index (PEP 503) on this machine, with packages made for the test. */
export async function openLocalPythonIndex(distributions: Distribution[] = []): Promise<LocalIndex> {
  const files = new Map<string, Buffer>()
  const requests: string[] = []
  let handler: (request: IncomingMessage, response: ServerResponse) => boolean = () => false
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    if (handler(request, response)) return
    const [, kind, name = ''] = (request.url ?? '').split('/')
    const file = files.get(decodeURIComponent(name))
    if (kind === 'files' && file !== undefined) return void response.end(file)
    const offered = [...files].filter(
      ([one]) => kind === 'simple' && (one.split('-')[0] ?? '').replaceAll('_', '-') === name,
    )
    if (offered.length === 0) return void response.writeHead(404).end('not here')
    const links = offered.map(([one, data]) => `<a href="/files/${one}#sha256=${sha256(data)}">${one}</a>`)
    response.setHeader('content-type', 'text/html')
    response.end(`<!DOCTYPE html><html><body>${links.join('\n')}</body></html>`)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const add = (more: Distribution[]): void => {
    for (const [file, data] of makeDistributions(more)) files.set(file, data)
  }
  add(distributions)
  return {
    environment: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      PIP_INDEX_URL: `${address}/simple/`,
      PIP_CONFIG_FILE: '/dev/null',
      PIP_NO_CACHE_DIR: '1',
      PIP_RETRIES: '0',
    },
    address,
    requests,
    add,
    intercept(given) {
      handler = given
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

function makeDistributions(distributions: Distribution[]): [string, Buffer][] {
  const program = join(import.meta.dirname, 'make-distributions.py')
  const made = spawnSync('python3', ['-I', program], {
    input: JSON.stringify(distributions),
    encoding: 'utf8',
    maxBuffer: 2 ** 27,
  })
  if (made.status !== 0) throw new Error(`make-distributions.py failed: ${made.stderr}`)
  return (JSON.parse(made.stdout) as { file: string; base64: string }[]).map(({ file, base64 }) => [
    file,
    Buffer.from(base64, 'base64'),
  ])
}

function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}
