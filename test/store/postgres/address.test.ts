import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  hidePassword,
  isPostgresAddress,
  parseAddress,
  refuseOtherAddress,
} from '../../../src/store/postgres/address.ts'

const SECRET = 'hunter2'

function errorOf(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('Nothing was thrown')
}

test.each([
  ['postgres://u@h/d', true],
  ['postgresql://u@h/d', true],
  ['POSTGRES://u@h/d', true],
  ['postgres:/u@h/d', false],
  ['/var/lib/postgres://x', false],
  ['handaxe.db', false],
  [':memory:', false],
  ['', false],
])('%j is an address of PostgreSQL: %j', (path, expected) => {
  expect(isPostgresAddress(path)).toBe(expected)
})

describe('an address', () => {
  test('is shown without its password and without parameters that may be secret', () => {
    const address = `postgres://me:${SECRET}@db.example:5433/tools?schema=team&sslmode=require&password=${SECRET}#${SECRET}`
    expect(parseAddress(address)).toEqual({
      connectionString: address,
      schema: 'team',
      name: 'postgres://me@db.example:5433/tools?schema=team',
    })
    expect(hidePassword(address)).toBe('postgres://me@db.example:5433/tools?schema=team')
  })

  test('without a schema means the schema handaxe', () => {
    expect(parseAddress('postgres://me@h/d').schema).toBe('handaxe')
  })

  test.each([
    ['postgres:///tools?host=/run/postgresql&user=me', 'postgres:///tools?host=%2Frun%2Fpostgresql'],
    [`postgres://me:${SECRET}@/tools?host=/run/postgresql`, 'postgres://me@localhost/tools?host=%2Frun%2Fpostgresql'],
    ['postgres://', 'postgres://'],
    [`postgres://me:${SECRET}@[::1]:5432/tools`, 'postgres://me@[::1]:5432/tools'],
  ])('%j is understood', (address, name) => {
    expect(parseAddress(address).name).toBe(name)
  })

  test.each([
    `postgres://me:pa#${SECRET}@h/d`,
    `postgres://me:${SECRET}@h:port/d`,
    `postgres://me:${SECRET}@h:99999/d`,
  ])('that cannot be read is refused without a word of it: %j', (address) => {
    const error = errorOf(() => parseAddress(address))
    expect(error).toMatchObject({ code: 'store_unavailable', hint: expect.stringContaining('%23') })
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECRET)
    expect(hidePassword(address)).not.toContain(SECRET)
  })

  test.each(['pg_tools', 'Tools', '1st', 'a-b', 'a"; DROP SCHEMA handaxe; --', '', 'x'.repeat(64), 'नाम'])(
    'with the schema %j is refused',
    (schema) => {
      const address = `postgres://me:${SECRET}@h/d?schema=${encodeURIComponent(schema)}`
      expect(errorOf(() => parseAddress(address))).toMatchObject({ code: 'store_unavailable', details: { schema } })
    },
  )
})

test.each(['mysql://u:p@h/d', 'postgress://u:p@h/d', 'http://h', 'file:///tmp/x.db', 'MONGODB+SRV://h'])(
  '%j is not taken for the name of a file',
  (path) => {
    const error = errorOf(() => refuseOtherAddress(path))
    expect(error).toMatchObject({ code: 'store_unavailable', hint: expect.stringContaining('postgres://') })
  },
)

test.each(['handaxe.db', '/a/b.db', ':memory:', 'postgres://h', 'C:\\store.db', ''])('%j may be opened', (path) => {
  refuseOtherAddress(path)
})
