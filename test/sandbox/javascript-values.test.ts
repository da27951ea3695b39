import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonValue } from '../../src/contracts/json.ts'
import { openTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'

const entries = (...pairs: [string, JsonValue][]): JsonValue => ({ $entries: pairs })

let opened: TestSandbox

beforeAll(async () => {
  opened = await openTestSandbox({ idleJavascript: 3 })
})
afterAll(() => opened.close())

function run(code: string, limits = {}) {
  return opened.sandbox.execute({ language: 'javascript', code, limits })
}

describe('what becomes of values', () => {
  test.each<[string, JsonValue]>([
    ['null', null],
    ['-0', 0],
    ['0.1 + 0.2', 0.300_000_000_000_000_04],
    ['1e308 * 10', { $number: 'Infinity' }],
    ['[NaN, -Infinity]', [{ $number: 'NaN' }, { $number: '-Infinity' }]],
    ['[10n, -9007199254740993n]', [10, { $number: '-9007199254740993' }]],
    ['{ a: undefined, b: () => 1, c: Symbol("x"), d: null }', { d: null }],
    ['[undefined, () => 1, Symbol("x")]', [null, null, null]],
    ['[1, , 3]', [1, null, 3]],
    ['new Date(0)', '1970-01-01T00:00:00.000Z'],
    ['new Date(NaN)', null],
    ['new Map([[2, new Map([["b", null]])], ["a", 1]])', { 2: { b: null }, a: 1 }],
    [
      'new Map([[{ k: 1 }, 1], ["a", undefined]])',
      [
        [{ k: 1 }, 1],
        ['a', null],
      ],
    ],
    ['new Map([["b", 1], [2021, 2], [2019, 3]])', entries(['b', 1], ['2021', 2], ['2019', 3])],
    ['new Map([[2019, 1], ["2021", 2], ["x", undefined]])', { 2019: 1, 2021: 2 }],
    ['new Map([["4294967295", 1], ["01", 2], ["-1", 3]])', { 4294967295: 1, '01': 2, '-1': 3 }],
    ['[{ $entries: 1 }]', [entries(['$entries', 1])]],
    ['new Set([1, "a", undefined])', [1, 'a', null]],
    ['new Float64Array([1.5, NaN])', [1.5, { $number: 'NaN' }]],
    ['new BigInt64Array([1n])', [1]],
    ['Buffer.from("ab")', { $bytes: 'YWI=' }],
    ['new Uint8Array([1, 2]).buffer', { $bytes: 'AQI=' }],
    ['new TypeError("bad")', { name: 'TypeError', message: 'bad' }],
    ['/a"b/g', '/a"b/g'],
    ['new URL("http://a.example/b")', 'http://a.example/b'],
    ['[new Number(3), new String("x"), new Boolean(false)]', [3, 'x', false]],
    ['Object.create({ inherited: 1 }, { own: { value: 2, enumerable: true } })', { own: 2 }],
    ['new (class Point { x = 1; #secret = 2; get y() { return 3 } })()', { x: 1 }],
    ['{ toJSON() { return [1] } }', [1]],
    ['"quote \\" line \\n \\u2028 ü 😀"', 'quote " line \n \u2028 ü 😀'],
    ['"\\ud800"', '\ufffd'],
    ['{ "__proto__": 1, constructor: 2, "": 3 }', { constructor: 2, '': 3 }],
    ['(() => { const shared = [1]; return [shared, shared] })()', [[1], [1]]],
  ])('%s', async (expression, value) => {
    const result = await run(`result(${expression.startsWith('{') ? `(${expression})` : expression})`)
    expect(result).toMatchObject({ status: 'ok' })
    // As text: the order counts.
    expect(JSON.stringify(result.value)).toBe(JSON.stringify(value))
    expect(result).not.toHaveProperty('notes')
  })

  test.each<[string, JsonValue, string]>([
    [
      'new Map([[1, "a"], ["1", "b"]])',
      [
        [1, 'a'],
        ['1', 'b'],
      ],
      '1',
    ],
    [
      'new Map([[undefined, 1], ["undefined", 2], [NaN, 3]])',
      [
        [null, 1],
        ['undefined', 2],
        [{ $number: 'NaN' }, 3],
      ],
      'undefined',
    ],
    [
      'new Map([[true, 1], ["true", undefined]])',
      [
        [true, 1],
        ['true', null],
      ],
      'true',
    ],
    [
      'new Map([[9007199254740993n, 1], ["9007199254740993", 2]])',
      [
        [{ $number: '9007199254740993' }, 1],
        ['9007199254740993', 2],
      ],
      '9007199254740993',
    ],
    [
      'new Map([[Symbol("s"), 1], [Symbol("s"), 2]])',
      [
        [null, 1],
        [null, 2],
      ],
      'Symbol(s)',
    ],
  ])('keys that are the same as text lose no value: %s', async (expression, value, same) => {
    const result = await run(`result([${expression}])`)
    expect(result.value).toEqual([value])
    expect(result.notes).toEqual([`keys of a map are the same as text (${same}): they are given as [key, value] pairs`])
  })

  test('labels that differ in a broken character only lose no value', async () => {
    const { value } = await run('result({ "\\ud800": 1, "\\ud801": 2 })')
    expect(value).toEqual([
      ['\ufffd', 1],
      ['\ufffd', 2],
    ])
  })

  test('only the notes of the last value count', async () => {
    expect(await run('result(new Map([[1, 1], ["1", 2]])); result(5)')).not.toHaveProperty('notes')
  })

  test('a function gets an object in its own order as an object', async () => {
    const given = entries(['b', 1], ['2021', { $number: '12345678901234567890' }])
    const { value } = await opened.sandbox.execute({
      language: 'javascript',
      code: 'export default function f({ x }) { return [Object.keys(x), x[2021] + 1n] }',
      call: { function: 'f', arguments: { x: given } },
    })
    expect(value).toEqual([['2021', 'b'], { $number: '12345678901234567891' }])
  })
})

describe('what cannot leave the sandbox', () => {
  test.each([
    ['a circle', 'const a = {}; a.list = [{ a }]; result(a)', /contains itself/],
    ['a function', 'result(() => 1)', /is a function/],
    ['a promise', 'result(Promise.resolve(1))', /is a promise.*await/],
    ['a promise inside', 'result({ a: [Promise.resolve(1)] })', /has one inside/],
    ['great depth', 'let a = []; for (let i = 0; i < 1e5; i++) a = [a]; result(a)', /nested deeper than 200/],
    ['a getter that throws', 'result({ get a() { throw new TypeError("mine") } })', /mine/],
    ['a proxy that throws', 'result(new Proxy({}, { ownKeys() { throw new TypeError("mine") } }))', /mine/],
    ['a toJSON that throws', 'result({ toJSON() { throw new TypeError("mine") } })', /mine/],
  ])('%s is an error that says so, at the line that gave it', async (_, code, message) => {
    const { status, error } = await run(`\n${code}`)
    expect(status).toBe('error')
    expect(error?.message).toMatch(message)
    expect(error?.traceback).toContain('/box/main.mjs:2:')
  })

  test.each([
    ['a long text', 'result("x".repeat(2000))'],
    ['a long list', 'result(Array.from({ length: 1000 }, (_, i) => i))'],
    ['four billion holes', 'result(new Array(4e9))'],
    ['many keys', 'result(Object.fromEntries(Array.from({ length: 500 }, (_, i) => ["key" + i, i])))'],
    ['many bytes', 'result(Buffer.alloc(1e6))'],
    ['text of many bytes in few characters', 'result("€".repeat(400))'],
    ['a tree that shares its parts', 'let a = [1]; for (let i = 0; i < 60; i++) a = [a, a]; result(a)'],
  ])('%s beyond the limit of the value', async (_, code) => {
    const { status, error, usage } = await run(code, { valueBytes: 1000 })
    expect(status).toBe('error')
    expect(error).toMatchObject({ type: 'RangeError', message: expect.stringContaining('larger than 1000 bytes') })
    expect(usage.wallMs).toBeLessThan(5000)
  })

  test('a value of exactly the limit is given', async () => {
    const result = await run('result("x".repeat(998))', { valueBytes: 1000 })
    expect(result.status).toBe('ok')
    expect((await run('result("x".repeat(999))', { valueBytes: 1000 })).status).toBe('error')
  })
})

describe('programs that change the language', () => {
  const PATCHES = `
    const map = new Map([['k', 1]])
    JSON.stringify = () => 'nonsense'
    JSON.parse = () => { throw new Error('patched') }
    for (const name of ['push', 'map', 'join', 'slice', 'forEach', 'find']) Array.prototype[name] = () => { throw new Error('patched') }
    for (const name of ['replace', 'split', 'indexOf', 'slice', 'startsWith']) String.prototype[name] = () => { throw new Error('patched') }
    Array.prototype[Symbol.iterator] = () => { throw new Error('patched') }
    Object.keys = () => []
    Buffer.from = Buffer.alloc = Buffer.byteLength = () => 1
    Promise.prototype.then = () => { throw new Error('patched') }
    Map.prototype.forEach = Set.prototype.add = Set.prototype.has = () => { throw new Error('patched') }
    process.exit = process.reallyExit = () => {}
    Error.prepareStackTrace = () => 5
    Number.isFinite = () => false
    globalThis.String = globalThis.Set = undefined
  `

  test('still give their value', async () => {
    expect(await run(`${PATCHES}\nresult({ a: [1, 'x'], map })`)).toMatchObject({
      status: 'ok',
      value: { a: [1, 'x'], map: { k: 1 } },
    })
  })

  test('still tell their error', async () => {
    expect((await run(`${PATCHES}\nthrow new TypeError('real')`)).error).toMatchObject({
      type: 'TypeError',
      message: 'real',
    })
  })

  test('prototype pollution stays inside', async () => {
    const result = await run(
      'Object.prototype.polluted = 1; result(JSON.parse(\'{"__proto__": {"polluted": 2}, "a": 1}\'))',
    )
    expect(result.value).toEqual({
      $entries: [
        ['__proto__', { polluted: 2 }],
        ['a', 1],
      ],
    })
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(Object.getPrototypeOf(result.value)).toBe(Object.prototype)
  })
})
