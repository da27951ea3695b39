import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunEvent } from '../../contracts/events.ts'
import type { JsonValue } from '../../contracts/json.ts'
import type { RunResult } from '../../contracts/run.ts'
import { toStoredValue } from '../../domain/json/stored-value.ts'
import { createFolder, toStorageError } from './create-folder.ts'

/**
 * The large values of one run, each once, in files named by their SHA-256. Events and the run's record name them, so that
 * a table of some megabytes stands neither in the journal nor in a list of runs.
 */
export class ValueFolder {
  readonly #folder: string
  readonly #written = new Map<string, Promise<void>>()

  /** `runFolder` is made when there is something to keep. */
  constructor(runFolder: string) {
    this.#folder = join(runFolder, 'values')
  }

  /** The event as it is recorded. Rejects with `disk_full` or `store_read_only`. */
  async recordEvent(event: RunEvent): Promise<RunEvent> {
    if (event.type === 'run-finished') return { ...event, result: await this.recordResult(event.result) }
    if (event.type !== 'execution-finished' || event.result.value === undefined) return event
    const value = await this.#record(event.result.value)
    return value === event.result.value ? event : { ...event, result: { ...event.result, value } }
  }

  /** The result as it is recorded. */
  async recordResult(result: RunResult): Promise<RunResult> {
    const steps = result.steps.map(async (step) => {
      return step.value === null ? step : { ...step, value: await this.#record(step.value) }
    })
    return { ...result, steps: await Promise.all(steps) }
  }

  async #record(value: JsonValue): Promise<JsonValue> {
    const large = toStoredValue(value)
    if (large === null) return value
    const { hash } = large.stored.$stored
    const writing = this.#written.get(hash) ?? this.#write(hash, large.text)
    this.#written.set(hash, writing)
    await writing
    return { ...large.stored }
  }

  async #write(hash: string, text: string): Promise<void> {
    await createFolder(this.#folder)
    const path = join(this.#folder, `${hash}.json`)
    try {
      // Under another name until it is whole.
      await writeFile(`${path}.partial`, text)
      await rename(`${path}.partial`, path)
    } catch (error) {
      throw toStorageError(error, `A value cannot be written to ${this.#folder}`)
    }
  }
}
