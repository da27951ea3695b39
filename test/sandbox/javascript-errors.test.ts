import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExecutionError, ExecutionLanguage } from '../../src/contracts/sandbox.ts'
import { openTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'

let opened: TestSandbox

beforeAll(async () => {
  opened = await openTestSandbox({ idleJavascript: 3 })
})
afterAll(() => opened.close())

async function errorOf(code: string, language: ExecutionLanguage = 'javascript'): Promise<ExecutionError> {
  const { status, error } = await opened.sandbox.execute({ language, code })
  expect(status).toBe('error')
  return error ?? expect.unreachable('there is no error')
}

describe('what was thrown', () => {
  test('an error with its place and its causes, without a path of the harness or the host', async () => {
    const error = await errorOf(
      'function inner() {\n  throw new RangeError("bad", { cause: new Error("why") })\n}\ninner()',
    )
    expect(error).toMatchObject({ type: 'RangeError', message: 'bad' })
    expect(error.traceback).toMatch(
      /^RangeError: bad\n {4}at inner \(\/box\/main\.mjs:2:9\)\n {4}at .*\/box\/main\.mjs:4:1\)?\n/,
    )
    expect(error.traceback).toContain('Caused by: Error: why\n    at inner')
    expect(error.traceback).not.toMatch(/node:|file:|\/opt\/|guest/)
  })

  test.each<[string, string, string]>([
    ['throw null', 'null', 'null'],
    ['throw undefined', 'undefined', 'undefined'],
    ['throw "boom"', 'string', 'boom'],
    ['throw 42', 'number', '42'],
    ['throw { code: 3, get x() { throw 1 } }', 'Object', '{ code: 3, x: [Getter] }'],
    ['class MyError extends Error {}; throw new MyError("mine")', 'MyError', 'mine'],
    ['const e = new Error("x"); e.name = "Custom"; throw e', 'Custom', 'x'],
    ['throw Object.create(Error.prototype, { message: { get() { throw 1 } }, name: { value: {} } })', 'Error', ''],
    ['throw new Proxy(new Error("x"), { get() { throw 1 } })', 'Error', ''],
    ['Promise.reject(new Error("unhandled"))', 'Error', 'unhandled'],
    ['setTimeout(() => { throw new TypeError("late") }, 5)', 'TypeError', 'late'],
    ['throw new AggregateError([new Error("first")], "several")', 'AggregateError', 'several'],
    ['missing()', 'ReferenceError', 'missing is not defined'],
    ['JSON.parse("{")', 'SyntaxError', "Expected property name or '}' in JSON at position 1 (line 1 column 2)"],
  ])('%s', async (code, type, message) => {
    const error = await errorOf(code)
    expect(error.type).toBe(type)
    if (message !== '') expect(error.message).toBe(message)
  })

  test('an error that the program handles itself is none', async () => {
    const code =
      "process.on('uncaughtException', (error) => result(error.message)); setTimeout(() => { throw new Error('mine') })"
    expect(await opened.sandbox.execute({ language: 'javascript', code })).toMatchObject({
      status: 'ok',
      value: 'mine',
    })
  })

  test('messages, names and tracebacks of megabytes are cut', async () => {
    const error = await errorOf('const e = new Error("x".repeat(5e6)); e.name = "n".repeat(5e6); throw e')
    expect(error.message.length).toBeLessThan(10_000)
    expect(error.type.length).toBeLessThanOrEqual(201)
    expect(error.traceback.length).toBeLessThan(40_000)
    const deep = await errorOf('function f() { f() }\nf()')
    expect(deep).toMatchObject({ type: 'RangeError', message: 'Maximum call stack size exceeded' })
  })

  test('a chain of causes in a circle ends', async () => {
    const error = await errorOf(
      'const a = new Error("a"); const b = new Error("b", { cause: a }); a.cause = b; throw a',
    )
    expect(error.traceback.match(/Caused by/g)?.length).toBeLessThan(10)
  })

  test('a getter that never ends meets the time limit', async () => {
    const result = await opened.sandbox.execute({
      language: 'javascript',
      code: 'throw Object.defineProperty(new Error("x"), "message", { get() { for (;;); } })',
      limits: { wallMs: 500 },
    })
    expect(result.status).toBe('timeout')
    expect(result.usage.wallMs).toBeLessThan(3000)
  })
})

describe('syntax errors name the line and show it', () => {
  test.each<[string, ExecutionLanguage, string, RegExp]>([
    [
      'an unexpected token',
      'javascript',
      'const a = 1\nconst x = ;\n',
      /^\/box\/main\.mjs:2\nconst x = ;\n {10}\^\n\nSyntaxError: Unexpected token ';'/,
    ],
    [
      'a name twice',
      'javascript',
      "import fs from 'fs'\nconst a = 1\nconst a = 2\n",
      /^\/box\/main\.mjs:3\nconst a = 2\n[^]*'a' has already been declared/,
    ],
    [
      'an unclosed brace',
      'javascript',
      'function f() {\n  return 1\n',
      /^\/box\/main\.mjs:\d[^]*Unexpected end of input/,
    ],
    [
      'in TypeScript',
      'typescript',
      'const a: number = 1\nconst b: number = ;\n',
      /^\/box\/main\.ts:2\n[^]*const b: number = ;\n +\^\n[^]*Expression expected/,
    ],
    [
      'a name twice in TypeScript',
      'typescript',
      'const a: number = 1\nconst a: number = 2\n',
      /^\/box\/main\.ts:2\nconst a +=? ?/,
    ],
    [
      'a package that is not there',
      'javascript',
      "import _ from 'lodash'\n",
      /Cannot find package 'lodash' imported from \/box\/main\.mjs/,
    ],
    ['a file that is not there', 'javascript', "import './other.mjs'\n", /Cannot find module '\/box\/other\.mjs'/],
    ['prose', 'javascript', 'Here is your code!\n', /^\/box\/main\.mjs:1\nHere is your code!\n/],
  ])('%s', async (_, language, code, pattern) => {
    expect((await errorOf(code, language)).traceback).toMatch(pattern)
  })

  test.each([
    ['nothing', '', 'ok'],
    ['a byte order mark', '\ufeffresult(1)', 'ok'],
    ['CRLF', 'const a = 1\r\nresult(a)\r\n', 'ok'],
    ['a hash-bang', '#!/usr/bin/env node\nresult(1)', 'ok'],
    ['a NUL character', 'result(1)\0', 'error'],
    ['deep nesting', `x = ${'['.repeat(200_000)}`, 'error'],
    ['ten megabytes', `result(${'1+'.repeat(5_000)}1) //${'x'.repeat(10_000_000)}`, 'ok'],
  ])('odd sources: %s', async (_, code, status) => {
    const result = await opened.sandbox.execute({ language: 'javascript', code })
    expect(result.status).toBe(status)
    expect(result.usage.wallMs).toBeLessThan(10_000)
  })
})
