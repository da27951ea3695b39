import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { EventLog } from '../../../src/agent/run/event-log.ts'
import type { RunEvent } from '../../../src/contracts/events.ts'

interface Opened {
  log: EventLog
  /** Batches as the journal got them. */
  batches: RunEvent[][]
  failures: unknown[]
}

function open(append?: (batch: RunEvent[]) => Promise<void>): Opened {
  const batches: RunEvent[][] = []
  const failures: unknown[] = []
  const log = new EventLog({
    runId: 'r',
    clock: () => 0,
    onFailure: (error) => failures.push(error),
    journal: {
      async appendEvents(_runId, events) {
        await append?.(events)
        batches.push(events)
      },
    },
  })
  return { log, batches, failures }
}

const delta = (text: string): { type: 'answer-delta'; text: string } => ({ type: 'answer-delta', text })

async function read(log: EventLog): Promise<string[]> {
  const texts: string[] = []
  for await (const event of log) texts.push(`${event.sequence}${event.type === 'answer-delta' ? event.text : ''}`)
  return texts
}

describe('the events of a run', () => {
  test('are numbered without gaps and written in batches before anyone sees them', async () => {
    const gate = Promise.withResolvers<void>()
    const { log, batches } = open(() => gate.promise)
    const seen: string[] = []
    const reading = (async () => {
      for await (const event of log) seen.push(`${event.sequence}`)
    })()
    for (const text of ['a', 'b', 'c']) log.emit(delta(text))
    await delay(20)
    expect(seen).toEqual([])
    gate.resolve()
    await log.written()
    log.emit(delta('d'))
    await log.written()
    log.close()
    await reading
    expect(seen).toEqual(['1', '2', '3', '4'])
    expect(batches.map((batch) => batch.length)).toEqual([3, 1])
  })

  test('reach every reader from the first one, however late it comes', async () => {
    const { log } = open()
    const early = read(log)
    log.emit(delta('a'))
    await log.written()
    const middle = read(log)
    log.emit(delta('b'))
    await log.written()
    log.close()
    expect(await early).toEqual(['1a', '2b'])
    expect(await middle).toEqual(['1a', '2b'])
    expect(await read(log)).toEqual(['1a', '2b'])
  })

  test('end for a reader that leaves, and go on for the others', async () => {
    const { log } = open()
    log.emit(delta('a'))
    for await (const event of log) {
      expect(event.sequence).toBe(1)
      break
    }
    log.emit(delta('b'))
    await log.written()
    log.close()
    expect(await read(log)).toEqual(['1a', '2b'])
  })

  test('that the journal refuses end the log with its error, for the run and for the readers', async () => {
    let writes = 0
    const broken = new Error('disk full')
    const { log, failures } = open(async () => {
      writes += 1
      if (writes > 1) throw broken
    })
    const reading = read(log)
    log.emit(delta('a'))
    await log.written()
    log.emit(delta('b'))
    await expect(log.written()).rejects.toBe(broken)
    await expect(reading).rejects.toBe(broken)
    log.emit(delta('c'))
    await expect(log.written()).rejects.toBe(broken)
    expect(failures).toEqual([broken])
  })

  test('that come after the end are dropped', async () => {
    const { log } = open()
    log.emit(delta('a'))
    await log.written()
    log.close()
    log.emit(delta('b'))
    expect(await read(log)).toEqual(['1a'])
  })
})
