import { afterAll, beforeAll, expect } from 'vitest'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { testAttacks, type Attack } from '../support/attack.ts'
import { testItem } from '../support/invariants.ts'

const MIB = 1024 * 1024
let opened: TestSandbox

beforeAll(async () => {
  opened = await openTestSandbox({ idleJavascript: 2, idlePython: 1 })
})
afterAll(() => opened.close())

/** Names of errors of several acts, as the value. */
const errorsOf = (...acts: string[]) =>
  `const found = []\nfor (const act of [${acts.map((act) => `() => ${act}`).join(', ')}]) { try { await act(); found.push('done') } catch (error) { found.push(error.code ?? error.message) } }\nresult(found)\n`
const FS = "import * as fs from 'node:fs'\n"

const FILES: Attack[] = [
  {
    id: 'F3',
    title: 'links among the artifacts are dropped, the others are delivered',
    code: `${FS}
for (const [name, target] of [['passwd', '/etc/passwd'], ['environ', '/proc/self/environ'], ['up', '../../x'], ['dangling', '/nowhere'], ['loop', 'loop']])
  fs.symlinkSync(target, '/box/output/' + name)
fs.writeFileSync('/box/output/good.txt', 'good')
`,
    expect(result) {
      expect(result.artifacts.map(({ name }) => name)).toEqual(['good.txt'])
      expect(result.droppedArtifacts).toHaveLength(5)
      for (const { reason } of result.droppedArtifacts) expect(reason).toBe('not-regular')
    },
  },
  {
    id: 'F4',
    title: 'a folder that became a link is dropped',
    code: `${FS}
fs.mkdirSync('/box/output/a')
fs.writeFileSync('/box/output/a/file', 'x')
fs.renameSync('/box/output/a', '/box/output/b')
fs.symlinkSync('/etc', '/box/output/a')
`,
    expect(result) {
      expect(result.artifacts.map(({ name }) => name)).toEqual(['b/file'])
      expect(result.droppedArtifacts).toEqual([{ name: 'a', reason: 'not-regular' }])
    },
  },
  {
    id: 'F5',
    title: 'a process that swaps an artifact for a link while it is collected is dead before',
    code: `${FS}import { spawn } from 'node:child_process'
fs.writeFileSync('/box/output/a', Buffer.alloc(5_000_000, 'x'))
spawn('sh', ['-c', 'cd /box/output; while :; do mv a b; ln -s /etc/passwd a; rm a; mv b a; done'], { detached: true, stdio: 'ignore' }).unref()
`,
    expect(result) {
      expect(result.status).toBe('ok')
      for (const { bytes } of result.artifacts) expect(bytes).toBe(5_000_000)
      expect(result.artifacts.length).toBeLessThanOrEqual(1)
    },
  },
  {
    id: 'F6',
    title: 'a FIFO as artifact neither blocks nor arrives',
    code: "import { execFileSync } from 'node:child_process'\nexecFileSync('mkfifo', ['/box/output/fifo'])\n",
    expect(result) {
      expect(result.artifacts).toEqual([])
      expect(result.droppedArtifacts).toEqual([{ name: 'fifo', reason: 'not-regular' }])
    },
    withinMs: 10_000,
  },
  {
    id: 'F7',
    title: 'a hard link to a file of the system cannot be made',
    code: FS + errorsOf("fs.linkSync('/usr/bin/env', '/box/x')", "fs.linkSync('/etc/passwd', '/box/output/x')"),
    expect: (result) => expect(result.value).toEqual(['EXDEV', 'EXDEV']),
  },
  {
    id: 'F8',
    title: 'sparse files are refused by their size',
    code: `${FS}
for (const name of ['large', 'other']) { fs.writeFileSync('/box/output/' + name, ''); fs.truncateSync('/box/output/' + name, 60 << 20) }
${errorsOf("fs.truncateSync('/box/output/large', 2 ** 50)")}
`,
    expect(result) {
      expect(result.value).toEqual(['EFBIG'])
      expect(result.artifacts.map(({ name }) => name)).toEqual(['large'])
      expect(result.droppedArtifacts).toEqual([{ name: 'other', reason: 'too-large' }])
    },
  },
  {
    id: 'F9',
    title: 'a million files end at the number of inodes',
    code: `${FS}
let made = 0
try { for (; made < 1_000_000; made++) fs.writeFileSync('/box/output/' + made, '') } catch (error) { result([made < 1000, error.code]) }
`,
    expect(result) {
      expect(result.value).toEqual([true, 'ENOSPC'])
      expect(result.artifacts).toHaveLength(256)
    },
    withinMs: 20_000,
  },
  {
    id: 'F10',
    title: 'the writable places end at their size',
    code: `${FS}
const piece = Buffer.alloc(1 << 20, 'x')
${errorsOf(...['/tmp/a', '/box/b', '/dev/shm/c'].map((path) => `{ const file = fs.openSync('${path}', 'w'); for (let i = 0; i < 1000; i++) fs.writeSync(file, piece) }`))}
`,
    execution: { limits: { temporaryBytes: 64 * MIB } },
    expect: (result) => expect(result.value).toEqual(Array(3).fill(expect.stringMatching(/EFBIG|ENOSPC/))),
  },
  {
    id: 'F17',
    title: 'file names that would confuse anybody are dropped, and what is told of them can be printed',
    code: `${FS}
for (const name of [Buffer.from('a\\nb'), Buffer.from([0xff, 0xfe]), Buffer.from('\\x1b[31mred'), Buffer.from('-rf'), Buffer.from('\\u202egnp.exe')])
  fs.writeFileSync(Buffer.concat([Buffer.from('/box/output/'), name]), '')
`,
    expect(result) {
      expect(result.artifacts.map(({ name }) => name)).toEqual(['-rf'])
      expect(result.droppedArtifacts.map(({ reason }) => reason)).toEqual(Array(4).fill('unsafe-name'))
      for (const { name } of result.droppedArtifacts) expect(name).toMatch(/^[\p{L}\p{N}\p{P}\p{S} \ufffd]*$/u)
    },
  },
  {
    id: 'F20',
    title: 'no other process leads outside',
    code: `${FS}result([process.ppid, fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)), fs.readdirSync('/proc/1/root').includes('slots')])\n`,
    expect: (result) => expect(result.value).toEqual([0, ['1'], false]),
  },
]

