import { Client, Pool, type ClientConfig, type PoolClient } from 'pg'
import { ConnectionLost, isDatabaseError } from './postgres-errors.ts'
import { TYPES } from './transaction.ts'

/**
 * For one process: reads and writes of a few steps at once, while a server's usual hundred connections suffice for
 * two dozen processes.
 */
const MAX_CONNECTIONS = 4

export function createPool(connectionString: string, { connectTimeoutMs }: { connectTimeoutMs: number }): Pool {
  const pool = new Pool({
    connectionString,
    max: MAX_CONNECTIONS,
    // Of the connection only: the pool's own limit of this name would count the wait for a free connection, too.
    Client: class extends Client {
      constructor(config?: ClientConfig) {
        super({ ...config, connectionTimeoutMillis: connectTimeoutMs })
      }
    },
    types: TYPES,
    keepAlive: true,
    fallback_application_name: 'handaxe',
    // A program that forgets to close its store ends all the same.
    allowExitOnIdle: true,
  })
  // An idle connection ended: the pool has already let go of it, and the next call opens another.
  pool.on('error', () => undefined)
  return pool
}

/** Waits for a connection that is free. Rejects with what `toStoreError` takes. */
export async function connect(pool: Pool): Promise<PoolClient> {
  try {
    const client = await pool.connect()
    // The statement that is running rejects and says so; without a listener this would end the process.
    if (client.listenerCount('error') === 0) client.on('error', () => undefined)
    return client
  } catch (error) {
    throw isDatabaseError(error) ? error : new ConnectionLost(error, { connecting: true })
  }
}
