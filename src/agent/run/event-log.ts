import type { RunEvent, RunEventBody } from '../../contracts/events.ts'
import type { JournalStore } from '../../contracts/store.ts'

/**
 * The events of one run. `emit` numbers an event at once and queues it; it is shown to readers when the journal has it.
 * Every reader gets all events from the first, whenever it begins. A journal that fails ends the log: readers get its
 * error after the events that were written.
 */
export class EventLog implements AsyncIterable<RunEvent> {
  readonly #runId: string
  readonly #journal: Pick<JournalStore, 'appendEvents'>
  readonly #clock: () => number
  readonly #onFailure: (error: unknown) => void
  readonly #record: (event: RunEvent) => Promise<RunEvent>
  readonly #shown: RunEvent[] = []
  #queue: RunEvent[] = []
  #sequence = 0
  #writing: Promise<void> | null = null
  #failure: { error: unknown } | null = null
  #closed = false
  #changed = Promise.withResolvers<void>()

  constructor(options: {
    runId: string
    journal: Pick<JournalStore, 'appendEvents'>
    clock: () => number
    /** What of an event is written and shown: large values go elsewhere. Default: all of it. */
    record?: (event: RunEvent) => Promise<RunEvent>
    /** Called once, when the journal refuses an event: the run cannot go on. */
    onFailure: (error: unknown) => void
  }) {
    this.#runId = options.runId
    this.#journal = options.journal
    this.#clock = options.clock
    this.#onFailure = options.onFailure
    this.#record = options.record ?? (async (event) => event)
  }

  emit(body: RunEventBody): void {
    if (this.#closed || this.#failure !== null) return
    this.#sequence += 1
    const at = new Date(this.#clock()).toISOString()
    this.#queue.push({ runId: this.#runId, at, sequence: this.#sequence, ...body })
    this.#writing ??= this.#write()
  }

  /** Resolves when all that was emitted is on disk; rejects with the journal's error. */
  async written(): Promise<void> {
    while (this.#writing !== null) await this.#writing
    if (this.#failure !== null) throw this.#failure.error
  }

  /** No event follows. With an error, readers get it after the events. */
  close(failure?: { error: unknown }): void {
    this.#closed = true
    this.#failure ??= failure ?? null
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RunEvent, void, undefined> {
    for (let index = 0; ;) {
      const changed = this.#changed.promise
      const event = this.#shown[index]
      if (event !== undefined) {
        index += 1
        yield event
      } else if (this.#writing !== null || (!this.#closed && this.#failure === null)) {
        await changed
      } else if (this.#failure !== null) {
        throw this.#failure.error
      } else return
    }
  }

  /** Never rejects: what goes wrong is kept for `written` and the readers. */
  async #write(): Promise<void> {
    // What is emitted in the same turn goes to disk as one batch.
    await Promise.resolve()
    while (this.#queue.length > 0 && this.#failure === null) {
      const emitted = this.#queue
      this.#queue = []
      try {
        const batch = await Promise.all(emitted.map(async (event) => this.#record(event)))
        await this.#journal.appendEvents(this.#runId, batch)
        this.#shown.push(...batch)
      } catch (error) {
        this.#failure = { error }
        this.#onFailure(error)
      }
      this.#wake()
    }
    this.#writing = null
    this.#wake()
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
  }
}
