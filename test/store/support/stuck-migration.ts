/** A process that moves a store and stops for good in the middle of the events. Arguments: from, to. */
import { writeSync } from 'node:fs'
import { migrateStore } from '../../../src/store/migrate-store.ts'

const [from = '', to = ''] = process.argv.slice(2)
await migrateStore({
  from,
  to,
  onProgress: ({ table, phase }) => {
    if (table !== 'run_event' || phase !== 'copy') return
    writeSync(1, 'stuck\n')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  },
})
