/** Walks the paths of a first execution while the sandbox is idle, so that a one-liner takes milliseconds. */
import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { compileFunction } from 'node:vm'
import { describeError } from './describe-error.mjs'
import { encodeValue } from './encode-value.mjs'
import { inspect, jsonParse } from './intrinsics.mjs'

const PROGRAM = `import { readFileSync } from 'node:fs'
const values = await Promise.all([1, 2, 3].map(async (item) => item * 2))
export default () => [values, readFileSync]
`

export async function warmUp() {
  await withoutWarnings(async () => {
    const file = '/box/warm-up.mjs'
    writeFileSync(file, PROGRAM)
    const { default: run } = await import(`file://${file}`)
    rmSync(file)
    run()
    // The stripper is WebAssembly: its first call takes 50 ms, the next ones 0.3 ms.
    stripTypeScriptTypes('const value: number = 1')
    compileFunction('return 1', ['module'])
    inspect({ items: [1, 'two', new Map()] })
    encodeValue(jsonParse('{"items": [1, "two", null]}'), 1000)
    describeError(new TypeError('warm-up'))
    // The first use of the time zone and of the locale each read tables for 20 ms.
    new Date(0).toLocaleString()
    ;(1234.5).toLocaleString()
    'a'.localeCompare('b')
    randomUUID()
  })
}

/** Node says once that type stripping is experimental; it should not say so in the output of the program. */
async function withoutWarnings(work) {
  const listeners = process.listeners('warning')
  process.removeAllListeners('warning')
  await work()
  // Warnings are emitted on the next tick.
  await new Promise((resolve) => setImmediate(resolve))
  for (const listener of listeners) process.on('warning', listener)
}
