import type { VectorSupport } from '../../contracts/vectors.ts'
import type { Database } from './database.ts'

/** Loads `sqlite-vec` into the connection. Never rejects for a machine that has no build of it. */
export async function loadVectorFunctions(database: Database): Promise<VectorSupport> {
  try {
    const { getLoadablePath } = await import('sqlite-vec')
    database.loadExtension(getLoadablePath())
    const row = database.get<{ version: string }>('SELECT vec_version() AS version')
    return { available: true, detail: `sqlite-vec ${row?.version.replace(/^v/, '') ?? ''}`.trim() }
  } catch (error) {
    // No package for this platform, a C library that does not fit, or a Node that was built without extensions.
    return {
      available: false,
      reason: `SQLite cannot load its extension for vectors: ${error instanceof Error ? error.message : String(error)}`,
      hint: 'Install handaxe with its optional packages (sqlite-vec), use a store on PostgreSQL, or take `embedding` out of the configuration.',
    }
  }
}
