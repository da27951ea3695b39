/** A process that writes to a store until it is done or killed. Arguments: path, run id, number of events. */
import { openStore } from '../../../src/store/open-store.ts'
import { indexText, sampleEvent, sampleRun, sampleTool } from './samples.ts'

const [path = '', runId = '', count = '0'] = process.argv.slice(2)
const store = await openStore({ path })
await store.journal.createRun(sampleRun(runId, { processId: process.pid }))
for (let sequence = 1; sequence <= Number(count); sequence += 1) {
  await store.journal.appendEvents(runId, [sampleEvent(runId, sequence)])
  const saved = await store.tools.saveVersion(
    sampleTool('shared', { code: `${runId} ${sequence}` }),
    indexText({ name: 'share', description: `${runId} ${sequence}` }),
  )
  // Whoever reads this line knows that both are on disk.
  process.stdout.write(`${sequence} ${saved?.version}\n`)
}
await store.close()
