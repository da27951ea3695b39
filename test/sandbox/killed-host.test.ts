import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openSandbox } from '../../src/sandbox/open-sandbox.ts'
import { findPython } from '../support/python.ts'
import { seededRandom, testSeed } from '../support/random.ts'
import { KILLED_HOSTS } from '../support/sizes.ts'
import { busyness } from './support/busyness.ts'
import { cgroupsOf, descendants, isAlive, mounts, zygotesBelow } from './support/host-state.ts'

const SEED = testSeed()
/** Half a second on a quiet machine. */
const GONE_MS = 500
const LONGEST_LIFE_MS = 1_500

let folder: string
let state: string
let script: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'handaxe-killed-'))
  state = join(folder, 'state')
  script = join(folder, 'host.ts')
  const source = join(import.meta.dirname, '..', '..', 'src', 'sandbox', 'open-sandbox.ts')
  // With inputs, artifacts, both languages, daemons and loops under way.
  await writeFile(
    script,
    `import { openSandbox } from ${JSON.stringify(source)}
const sandbox = await openSandbox(${JSON.stringify({ pythonPath: findPython() ?? null, stateFolder: state })})
console.log('open')
const inputs = [{ name: 'a.csv', content: 'a\\n1\\n' }]
const programs = [
  { language: 'python', code: 'result(1)' },
  { language: 'python', code: 'import os, time\\nos.fork()\\nos.setsid()\\ntime.sleep(600)' },
  { language: 'python', code: 'while True: pass', inputs },
  { language: 'python', code: 'open("/box/output/a", "w").write("x" * 1_000_000)' },
  { language: 'javascript', code: 'setInterval(() => {}, 1000)' },
]
for (;;) await Promise.race(programs.map((program) => sandbox.execute({ ...program, limits: { wallMs: 2000 } })))
`,
  )
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test(
  `a host that is killed at a random moment, ${KILLED_HOSTS} times, leaves no process and no mount, and the next start clears its folders and cgroups (seed ${SEED})`,
  async () => {
    const random = seededRandom(SEED)
    const mountsBefore = mounts('self', folder)
    const leftMs: number[] = []
    for (let count = 0; count < KILLED_HOSTS; count++) {
      const host = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
      const ended = once(host, 'exit')
      // Half of them while it starts, the others under way.
      if (count % 2 === 1) await once(host.stdout, 'data')
      await delay(random() * LONGEST_LIFE_MS)
      const below = descendants(host.pid ?? 0)
      host.kill('SIGKILL')
      await ended
      leftMs.push(await untilGone(below))
      expect(mounts('self', folder)).toBe(mountsBefore)
    }
    if (KILLED_HOSTS >= 20) console.log('milliseconds until nothing was left:', leftMs)
    const left = existsSync(state) ? await readdir(state) : []
    const next = await openSandbox({ pythonPath: findPython() ?? null, stateFolder: state, environment: process.env })
    expect((await readdir(state)).filter((name) => left.includes(name))).toEqual([])
    expect(cgroupsOf(left)).toEqual([])
    expect((await next.execute({ language: 'python', code: 'result(5)' })).value).toBe(5)
    await next.close()
    expect(await readdir(state)).toEqual([])
    expect(zygotesBelow(state)).toEqual([])
  },
  60_000 + KILLED_HOSTS * 20_000,
)

/** The time until none of these processes, and no zygote of the folder, was alive. */
async function untilGone(below: number[]): Promise<number> {
  const startedAt = performance.now()
  const timeout = GONE_MS * Math.max(6, busyness())
  await vi.waitFor(() => expect([...below.filter(isAlive), ...zygotesBelow(state)]).toEqual([]), {
    timeout,
    interval: 20,
  })
  return Math.round(performance.now() - startedAt)
}
