import type { Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { TransferCut } from './lifetime.ts'

export interface PumpOptions {
  from: Readable
  to: Writable
  /** Called before bytes are passed on; false ends the transfer and they are not. */
  spend: (bytes: number) => boolean
  /** Changes what passes through; `flush` gives what was held back, at the end. */
  filter?: StreamFilter
}

export interface StreamFilter {
  push(chunk: Buffer): Buffer
  flush(): Buffer
}

/**
 * Passes everything on and then ends `to`. Rejects with `TransferCut`, or with the error of the stream that broke;
 * destroys neither stream, because an answer may still be worth delivering when the request could not be sent whole.
 */
export async function pump({ from, to, spend, filter }: PumpOptions): Promise<void> {
  const overspent = Promise.withResolvers<never>()
  const onData = (chunk: Buffer) => {
    if (!spend(chunk.length)) {
      from.pause()
      overspent.reject(new TransferCut('byte-limit'))
      return
    }
    if (!to.write(filter === undefined ? chunk : filter.push(chunk))) from.pause()
  }
  const onDrain = () => from.resume()
  from.on('data', onData)
  to.on('drain', onDrain)
  // A stream that was paused by its last reader does not begin again by itself.
  from.resume()
  const read = finished(from, { writable: false }).then(() => to.end(filter?.flush()))
  const written = finished(to, { readable: false })
  try {
    await Promise.race([Promise.all([read, written]), overspent.promise])
  } finally {
    from.off('data', onData)
    to.off('drain', onDrain)
  }
}
