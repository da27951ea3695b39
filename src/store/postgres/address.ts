import { HandaxeError } from '../../contracts/errors.ts'

/** Where a store lies on a PostgreSQL server. */
export interface PostgresAddress {
  /** With the password: only for the driver. */
  connectionString: string
  /** Its tables lie in this schema of the database, so that they share it with other programs' tables. */
  schema: string
  /** For messages: without the password. */
  name: string
}

const SCHEME = /^postgres(ql)?:\/\//i
const OTHER_SCHEME = /^[a-z][a-z0-9+.-]+:\/\//i
const DEFAULT_SCHEMA = 'handaxe'

/** Parameters of an address that may be shown; others can hold secrets. */
const SHOWN_PARAMETERS = new Set(['host', 'port', 'dbname', 'schema'])

/** PostgreSQL cuts longer names; names of its own begin with pg_. */
const SCHEMA_NAME = /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/

export function isPostgresAddress(path: string): boolean {
  return SCHEME.test(path)
}

/** Throws `store_unavailable` for an address of another kind of database, which would be taken for a file's name. */
export function refuseOtherAddress(path: string): void {
  const scheme = OTHER_SCHEME.exec(path)?.[0]
  if (scheme === undefined || isPostgresAddress(path)) return
  throw new HandaxeError('store_unavailable', `A store cannot lie at ${scheme}…`, {
    hint: 'HANDAXE_STORE is the path of a SQLite file, or postgres://user:password@host:5432/database.',
  })
}

/**
 * `postgres://user:password@host:port/database?schema=name`, with the parameters of `pg` (`sslmode`, `host` for a socket's
 * folder). What is left out comes from `PGHOST`, `PGUSER` and so on. Throws `store_unavailable` where it is no such thing.
 */
export function parseAddress(address: string): PostgresAddress {
  const url = parseUrl(address)
  const schema = url?.searchParams.get('schema') ?? DEFAULT_SCHEMA
  if (url === null) {
    // Neither the text nor the error of the parser goes into ours: both contain the password.
    throw new HandaxeError('store_unavailable', 'The address of the store is not one of PostgreSQL', {
      hint: 'Write postgres://user:password@host:5432/database, with special characters of the password as %23 and the like.',
    })
  }
  if (!SCHEMA_NAME.test(schema)) {
    throw new HandaxeError('store_unavailable', 'The schema in the address of the store cannot be used', {
      hint: 'Use at most 63 small letters, digits and underscores, not beginning with a digit or pg_.',
      details: { schema },
    })
  }
  return { connectionString: address, schema, name: toName(url) }
}

/** The address as it may be shown to anybody; what is no address of PostgreSQL comes back as it is. */
export function hidePassword(path: string): string {
  if (!isPostgresAddress(path)) return path
  const url = parseUrl(path)
  return url === null ? 'postgres://…' : toName(url)
}

function parseUrl(address: string): URL | null {
  // A socket's address may have a user and no host, which URLs may not.
  return URL.parse(address) ?? URL.parse(address.replace('@/', '@localhost/'))
}

function toName(url: URL): string {
  const shown = new URL(url)
  shown.password = ''
  shown.hash = ''
  shown.search = new URLSearchParams([...url.searchParams].filter(([key]) => SHOWN_PARAMETERS.has(key))).toString()
  return shown.href
}
