import { describeValues, type DescribedValue } from './describe-values.ts'
import { SessionStore } from './session-store.ts'

/** What a session has, and since when; interprets none of it. Rejects with `store_corrupt`. */
export async function readSession(folder: string): Promise<{ savedAt: string | null; values: DescribedValue[] }> {
  const manifest = await new SessionStore(folder).read()
  return { savedAt: manifest?.savedAt ?? null, values: describeValues(manifest?.values ?? []) }
}
