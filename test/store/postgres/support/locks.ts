import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { expect } from 'vitest'
import type { TestPostgres } from '../../../support/postgres.ts'

export interface HeldLock {
  run(sql: string): Promise<unknown>
  release(): Promise<void>
}

/** A transaction of somebody else, open after its first statement. */
export async function holdLock(server: TestPostgres, sql: string): Promise<HeldLock> {
  const client = new Client({ connectionString: server.address({ user: 'postgres' }) })
  await client.connect()
  await client.query('BEGIN')
  await client.query(sql)
  return {
    run: async (text) => client.query(text),
    release: async () => {
      await client.query('ROLLBACK')
      await client.end()
    },
  }
}

/** Until a statement of the store waits for a lock. */
export async function untilWaiting(server: TestPostgres): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const waiting = await server.query(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'handaxe' AND wait_event_type = 'Lock'",
    )
    if (waiting.length > 0) return
    expect(attempt).toBeLessThan(500)
    await sleep(20)
  }
}
