// The story of handaxe in two requests: the first makes a tool, the second, of the same kind, reuses it.
// `--replay` takes the model's replies from the cassette beside this file.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { REQUESTS } from './requests.mjs'

const folder = dirname(fileURLToPath(import.meta.url))
const handaxe = join(folder, '../../dist/bin/handaxe.js')
const isReplay = process.argv.includes('--replay')
const replay = isReplay ? ['--replay', join(folder, 'cassette.jsonl')] : []

const environment = isReplay ? replayEnvironment() : process.env

for (const request of REQUESTS) {
  console.log('')
  const run = spawnSync(process.execPath, [handaxe, 'run', request, '-f', join(folder, 'AAPL.csv'), ...replay], {
    stdio: 'inherit',
    env: environment,
  })
  if (run.status !== 0) process.exit(run.status ?? 1)
}
console.log('')
process.exit(
  spawnSync(process.execPath, [handaxe, 'tools', 'list'], { stdio: 'inherit', env: environment }).status ?? 1,
)

/**
 * A recording fits the prompts of a library that holds nothing, or this example's tool. With other tools in the library the
 * prompts would be others, so the recording then has a library of its own.
 */
function replayEnvironment() {
  const tools = JSON.parse(output('tools', 'list', '--json'))
  if (tools.every((tool) => tool.name === 'annualised_volatility' && tool.version === 1)) return process.env
  const { folders, pythonPath } = JSON.parse(output('config', '--json'))
  const home = join(folders.data, 'volatility-example')
  console.log(
    `Your library holds tools of your own: the recording is shown with a library of its own, HANDAXE_HOME=${home}`,
  )
  return { ...process.env, HANDAXE_HOME: home, HANDAXE_PYTHON: pythonPath }
}

function output(...words) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [handaxe, ...words], { encoding: 'utf8' })
  if (status !== 0) {
    console.error(stderr)
    process.exit(status ?? 1)
  }
  return stdout
}
