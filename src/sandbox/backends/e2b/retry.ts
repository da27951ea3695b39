import { setTimeout as delay } from 'node:timers/promises'

/** So often in all, after waits of 0.3 and 0.9 s. */
const ATTEMPTS = 3
const FIRST_WAIT_MS = 300

/** Sends a request again where its failure may pass. Rejects with the last failure. */
export async function retry<Value>(
  mayPass: (error: unknown) => boolean,
  request: () => Promise<Value>,
): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await request()
    } catch (error) {
      if (attempt === ATTEMPTS || !mayPass(error)) throw error
      await delay(FIRST_WAIT_MS * 3 ** (attempt - 1))
    }
  }
}