const REST: Attack[] = [
  {
    id: 'P12',
    title: 'no higher priority',
    code: "import os from 'node:os'\n" + errorsOf('os.setPriority(-5)'),
    expect: (result) => expect(result.value).toEqual(['ERR_SYSTEM_ERROR']),
  },
  {
    id: 'M3',
    title: 'files in memory count',
    needs: 'cgroups',
    code: `${FS}fs.writeFileSync('/dev/shm/x', Buffer.alloc(100 << 20, 'x'))\nresult('written')\n`,
    execution: { limits: { memoryBytes: 128 * MIB } },
    expect: (result) => expect(['out-of-memory', 'error']).toContain(result.status),
  },
  {
    id: 'M5',
    title: 'kernel objects end at the number of open files',
    code: `${FS}let made = 0\ntry { for (;;) { fs.openSync('/dev/null'); made++ } } catch (error) { result([made < 256, error.code]) }\n`,
    expect: (result) => expect(result.value).toEqual([true, 'EMFILE']),
  },
  {
    id: 'R5',
    title: 'numbers that JSON cannot hold have a defined form',
    code: "result([NaN, Infinity, -Infinity, 2n ** 60n, '\\ud800x', '\\ufeff'])\n",
    expect: (result) =>
      expect(result.value).toEqual([
        { $number: 'NaN' },
        { $number: 'Infinity' },
        { $number: '-Infinity' },
        { $number: '1152921504606846976' },
        '\ufffdx',
        '\ufeff',
      ]),
  },
  {
    id: 'R6',
    title: 'a function is refused as a value',
    code: 'result(() => {})\n',
    expect: (result) => expect(result).toMatchObject({ status: 'error', error: { type: 'TypeError' } }),
  },
  {
    id: 'R16',
    title: 'timers that print after the result are not waited for',
    code: "setInterval(() => console.log('x'), 1)\nresult(1)\nawait new Promise((resolve) => setTimeout(resolve, 50))\nprocess.exit(0)\n",
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: 1 }),
    withinMs: 10_000,
  },
  ...[
    ['NUL in the source', 'const x = 1\0'],
    ['an unfinished program', 'function f( {'],
    ['nesting beyond the parser', '('.repeat(100_000)],
  ].map(([title, code]): Attack => ({
    id: 'R20',
    title: `${title} is an error of the program`,
    code: code as string,
    neverRuns: true,
    expect: (result) => expect(['error', 'killed']).toContain(result.status),
    withinMs: 15_000,
  })),
  {
    id: 'R21',
    title: 'the caller ends an execution under way',
    code: "console.log('started')\nsetInterval(() => {}, 1000)\n",
    get execution() {
      const controller = new AbortController()
      return {
        signal: controller.signal,
        onOutput: (_: string, text: string) => void (text.includes('started') && controller.abort()),
      }
    },
    expect: (result) => expect(result).toMatchObject({ status: 'killed', error: { type: 'Aborted' } }),
    withinMs: 10_000,
  },
  {
    id: 'X4',
    title: 'files with credentials are absent',
    code:
      FS +
      errorsOf(
        ...['/root/.netrc', '/root/.npmrc', '/box/.aws/credentials', '/box/.docker/config.json', '/etc/npmrc'].map(
          (path) => `fs.statSync('${path}')`,
        ),
      ),
    expect: (result) => expect(result.value).toEqual(Array(5).fill('ENOENT')),
  },
  {
    id: 'X8',
    title: 'the machine has a neutral name',
    code: "import os from 'node:os'\nresult([os.hostname(), os.userInfo().username, process.getuid()])\n",
    expect: (result) => expect(result.value).toEqual(['sandbox', 'sandbox', 1000]),
  },
]

