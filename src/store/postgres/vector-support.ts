import { escapeIdentifier } from 'pg'
import { HandaxeError } from '../../contracts/errors.ts'
import type { VectorSupport } from '../../contracts/vectors.ts'
import type { Database } from './database.ts'
import type { Transaction } from './transaction.ts'

/** 0.7 brought vectors of 16-bit floats. */
const OLDEST_PGVECTOR = [0, 7] as const

export interface Pgvector {
  /** The schema that its types are in, as an identifier: it is not on the search path. */
  schema: string
  support: VectorSupport
}

interface Extension {
  schema: string
  version: string
}

/**
 * Finds pgvector in the database, or makes it there where the server has it and its owner may. Half the size of 32-bit
 * floats costs nothing that can be measured: embedding models' numbers have no more digits.
 */
export async function preparePgvector(database: Database): Promise<Pgvector> {
  const found = (await findExtension(database)) ?? (await makeExtension(database))
  if ('reason' in found) return { schema: '', support: found }
  const [major = 0, minor = 0] = found.version.split('.').map(Number)
  const isOld = major < OLDEST_PGVECTOR[0] || (major === OLDEST_PGVECTOR[0] && minor < OLDEST_PGVECTOR[1])
  if (isOld) {
    return {
      schema: '',
      support: {
        available: false,
        reason: `pgvector ${found.version} in ${database.name} knows no vectors of 16-bit floats`,
        hint: 'Install pgvector 0.7 or newer, then: ALTER EXTENSION vector UPDATE.',
      },
    }
  }
  return {
    schema: escapeIdentifier(found.schema),
    support: { available: true, detail: `pgvector ${found.version}` },
  }
}

async function findExtension(database: Database): Promise<Extension | null> {
  return (await database.read(selectExtension)) ?? null
}

async function selectExtension(transaction: Transaction): Promise<Extension | undefined> {
  return transaction.get<Extension>(
    `SELECT n.nspname AS schema, e.extversion AS version
     FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'vector'`,
  )
}

async function makeExtension(database: Database): Promise<Extension | Extract<VectorSupport, { available: false }>> {
  const offered = await database.read(async (transaction) =>
    transaction.get("SELECT 1 AS found FROM pg_available_extensions WHERE name = 'vector'"),
  )
  if (offered === undefined) {
    return {
      available: false,
      reason: `The server of ${database.name} does not have the extension pgvector`,
      hint: 'Install pgvector on the server, or take `embedding` out of the configuration.',
    }
  }
  try {
    return await database.write('schema', async (transaction) => {
      // In public: the extension belongs to the database, and a store's own schema may be dropped.
      await transaction.script('CREATE EXTENSION IF NOT EXISTS vector SCHEMA public')
      const made = await selectExtension(transaction)
      if (made === undefined) throw new TypeError('The extension is not there after it was made')
      return made
    })
  } catch (error) {
    if (!HandaxeError.isInstance(error) || error.code === 'store_locked') throw error
    return {
      available: false,
      reason: `pgvector is on the server of ${database.name}, but not in this database, and it may not be made: ${error.message}`,
      hint: 'Let the administrator of the server run CREATE EXTENSION vector in this database.',
    }
  }
}
