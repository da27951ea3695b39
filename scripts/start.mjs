// `npm start`: sets everything up on a fresh machine and solves a real task end to end in the real sandbox.
// `npm start -- "own request" -f own.csv` runs one's own. Runs on whatever Node the machine has.
import { join } from 'node:path'
import { ensureDependencies, projectRoot, runOrExit } from './ensure-dependencies.mjs'

const KEYS = ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'DEEPSEEK_API_KEY', 'OPENROUTER_API_KEY', 'N1N_API_KEY']
const own = process.argv.slice(2)
const live = await findModel()
const example = 'examples/volatility'
console.log(
  live !== null
    ? `Live: the model is called through ${live}.`
    : own.length > 0
      ? `No model: none of ${KEYS.join(', ')} is set and no Ollama runs.`
      : `No key is set and no Ollama runs: the model's replies come from a recording (${example}/cassette.jsonl, written by a person playing the model). Everything else is real.`,
)

const node = ensureDependencies()
runOrExit(node, ['scripts/setup.mjs'])
console.error('· building')
runOrExit(node, ['scripts/build.mjs'])
const handaxe = join(projectRoot, 'dist/bin/handaxe.js')
if (own.length > 0) runOrExit(node, [handaxe, 'run', ...own], { cwd: process.env.INIT_CWD ?? projectRoot })
else runOrExit(node, ['examples/volatility/run.mjs', ...(live === null ? ['--replay'] : [])])

async function findModel() {
  const key = KEYS.find((name) => process.env[name])
  if (key !== undefined) return key
  const address = process.env.OLLAMA_HOST || 'http://127.0.0.1:11434'
  try {
    const reply = await fetch(new URL('/api/tags', address.includes('://') ? address : `http://${address}`), {
      signal: AbortSignal.timeout(500),
    })
    const { models } = await reply.json()
    return models.length > 0 ? 'Ollama' : null
  } catch {
    return null
  }
}