testAttacks(
  () => opened,
  [...FILES, ...REST].map((attack) => Object.defineProperty(attack, 'language', { value: 'javascript' })),
)

testItem(
  'S1: random numbers differ between executions of JavaScript',
  () => opened,
  async ({ javascript }) => {
    const code =
      "import { randomBytes, randomUUID } from 'node:crypto'\nresult([Math.random(), randomUUID(), randomBytes(8).toString('hex')])"
    const values = (await Promise.all([javascript(code), javascript(code)])).map(({ value }) => value as unknown[])
    for (let index = 0; index < 3; index++) expect(values[0]?.[index]).not.toBe(values[1]?.[index])
  },
)

testItem(
  'S3, S4, S8: what one JavaScript leaves is gone in the next',
  () => opened,
  async ({ javascript }) => {
    const poison = await javascript(`
import { writeFileSync } from 'node:fs'
JSON.stringify = () => 'evil'
Array.prototype.map = () => 'evil'
process.env.EVIL = '1'
process.chdir('/tmp')
globalThis.used = true
for (const path of ['/tmp/x', '/box/x', '/dev/shm/x', '/box/output/x']) writeFileSync(path, 'x')
`)
    expect(poison.status).toBe('ok')
    const next = await javascript(`
import { existsSync } from 'node:fs'
result([[1].map((x) => x + 1), process.env.EVIL ?? null, process.cwd(), globalThis.used ?? null, process.pid,
  ['/tmp/x', '/box/x', '/dev/shm/x', '/box/output/x'].some((path) => existsSync(path))])`)
    expect(next.value).toEqual([[2], null, '/box', null, 1, false])
  },
)

testItem(
  'S7: the memory of the next JavaScript holds nothing of the one before',
  () => opened,
  async ({ javascript }) => {
    await javascript(`const secret = 'marker-${Math.random()}'\nconsole.log(secret)\nresult(secret)`)
    const next = await javascript(`
import { openSync, readFileSync, readSync } from 'node:fs'
const memory = openSync('/proc/self/mem', 'r')
const needle = Buffer.from('marker' + '-0.')
let found = 0
for (const line of readFileSync('/proc/self/maps', 'latin1').split('\\n')) {
  const [, from, to, rights] = /^([0-9a-f]+)-([0-9a-f]+) (\\S+)/.exec(line) ?? []
  if (!rights?.startsWith('rw') || line.includes('[stack')) continue
  const bytes = Math.min(Number('0x' + to) - Number('0x' + from), 8 << 20)
  const buffer = Buffer.alloc(bytes)
  try { readSync(memory, buffer, 0, bytes, BigInt('0x' + from)) } catch { continue }
  for (let at = buffer.indexOf(needle); at !== -1; at = buffer.indexOf(needle, at + 1))
    if (/^[0-9]{6}/.test(buffer.toString('latin1', at + needle.length, at + needle.length + 8))) found++
}
result(found)`)
    expect(next).toMatchObject({ status: 'ok', value: 0 })
  },
)

testItem(
  'C9: a value of JavaScript at the deadline is whole, or there is a timeout without a value',
  () => opened,
  async ({ javascript }) => {
    for (const delayMs of [380, 400, 420]) {
      const code = `await new Promise((resolve) => setTimeout(resolve, ${delayMs}))\nresult('value')`
      const result = await javascript(code, { wallMs: 400 })
      expect(['ok', 'timeout']).toContain(result.status)
      expect(result.value).toBe(result.status === 'ok' ? 'value' : undefined)
    }
  },
)
