import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface NpmPackage {
  name: string
  version: string
  dependencies?: Record<string, string>
  scripts?: Record<string, string>
  files?: Record<string, string>
  /** What the registry claims of the archive; by default the truth. */
  integrity?: string
  shasumOnly?: boolean
}

export interface LocalRegistry {
  /** For npm: this registry and nothing else, with a home and a cache of its own. */
  environment: Record<string, string | undefined>
  requests: string[]
  close(): Promise<void>
}

/** An npm registry on this machine, with packages made for the test. */
export async function openLocalNpmRegistry(
  packages: NpmPackage[],
  options: { stall?: boolean } = {},
): Promise<LocalRegistry> {
  const home = mkdtempSync(join(tmpdir(), 'handaxe-npm-home-'))
  const archives = new Map(packages.map((one) => [`${one.name}-${one.version}`, makeArchive(one)]))
  const requests: string[] = []
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1)
    requests.push(path)
    if (options.stall === true) return
    const archive = archives.get(path.replace(/^archives\//, '').replace(/\.tgz$/, ''))
    if (archive !== undefined) return void response.end(archive)
    const versions = packages.filter((one) => one.name === path)
    if (versions.length === 0) return void response.writeHead(404).end('{"error":"Not found"}')
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(describe(path, versions, archives, `http://${request.headers.host}`)))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    environment: {
      PATH: process.env['PATH'],
      HOME: home,
      npm_config_registry: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      npm_config_userconfig: join(home, '.npmrc'),
      npm_config_fetch_retries: '0',
    },
    requests,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
      rmSync(home, { recursive: true, force: true })
    },
  }
}

function describe(name: string, versions: NpmPackage[], archives: Map<string, Buffer>, address: string): object {
  const entries = versions.map((one) => {
    const archive = archives.get(`${one.name}-${one.version}`) ?? Buffer.alloc(0)
    const integrity = one.integrity ?? `sha512-${createHash('sha512').update(archive).digest('base64')}`
    const dist = {
      tarball: `${address}/archives/${one.name}-${one.version}.tgz`,
      shasum: createHash('sha1').update(archive).digest('hex'),
      ...(one.shasumOnly === true ? {} : { integrity }),
    }
    return [one.version, { ...manifestOf(one), dist, hasInstallScript: one.scripts !== undefined }] as const
  })
  return { name, 'dist-tags': { latest: versions.at(-1)?.version }, versions: Object.fromEntries(entries) }
}

function manifestOf({ name, version, dependencies = {}, scripts = {} }: NpmPackage): object {
  return { name, version, dependencies, scripts, main: 'index.js' }
}

function makeArchive(one: NpmPackage): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'handaxe-npm-package-'))
  try {
    const files = { 'package.json': JSON.stringify(manifestOf(one)), 'index.js': '', ...one.files }
    const renamed: string[] = []
    for (const [index, [path, text]] of Object.entries(files).entries()) {
      // What would lie outside gets its name in the archive only: here it must not be written there.
      const own = path.startsWith('..') ? `outside-${index}` : path
      if (own !== path) renamed.push(`--transform=s|^package/${own}$|package/${path}|`)
      mkdirSync(dirname(join(folder, 'package', own)), { recursive: true })
      writeFileSync(join(folder, 'package', own), text)
    }
    const packed = spawnSync('tar', ['--absolute-names', ...renamed, '-czf', 'package.tgz', 'package'], { cwd: folder })
    if (packed.status !== 0) throw new Error(`tar failed: ${packed.stderr}`)
    return readFileSync(join(folder, 'package.tgz'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
