// Makes cassette.jsonl anew: runs the two requests twice in an empty library with `-m manual`, and answers each prompt with
// the reply that a developer wrote for it (replies/*.md). Needed whenever a prompt changes. Usage: node record.mjs
import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { REQUESTS } from './requests.mjs'

const folder = dirname(fileURLToPath(import.meta.url))
const handaxe = join(folder, '../../dist/bin/handaxe.js')
const cassette = join(folder, 'cassette.jsonl')
const home = mkdtempSync(join(tmpdir(), 'handaxe-record-'))

/** The replies of each run, in the order of its prompts. */
const RUNS = [
  { request: REQUESTS[0], replies: ['first-plan', 'tests', 'code', 'review'] },
  { request: REQUESTS[1], replies: ['second-plan'] },
  { request: REQUESTS[0], replies: ['first-plan-again'] },
]

rmSync(cassette, { force: true })
for (const [number, { request, replies }] of RUNS.entries()) {
  const manual = join(home, `manual-${number}`)
  const args = [
    'run',
    request,
    '-f',
    join(folder, 'AAPL.csv'),
    '-m',
    'manual',
    '--manual-folder',
    manual,
    '--record',
    cassette,
  ]
  const run = spawn(process.execPath, [handaxe, ...args], {
    stdio: 'inherit',
    env: { ...process.env, HANDAXE_HOME: home, HANDAXE_PYTHON: process.env.HANDAXE_PYTHON ?? defaultPython() },
  })
  const ended = new Promise((resolve) => run.on('close', resolve))
  for (const reply of replies) await answer(manual, join(folder, 'replies', `${reply}.md`), run)
  const status = await ended
  if (status !== 0) process.exit(status ?? 1)
}
rmSync(home, { recursive: true, force: true })

/** Waits for the next prompt without a reply and lays the reply beside it, in one step. */
async function answer(manual, reply, run) {
  while (run.exitCode === null) {
    const prompts = existsSync(manual) ? readdirSync(manual).filter((name) => name.endsWith('.prompt.md')) : []
    const open = prompts
      .map((name) => join(manual, name.replace('.prompt.md', '.reply.md')))
      .find((path) => !existsSync(path))
    if (open !== undefined) {
      copyFileSync(reply, `${open}.tmp`)
      renameSync(`${open}.tmp`, open)
      return
    }
    await delay(50)
  }
}

function defaultPython() {
  const data = process.env.XDG_DATA_HOME ?? join(process.env.HOME ?? '', '.local/share')
  return join(data, 'handaxe/python/bin/python')
}
