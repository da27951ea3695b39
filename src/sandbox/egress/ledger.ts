import type { NetworkDecision, NetworkLimits, NetworkTransfer, NetworkUsage } from '../../contracts/network.ts'
import type { CanonicalHost } from './canonical-host.ts'
import { REFUSALS } from './refusal.ts'

export interface LedgerOptions {
  limits: Pick<NetworkLimits, 'bytes' | 'requests'>
  onDecision: ((decision: NetworkDecision) => void) | undefined
  onTransfer: ((transfer: NetworkTransfer) => void) | undefined
}

/** What one execution has used of its network: requests, decisions and bytes, counted in one place. */
export class Ledger {
  readonly #options: LedgerOptions
  #bytesUsedUp = false
  /** The first error that a callback threw. */
  logFailure: { error: unknown } | null = null
  readonly #usage: NetworkUsage = {
    requests: 0,
    allowed: 0,
    refused: 0,
    failed: 0,
    reasons: {},
    bytesSent: 0,
    bytesReceived: 0,
  }

  constructor(options: LedgerOptions) {
    this.#options = options
  }

  get usage(): NetworkUsage {
    return { ...this.#usage, reasons: { ...this.#usage.reasons } }
  }

  /** True from the moment at which something did not fit any more. */
  get bytesUsedUp(): boolean {
    return this.#bytesUsedUp
  }

  begin(kind: NetworkDecision['kind']): LedgerEntry {
    this.#usage.requests++
    return new LedgerEntry(this, this.#usage.requests, kind)
  }

  isOverRequests(id: number): boolean {
    return id > this.#options.limits.requests
  }

  /** Counts bytes before they are passed on; false where they would go beyond the limit and must not be. */
  spend(direction: 'bytesSent' | 'bytesReceived', count: number): boolean {
    this.#bytesUsedUp ||= this.#usage.bytesSent + this.#usage.bytesReceived + count > this.#options.limits.bytes
    if (this.#bytesUsedUp) return false
    this.#usage[direction] += count
    return true
  }

  decided(decision: NetworkDecision): void {
    this.#usage[decision.outcome]++
    this.#usage.reasons[decision.reason] = (this.#usage.reasons[decision.reason] ?? 0) + 1
    // Past the limit one decision says so and the others are only counted: the log is bounded too.
    if (decision.id <= this.#options.limits.requests + 1) this.#write(() => this.#options.onDecision?.(decision))
  }

  transferred(transfer: NetworkTransfer): void {
    this.#write(() => this.#options.onTransfer?.(transfer))
  }

  /** What is not logged is not passed on: the error ends the request, and is kept for the one who closes the proxy. */
  #write(log: () => void): void {
    try {
      log()
    } catch (error) {
      this.logFailure ??= { error }
      throw error
    }
  }
}

/** One request on its way to its one decision and, where that was to allow it, to its end. */
export class LedgerEntry {
  readonly id: number
  host: CanonicalHost | null = null
  port: number | null = null
  address: string | null = null
  readonly #kind: NetworkDecision['kind']
  readonly #ledger: Ledger
  #state: 'open' | 'allowed' | 'closed' = 'open'
  #bytesSent = 0
  #bytesReceived = 0
  #allowedAt = 0

  constructor(ledger: Ledger, id: number, kind: NetworkDecision['kind']) {
    this.#ledger = ledger
    this.id = id
    this.#kind = kind
  }

  get wasAllowed(): boolean {
    return this.#state === 'allowed'
  }

  decide(reason: NetworkDecision['reason']): void {
    if (this.#state !== 'open') throw new Error(`Request ${this.id} was decided before`)
    this.#state = 'closed'
    this.#ledger.decided({
      id: this.id,
      kind: this.#kind,
      host: this.host?.host ?? null,
      port: this.port,
      outcome: reason === 'listed' ? 'allowed' : REFUSALS[reason].outcome,
      reason,
      address: this.address,
    })
    if (reason !== 'listed') return
    this.#state = 'allowed'
    this.#allowedAt = performance.now()
  }

  spend(direction: 'bytesSent' | 'bytesReceived', count: number): boolean {
    if (!this.#ledger.spend(direction, count)) return false
    if (direction === 'bytesSent') this.#bytesSent += count
    else this.#bytesReceived += count
    return true
  }

  end(ended: NetworkTransfer['ended']): void {
    if (this.#state !== 'allowed' || this.host === null || this.port === null) return
    this.#state = 'closed'
    this.#ledger.transferred({
      id: this.id,
      host: this.host.host,
      port: this.port,
      bytesSent: this.#bytesSent,
      bytesReceived: this.#bytesReceived,
      durationMs: performance.now() - this.#allowedAt,
      ended,
    })
  }
}
