// A thread of its own: code that is nested deeply enough breaks Node's type stripper for the rest of the thread's life.
import { stripTypeScriptTypes } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'

/* oxlint-disable unicorn/require-post-message-target-origin -- a thread's port has no origin */
try {
  parentPort.postMessage({ code: stripTypeScriptTypes(workerData) })
} catch (error) {
  parentPort.postMessage({ problem: String(error.message).split('\n')[0] })
}
