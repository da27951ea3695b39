// Calls the tool of this skill and prints its value as JSON.
//
//   node run.mjs '{"values": [1, 2, 3]}'
//   node run.mjs < arguments.json
import { readFileSync } from 'node:fs'

const STANDARD_INPUT = 0

const tool = JSON.parse(readFileSync(new URL('tool.json', import.meta.url), 'utf8'))
const input = readArguments(process.argv[2] ?? readFileSync(STANDARD_INPUT, 'utf8'))
const { default: run } = await import(new URL(tool.script, import.meta.url))
process.stdout.write(`${JSON.stringify((await run(input)) ?? null)}\n`)

function readArguments(text) {
  try {
    const value = JSON.parse(text)
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value
    stop('The arguments have to be one JSON object: a value for each parameter by its name.')
  } catch (error) {
    stop(`The arguments are not JSON: ${error.message}`)
  }
}

function stop(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
