import type { E2B, Sandbox as CloudSandbox, SandboxInfo } from 'e2b'
import { HandaxeError } from '../../../contracts/errors.ts'
import { explainCloudFailure, isPassing } from './cloud-failure.ts'
import type { CloudSettings } from './e2b-options.ts'
import { retry } from './retry.ts'

/** The SDK's own, for 429 with Retry-After; it never waits longer than the request's timeout for them. */
const RATE_LIMIT_RETRIES = 3
const LIST_PAGE = 100

export type { CloudSandbox }

/** E2B's control API through its SDK, which is loaded here and nowhere else. */
export class CloudClient {
  readonly settings: CloudSettings
  readonly #client: E2B

  private constructor(settings: CloudSettings, client: E2B) {
    this.settings = settings
    this.#client = client
  }

  static async load(settings: CloudSettings): Promise<CloudClient> {
    const { E2B: Client } = await import('e2b').catch((error: unknown) => {
      throw new HandaxeError('sandbox_unavailable', 'The package `e2b` cannot be loaded', {
        hint: 'npm install e2b@2.51.0, or install handaxe again',
        cause: error,
      })
    })
    const { apiKey, domain, apiUrl, sandboxUrl, requestTimeoutMs } = settings
    const client = new Client({
      apiKey,
      domain,
      apiUrl,
      ...(sandboxUrl === null ? {} : { sandboxUrl }),
      requestTimeoutMs,
      retries: RATE_LIMIT_RETRIES,
      // Left out it would be read from the environment of this process, and nothing be isolated at all.
      debug: false,
    })
    return new CloudClient(settings, client)
  }

  /** A new cloud sandbox that nothing leads out of. Billed from here on. */
  create(metadata: Record<string, string>): Promise<CloudSandbox> {
    const { template, timeToLiveMs } = this.settings
    const request = () =>
      this.#client.Sandbox.create(template, {
        timeoutMs: timeToLiveMs,
        metadata,
        // Only who has the token of this sandbox can speak with it.
        secure: true,
        allowInternetAccess: false,
        lifecycle: { onTimeout: 'kill' },
      })
    return this.#try('start a sandbox', request, ({ sandboxId }) => this.kill(sandboxId))
  }

  /** All of this key's that bear the metadata. */
  async list(metadata: Record<string, string>): Promise<SandboxInfo[]> {
    const found: SandboxInfo[] = []
    const pages = this.#client.Sandbox.list({ query: { metadata }, limit: LIST_PAGE })
    while (pages.hasNext) found.push(...(await this.#try('list its sandboxes', () => pages.nextItems())))
    return found
  }

  /** Settles when it is gone, or was gone before. */
  async kill(sandboxId: string): Promise<void> {
    await this.#try('end a sandbox', () => this.#client.Sandbox.kill(sandboxId))
  }

  /** From now on it lives for `milliseconds`, whatever it had left. Rejects with the SDK's error. */
  extend(sandbox: CloudSandbox, milliseconds: number): Promise<void> {
    return retry(isPassing, () => this.#inTime(() => sandbox.setTimeout(milliseconds)))
  }

  /** `onLate` gets what is answered after the caller has been told that nothing is. */
  async #try<Value>(
    act: string,
    request: () => Promise<Value>,
    onLate?: (value: Value) => Promise<void>,
  ): Promise<Value> {
    try {
      return await retry(isPassing, () => this.#inTime(request, onLate))
    } catch (error) {
      throw explainCloudFailure(act, error)
    }
  }

  /** The SDK loses the time-out of a control request where it is prepared to send it twice (2.51.0 on Node 24). */
  async #inTime<Value>(request: () => Promise<Value>, onLate?: (value: Value) => Promise<void>): Promise<Value> {
    const { requestTimeoutMs } = this.settings
    const answer = request()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        // What it was for ends with its time to live where not even this succeeds.
        answer.then(onLate).catch(() => {})
        reject(new DOMException(`no answer after ${requestTimeoutMs} ms`, 'TimeoutError'))
      }, requestTimeoutMs)
    })
    try {
      return await Promise.race([answer, late])
    } finally {
      clearTimeout(timer)
    }
  }
}
