import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { z } from 'zod'

const run = promisify(execFile)
const bench = join(import.meta.dirname, '..', '..', 'bench', 'main.ts')

const summary = z.object({ p50Ms: z.number().positive(), p95Ms: z.number(), p99Ms: z.number(), samples: z.number() })
const language = summary.extend({ perSecond: z.number().positive(), idleChildBytes: z.number().nullable() })
const shape = z.object({
  python: language,
  javascript: language,
  typescript: language,
  burst: summary.extend({ wholeMs: z.number() }),
  peers: z.record(z.string(), summary.nullable()),
  missing: z.record(z.string(), z.string()),
  floor: summary,
  ratios: z.record(z.string(), z.number().nullable()),
})

test('the benchmark of the sandbox gives its whole report, with a reason for each peer that it could not measure', async () => {
  const { stdout } = await run(process.execPath, [bench, 'sandbox', '--json', '--quick'], { timeout: 180_000 })
  const report = shape.parse(JSON.parse(stdout))
  expect(report.python.samples).toBe(10)
  expect(Object.keys(report.peers)).toEqual(
    expect.arrayContaining(['bubblewrapCold', 'plainPython', 'docker', 'denoInBubblewrap', 'pyodideStatistics']),
  )
  for (const [name, peer] of Object.entries(report.peers)) expect(peer === null).toBe(name in report.missing)
  // A sandbox that is slower than starting everything anew would be no use: the ceiling is generous.
  expect(report.ratios['bubblewrapCold']).toBeGreaterThan(2)
}, 200_000)
