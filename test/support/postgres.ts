import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, closeSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type QueryResultRow } from 'pg'
import { describe } from 'vitest'
import { findPgvector, findPostgres, findServerUser } from './find-postgres.ts'

/** With characters that an address has to encode. */
const PASSWORD = 'p@ss/w#rd: 100%'
const ADMINISTRATOR = 'postgres'
const USER = 'carver'
const DATABASE = 'workshop'

const START_TIMEOUT_MS = 30_000

/** `fsync` off: these clusters live for one file of tests, and nobody pulls the plug. */
const FAST = ['fsync=off', 'full_page_writes=off']
const SMALL = ['shared_buffers=32MB', 'max_connections=40', 'max_wal_size=256MB']

/** Where Linux can: a server whose tests are killed ends, too. */
const DIE_WITH_US = spawnSync('setpriv', ['--version']).status === 0 ? ['setpriv', '--pdeathsig', 'INT', '--'] : []

export interface AddressParts {
  schema?: string
  user?: string
  password?: string
  database?: string
  port?: number
}

/** A server of its own, on 127.0.0.1, for one file of tests. */
export interface TestPostgres {
  readonly port: number
  /** Of an ordinary user, who owns the database. */
  address(parts?: AddressParts): string
  /** As the administrator, or as who the parts say. */
  query<Row extends QueryResultRow>(sql: string, parts?: AddressParts): Promise<Row[]>
  start(): Promise<void>
  /** `immediate` is like a crash: no goodbye to anybody, and recovery from the log at the next start. */
  stop(how?: 'fast' | 'immediate'): Promise<void>
  /** Stops it and removes all its data. */
  close(): Promise<void>
}

export interface ServerOptions {
  /** With the settings that a real server has for its disk. */
  durable?: boolean
  settings?: string[]
}

const missing = whyMissing()
const missingPgvector = missing ?? whyPgvectorMissing()

/** A group of tests that need a server; where there is none it is skipped, and its title says why. */
export function describePostgres(title: string, body: () => void): void {
  describe.skipIf(missing !== null)(missing === null ? title : `${title} (skipped: ${missing})`, body)
}

/** The same for tests that need the extension pgvector on the server. */
export function describePgvector(title: string, body: () => void): void {
  describe.skipIf(missingPgvector !== null)(
    missingPgvector === null ? title : `${title} (skipped: ${missingPgvector})`,
    body,
  )
}

function whyMissing(): string | null {
  if (findPostgres() === null) setUp()
  if (findPostgres() === null) return 'the server of PostgreSQL is not installed'
  if (process.getuid?.() === 0 && findServerUser() === null) return 'there is no user postgres to run the server'
  return null
}

function whyPgvectorMissing(): string | null {
  if (findPgvector() === null) setUp('pgvector')
  return findPgvector() === null ? 'the server of PostgreSQL does not have the extension pgvector' : null
}

function setUp(...groups: string[]): void {
  const program = join(import.meta.dirname, '../../scripts/setup-tests.mjs')
  spawnSync(process.execPath, [program, ...groups], { stdio: 'inherit' })
}

export async function startPostgres({ durable = false, settings = [] }: ServerOptions = {}): Promise<TestPostgres> {
  const programs = findPostgres()
  if (programs === null) throw new Error('There is no server of PostgreSQL here')
  const folder = mkdtempSync(join(tmpdir(), 'handaxe-postgres-'))
  const user = findServerUser()
  if (user !== null) chownSync(folder, user.uid, user.gid)
  const port = await freePort()
  const cluster = new Cluster({
    programs,
    folder,
    user,
    port,
    settings: [...SMALL, ...(durable ? [] : FAST), ...settings],
  })
  const address = (parts: AddressParts = {}): string => toAddress({ port, ...parts })
  const query = async <Row extends QueryResultRow>(sql: string, parts: AddressParts = {}): Promise<Row[]> =>
    queryOnce<Row>(address({ user: ADMINISTRATOR, ...parts }), sql)
  const server: TestPostgres = {
    port,
    address,
    query,
    start: async () => {
      cluster.start()
      await waitUntilReady(cluster, async () => query('SELECT 1', { database: ADMINISTRATOR }))
    },
    stop: async (how = 'fast') => cluster.stop(how),
    close: async () => {
      await cluster.stop('immediate')
      rmSync(folder, { recursive: true, force: true })
    },
  }
  try {
    cluster.make()
    await server.start()
    await query(`CREATE ROLE ${USER} LOGIN PASSWORD '${PASSWORD}'`, { database: ADMINISTRATOR })
    await query(`CREATE DATABASE ${DATABASE} OWNER ${USER} ${locale(programs)}`, { database: ADMINISTRATOR })
    return server
  } catch (error) {
    await server.close()
    throw error
  }
}

