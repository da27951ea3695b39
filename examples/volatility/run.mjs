// The story of handaxe in two requests: the first makes a tool, the second, of the same kind, reuses it.
// `--replay` takes the model's replies from the cassette beside this file.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { REQUESTS } from './requests.mjs'

const folder = dirname(fileURLToPath(import.meta.url))
const handaxe = join(folder, '../../dist/bin/handaxe.js')
const replay = process.argv.includes('--replay') ? ['--replay', join(folder, 'cassette.jsonl')] : []

for (const request of REQUESTS) {
  console.log('')
  const run = spawnSync(process.execPath, [handaxe, 'run', request, '-f', join(folder, 'AAPL.csv'), ...replay], {
    stdio: 'inherit',
  })
  if (run.status !== 0) process.exit(run.status ?? 1)
}
console.log('')
process.exit(spawnSync(process.execPath, [handaxe, 'tools', 'list'], { stdio: 'inherit' }).status ?? 1)
