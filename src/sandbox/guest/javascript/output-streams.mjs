/**
 * stdout and stderr as synchronous streams. Node's own streams on a socket make it non-blocking and lose what is still
 * queued when the process exits; here a `console.log` has reached the host before the next statement runs.
 */
import { Writable } from 'node:stream'
import { bytesFrom, objectDefineProperty } from './intrinsics.mjs'
import { writeAll } from './frames.mjs'

class SynchronousOutput extends Writable {
  constructor(descriptor) {
    super({ decodeStrings: false, autoDestroy: false })
    this.fd = descriptor
  }

  _write(chunk, encoding, callback) {
    try {
      writeAll(this.fd, typeof chunk === 'string' ? bytesFrom(chunk, encoding) : chunk)
      callback()
    } catch (error) {
      callback(error)
    }
  }

  /** As for Node's own: `process.stdout.end()` does not close the descriptor. */
  _destroy(error, callback) {
    callback(error)
  }
}

export function installOutputStreams() {
  for (const [name, descriptor] of [
    ['stdout', 1],
    ['stderr', 2],
  ]) {
    const stream = new SynchronousOutput(descriptor)
    objectDefineProperty(process, name, { configurable: true, enumerable: true, get: () => stream })
  }
}
