import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Execution, ExecutionResult } from '../../src/contracts/sandbox.ts'
import { openTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'

let opened: TestSandbox

beforeAll(async () => {
  opened = await openTestSandbox({ idleJavascript: 3 })
})
afterAll(() => opened.close())

function run(code: string, extra: Partial<Execution> = {}): Promise<ExecutionResult> {
  return opened.sandbox.execute({ language: 'javascript', code, ...extra })
}

function call(code: string, args: Record<string, unknown> = {}, extra: Partial<Execution> = {}) {
  return run(code, { call: { function: 'run', arguments: args as never }, ...extra })
}

describe('programs', () => {
  test('an ES module with top-level await and modules of Node gives a value', async () => {
    const result = await run(
      `
      import { readFileSync } from 'node:fs'
      import { setTimeout as delay } from 'node:timers/promises'
      await delay(1)
      result({ text: readFileSync('/box/input/a.txt', 'utf8'), here: import.meta.filename })
    `,
      { inputs: [{ name: 'a.txt', content: 'hällo' }] },
    )
    expect(result).toMatchObject({ status: 'ok', value: { text: 'hällo', here: '/box/main.mjs' }, exitCode: 0 })
  })

  test('the last value that is given counts; none is no value', async () => {
    expect((await run('result(1); result(2)')).value).toBe(2)
    const none = await run('const a = 1')
    expect(none).toMatchObject({ status: 'ok' })
    expect(none.value).toBeUndefined()
    expect((await run('result(1); result(undefined)')).value).toBeUndefined()
  })

  test('timers and promises run to their end before the program is over', async () => {
    const result = await run("setTimeout(() => { console.log('later'); result('late') }, 30)")
    expect(result).toMatchObject({ status: 'ok', value: 'late', stdout: { head: 'later\n' } })
  })

  test('all output is there, in order, also of processes that it starts, also before an exit', async () => {
    const result = await run(`
      import { execSync } from 'node:child_process'
      console.log('one')
      execSync('echo two', { stdio: 'inherit' })
      process.stdout.write('x'.repeat(300_000) + '\\n')
      console.error('to stderr')
      console.log('end')
      process.exit(0)
    `)
    expect(result).toMatchObject({ status: 'ok', stderr: { head: 'to stderr\n' } })
    expect(result.stdout.totalBytes).toBe(4 + 4 + 300_001 + 4)
    expect(result.stdout.head).toMatch(/^one\ntwo\nx/)
    expect(result.stdout.tail).toMatch(/x\nend\n$/)
  })

  test('files that it writes are artifacts', async () => {
    const { artifacts } = await run("import fs from 'node:fs'; fs.writeFileSync('/box/output/a.csv', 'a,b\\n')")
    expect(artifacts).toMatchObject([{ name: 'a.csv', bytes: 4 }])
  })

  test('a one-liner waits for nothing: `bench -- sandbox` has the figure, this is a ceiling for a busy machine', async () => {
    const { usage } = await run('result(1 + 1)')
    expect(usage.wallMs).toBeLessThan(5000)
  })

  test('workers, child processes and Node itself can be started inside', async () => {
    const result = await run(`
      import { spawnSync } from 'node:child_process'
      import { Worker } from 'node:worker_threads'
      const worker = new Worker("require('node:worker_threads').parentPort.postMessage(5)", { eval: true })
      const fromWorker = await new Promise((resolve) => worker.once('message', resolve))
      result([fromWorker, spawnSync(process.execPath, ['-p', '1 + 1'], { encoding: 'utf8' }).stdout])
    `)
    expect(result).toMatchObject({ status: 'ok', value: [5, '2\n'] })
  })
})

describe('how it ends', () => {
  test('process.exit(0) after the value is an ordinary end; listeners of `exit` still run', async () => {
    const result = await run("process.on('exit', () => console.log('bye')); result(5); process.exit(0)")
    expect(result).toMatchObject({ status: 'ok', value: 5, stdout: { head: 'bye\n' } })
  })

  test.each([
    ['process.exit(3)', 3],
    ['process.exitCode = 4', 4],
    ['process.exit(137)', 137],
    ['setTimeout(() => process.exit(9), 5)', 9],
  ])('%s is an error with that exit code, and the value is not kept', async (statement, exitCode) => {
    const result = await run(`result(5); ${statement}`)
    expect(result).toMatchObject({ status: 'error', exitCode, signal: null, error: { type: 'ExitCode' } })
    expect(result.value).toBeUndefined()
  })

  test('a function that exits instead of returning has no result', async () => {
    expect(await call('export default () => process.exit(0)')).toMatchObject({ status: 'no-result', exitCode: 0 })
  })

  test.each([
    ['a top-level `await`', () => run('await new Promise(() => {})')],
    ['the promise of run()', () => call('export default () => new Promise(() => {})')],
  ])('%s that nothing can settle is an error and no timeout', async (what, start) => {
    const result = await start()
    expect(result.status).toBe('error')
    expect(result.error?.message).toContain(`waited for ${what}`)
    expect(result.usage.wallMs).toBeLessThan(5000)
  })
})

describe('calls', () => {
  test('the default export gets one object with the arguments', async () => {
    const code = 'export default async function volatility({ prices, window = 3 }) { return prices.length * window }'
    expect(await call(code, { prices: [1, 2] })).toMatchObject({ status: 'ok', value: 6 })
    expect(await call(code, { prices: [1, 2], window: 10 })).toMatchObject({ status: 'ok', value: 20 })
  })

  test('a named export is called by its name, before the default export', async () => {
    const code = 'export const run = ({ a }) => a + 1\nexport default () => "other"'
    expect((await call(code, { a: 1 })).value).toBe(2)
  })

  test('numbers beyond JSON, bytes and null arrive as what they are', async () => {
    const code = 'export default ({ a, b, c, d }) => [Number.isNaN(a), typeof b, c.toString(), d]'
    const args = { a: { $number: 'NaN' }, b: { $number: '12345678901234567890' }, c: { $bytes: 'YWI=' }, d: null }
    expect((await call(code, args)).value).toEqual([true, 'bigint', 'ab', null])
  })

  test('a function that gives nothing has no result; null is a result', async () => {
    expect(await call('export default () => {}')).toMatchObject({ status: 'no-result' })
    expect(await call('export default () => null')).toMatchObject({ status: 'ok', value: null })
  })

  test('code without the function says what to write', async () => {
    const result = await call('export const other = 1')
    expect(result.error?.message).toBe(
      "The code exports no function 'run': write `export default function run({ … }) { … }`.",
    )
  })
})

describe('CommonJS and sloppy code, as models write it', () => {
  test('require, module.exports, __dirname and require.main', async () => {
    const code = `
      const fs = require('fs')
      const path = require('path')
      if (require.main === module) console.log('main', __filename, __dirname)
      module.exports = ({ a }) => path.join(String(a), typeof fs.readFileSync)
    `
    expect(await call(code, { a: 1 })).toMatchObject({
      value: '1/function',
      stdout: { head: 'main /box/main.mjs /box\n' },
    })
  })

  test('exports.name, and require beside import and await', async () => {
    expect((await call('exports.run = ({ a }) => a + 1', { a: 1 })).value).toBe(2)
    const mixed =
      "import fs from 'node:fs'\nconst os = require('os')\nawait null\nresult([typeof fs.statSync, typeof os.cpus])"
    expect((await run(mixed)).value).toEqual(['function', 'function'])
  })

  test('names that are never declared, as in the scripts of long ago', async () => {
    expect((await run('for (i = 0; i < 3; i++) total = i\nresult(total)')).value).toBe(2)
    // Of a module that is an error.
    expect(await run('export const a = 1\ntotal = 1')).toMatchObject({
      status: 'error',
      error: { type: 'ReferenceError' },
    })
  })

  test('`await (…)` waits, whatever else the code could mean', async () => {
    expect((await run('const a = await (async () => 5)()\nresult(a)')).value).toBe(5)
    expect((await run('async function f() { return await 6 }\nf().then(result)')).value).toBe(6)
  })

  test('what only sloppy mode accepts runs once, as a script', async () => {
    expect((await run('with ({ a: 1 }) { console.log("once"); result(a + 010) }')).stdout.head).toBe('once\n')
    expect(await run('result(7)\nreturn 5')).toMatchObject({ status: 'ok', value: 7 })
  })
})

describe('TypeScript', () => {
  test('types, interfaces, generics and enums', async () => {
    const code = `
      interface Row { a: number; b?: string }
      type Pair<T> = [T, T]
      enum Side { Buy = 'buy', Sell = 'sell' }
      const total = <T extends Row>(rows: T[]): number => rows.reduce((sum: number, row) => sum + row.a, 0)
      const pair: Pair<number> = [1, total([{ a: 2 }])]
      result({ pair, side: Side.Sell } satisfies object)
    `
    expect(await run(code, { language: 'typescript' })).toMatchObject({
      status: 'ok',
      value: { pair: [1, 2], side: 'sell' },
    })
  })

  test('errors stand at the lines of the source, translated or not', async () => {
    const code = 'interface A {\n  a: string\n}\n\nfunction fail(): never {\n  throw new Error("no")\n}\nfail()'
    const plain = await run(code, { language: 'typescript' })
    expect(plain.error?.traceback).toMatch(/at fail \(\/box\/main\.ts:6:9\)\n.*\/box\/main\.ts:8:1/)
    const translated = await run(`enum E { A }\n${code}`, { language: 'typescript' })
    expect(translated.error?.traceback).toMatch(/at fail \(\/box\/main\.ts:7:\d+\)/)
  })

  test('TypeScript that calls itself JavaScript runs', async () => {
    expect((await run('const a: number = 5\nresult(a)')).value).toBe(5)
  })

  test('a call of a typed function', async () => {
    const code = 'export default function run({ a }: { a: number }): number { return a * 2 }'
    expect((await call(code, { a: 4 }, { language: 'typescript' })).value).toBe(8)
  })
})

describe('tools', () => {
  const TOOLS: Execution['tools'] = [
    {
      name: 'scaled_sum',
      language: 'javascript',
      function: 'scaledSum',
      code: "import { twice } from 'tools'\nexport const tool = {}\nexport default function scaledSum({ values }) { return values.reduce((sum, value) => sum + twice({ value }), 0) }",
    },
    { name: 'twice', language: 'javascript', function: 'default', code: 'export default ({ value }) => 2 * value' },
    { name: 'named', language: 'javascript', function: 'pick', code: 'export function pick({ a }) { return a }' },
    { name: 'mean', language: 'python', function: 'mean', code: 'def mean(values): return 1' },
    { name: 'delete', language: 'javascript', function: 'default', code: 'export default () => "deleted"' },
  ]

  test('are imported in snake_case and camelCase, and import each other', async () => {
    const code = `
      import tools, { scaled_sum, scaledSum, named, delete as remove } from 'tools'
      const { twice } = require('tools')
      result([scaled_sum({ values: [1, 2] }), scaled_sum === scaledSum, named({ a: 'x' }), twice({ value: 2 }), remove(), Object.keys(tools).length])
    `
    expect(await run(code, { tools: TOOLS })).toMatchObject({ status: 'ok', value: [6, true, 'x', 4, 'deleted', 6] })
  })

  test('of another language say where they can be called', async () => {
    const result = await run("import { mean } from 'tools'\nmean({ values: [] })", { tools: TOOLS })
    expect(result.error).toMatchObject({
      type: 'TypeError',
      message: expect.stringMatching(/'mean' is written in python/),
    })
  })

  test('that are not there, that export no function, that have a fault', async () => {
    const missing = await run("import { nothing } from 'tools'", { tools: TOOLS })
    expect(missing.error?.message).toContain("does not provide an export named 'nothing'")
    const empty = await run("import { a } from 'tools'", {
      tools: [{ name: 'a', language: 'javascript', function: 'a', code: 'export const b = 1' }],
    })
    expect(empty.error?.message).toBe("The tool 'a' exports no function: it needs `export default function`.")
    const faulty = await run("import { a } from 'tools'", {
      tools: [{ name: 'a', language: 'javascript', function: 'a', code: 'export default () => {\n  return 1 +* 2\n}' }],
    })
    expect(faulty.error).toMatchObject({
      type: 'SyntaxError',
      traceback: expect.stringMatching(/tools\/a\.mjs:2\n {2}return 1 \+\* 2/),
    })
    expect(await run("import { a } from 'tools'")).toMatchObject({ status: 'error' })
  })

  test('a program whose tool does not load is not run twice', async () => {
    const result = await run("console.log('once')\nrequire('tools').a()", {
      tools: [{ name: 'a', language: 'javascript', function: 'a', code: 'export default () => 1 +* 2' }],
    })
    expect(result).toMatchObject({ status: 'error', error: { type: 'SyntaxError' }, stdout: { head: 'once\n' } })
  })
})