/** Sorted as English dictionaries are, where the server can: what relies on the order of bytes shows here. */
function locale(programs: string): string {
  const { stdout } = spawnSync(join(programs, 'postgres'), ['--version'], { encoding: 'utf8' })
  const version = Number(/(\d+)/.exec(stdout)?.[1])
  return version >= 15 ? "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'" : ''
}

function toAddress({ schema, user = USER, password = PASSWORD, database = DATABASE, port }: AddressParts): string {
  const query = schema === undefined ? '' : `?schema=${schema}`
  return `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}${query}`
}

async function queryOnce<Row extends QueryResultRow>(connectionString: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    const { rows } = await client.query<Row>(sql)
    return rows
  } finally {
    await client.end()
  }
}

async function waitUntilReady(cluster: Cluster, probe: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS
  for (;;) {
    try {
      await probe()
      return
    } catch (error) {
      if (!cluster.isRunning || performance.now() > deadline) {
        throw new Error(`PostgreSQL did not start: ${cluster.log()}`, { cause: error })
      }
    }
    await sleep(25)
  }
}

interface ClusterOptions {
  programs: string
  folder: string
  user: { uid: number; gid: number } | null
  port: number
  settings: string[]
}

/** The server's process and its data. */
class Cluster {
  readonly #options: ClusterOptions
  #process: ChildProcess | null = null
  #ended: Promise<void> = Promise.resolve()

  constructor(options: ClusterOptions) {
    this.#options = options
  }

  get isRunning(): boolean {
    return this.#process !== null
  }

  make(): void {
    const { programs, folder } = this.#options
    const password = join(folder, 'password')
    writeFileSync(password, PASSWORD)
    const args = ['-D', join(folder, 'data'), '-U', ADMINISTRATOR, '-E', 'UTF8', '--locale=C', '--no-sync']
    const { status, stderr } = spawnSync(
      join(programs, 'initdb'),
      [...args, '--auth=scram-sha-256', `--pwfile=${password}`],
      { ...this.#owner(), encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(`initdb failed: ${stderr}`)
  }

  start(): void {
    const { programs, folder, port, settings } = this.#options
    const all = ['listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${folder}`, ...settings]
    const args = ['-D', join(folder, 'data'), ...all.flatMap((setting) => ['-c', setting])]
    const log = openSync(join(folder, 'log'), 'a')
    const [command = '', ...prefix] = [...DIE_WITH_US, join(programs, 'postgres')]
    const child = spawn(command, [...prefix, ...args], { ...this.#owner(), stdio: ['ignore', log, log] })
    closeSync(log)
    const endWithUs = (): void => void child.kill('SIGQUIT')
    process.once('exit', endWithUs)
    this.#process = child
    this.#ended = new Promise((resolve) => {
      child.once('exit', () => {
        process.off('exit', endWithUs)
        this.#process = null
        resolve()
      })
    })
  }

  async stop(how: 'fast' | 'immediate'): Promise<void> {
    this.#process?.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT')
    await this.#ended
  }

  log(): string {
    const file = join(this.#options.folder, 'log')
    return existsSync(file) ? readFileSync(file, 'utf8').slice(-4000) : ''
  }

  /** The server refuses to run as root, and must not look into a folder that its user may not read. */
  #owner(): { cwd: string; uid?: number; gid?: number; env: NodeJS.ProcessEnv } {
    const { folder, user } = this.#options
    return { cwd: folder, ...user, env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' } }
  }
}

async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const probe = createServer().once('error', reject)
  probe.listen(0, '127.0.0.1', () => {
    const { port } = probe.address() as AddressInfo
    probe.close(() => resolve(port))
  })
  return promise
}
