import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Execution } from '../../src/contracts/sandbox.ts'
import { openTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'
import { testSeed } from '../support/random.ts'
import { fuzzDescriptors } from './support/descriptor-programs.ts'

/** One is kept, the other is new. */
const SEEDS = [4_711, testSeed()]
/** The programs' limit is less than a second; the rest is for a busy machine. */
const WITHIN_MS = 20_000

let opened: TestSandbox

beforeAll(async () => {
  opened = await openTestSandbox()
})
afterAll(() => opened.close())

/** Programs of each seed. One in JavaScript takes four times as long as one in Python. */
const PROGRAMS = { python: 20, javascript: 6 }

for (const language of ['python', 'javascript'] as const) {
  test(`${language}: whatever a program does with its descriptors, it ends in time (seeds ${SEEDS.join(', ')})`, async () => {
    for (const seed of SEEDS) {
      const fuzz = { language, seed, programs: PROGRAMS[language], atATime: 4, withinMs: WITHIN_MS }
      await fuzzDescriptors(opened.sandbox, fuzz)
    }
  }, 240_000)
}

/** Each hung in some or all runs once: the host did not listen any more, and waited for the end of what it did not hear. */
const NEVER_ENDED: { title: string; language: Execution['language']; code: string; type: string }[] = [
  { title: '8 bytes', language: 'python', code: "import os\nos.write(3, b'\\xff' * 8)", type: 'InvalidResult' },
  { title: '64 bytes', language: 'python', code: "import os\nos.write(3, b'\\xff' * 64)", type: 'InvalidResult' },
  {
    title: '64 bytes',
    language: 'javascript',
    code: "import { writeSync } from 'node:fs'\nwriteSync(3, Buffer.alloc(64, 255))",
    type: 'InvalidResult',
  },
  {
    title: 'garbage, and its own output on the way to the host',
    language: 'python',
    code: `
import os, socket
channel = socket.socket(fileno=os.dup(3))
os.write(3, b'\\xff' * 8)
while True: socket.send_fds(channel, [b'x'], [1, 2, 3])`,
    type: 'InvalidResult',
  },
  {
    title: 'output on its way in a pair that holds itself, and no end',
    language: 'python',
    code: `
import os, socket, time
one, other = socket.socketpair()
socket.send_fds(one, [b'x'], [1, 2, 3, one.fileno(), other.fileno()])
time.sleep(60)`,
    type: 'wallMs',
  },
]

/** One in three was ended by chance. */
const RUNS = { python: 10, javascript: 4, typescript: 4 }

for (const { title, language, code, type } of NEVER_ENDED) {
  test(`${language}: ${title}: is ended each time, and the next is right`, async () => {
    const startedAt = performance.now()
    const runs = await Promise.all(
      Array.from({ length: RUNS[language] }, () =>
        opened.sandbox.execute({ language, code, limits: { wallMs: 1_000 } }),
      ),
    )
    expect(runs.map(({ error }) => error?.type)).toEqual(runs.map(() => type))
    expect(performance.now() - startedAt).toBeLessThan(WITHIN_MS)
    expect(await opened.sandbox.execute({ language, code: 'result(7)' })).toMatchObject({ status: 'ok', value: 7 })
  })
}

test('64 programs that once hung do not use the sandbox up, and it closes', async () => {
  const own = await openTestSandbox({ idleJavascript: 0 })
  const code = "import os\nos.write(3, b'\\xff' * 64)"
  const runs = await Promise.all(Array.from({ length: 64 }, () => own.sandbox.execute({ language: 'python', code })))
  expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(['error']))
  expect(await own.sandbox.execute({ language: 'python', code: 'result(7)' })).toMatchObject({ status: 'ok', value: 7 })
  const startedAt = performance.now()
  await own.close()
  expect(performance.now() - startedAt).toBeLessThan(10_000)
})
