import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bindArguments } from '../../src/agent/bind-arguments.ts'
import { HandaxeError } from '../../src/contracts/errors.ts'
import type { JsonObject, JsonValue } from '../../src/contracts/json.ts'
import type { InputFile } from '../../src/contracts/sandbox.ts'
import { borrowTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'

let opened: TestSandbox

beforeAll(async () => {
  opened = await borrowTestSandbox()
})
afterAll(() => opened.close())

const PRICES =
  'Date,Close,Volume,Traded,Code\n2024-01-02,185.5,100,True,007\n2024-01-03,,200,false,008\n2024-01-04,184,,TRUE,\n'

const FILES: InputFile[] = [
  { name: 'prices.csv', content: PRICES },
  { name: 'data.json', content: '{"a": [1, {"b": null}], "c": "ä"}' },
  { name: 'log.jsonl', content: '{"n": 1}\n{"n": 2}\n' },
  { name: 'notes.txt', content: 'Zwölf Äpfel\nund ein Brot' },
  { name: 'german.csv', content: Buffer.from('Datum;Preis\n01.02.2024;1.234,50\n02.02.2024;7\n', 'latin1') },
  { name: 'picture.csv', content: Buffer.from('89504e470d0a1a0a0000000d', 'hex') },
  { name: 'empty.csv', content: '' },
  { name: 'broken.json', content: '{"a": ' },
]

function bind(args: JsonObject, steps: Record<string, JsonValue> = {}): Promise<JsonObject> {
  return bindArguments(opened.sandbox, args, { files: FILES, stepValues: new Map(Object.entries(steps)) })
}

async function problemOf(args: JsonObject, steps: Record<string, JsonValue> = {}): Promise<string> {
  const error = await bind(args, steps).then(
    () => expect.unreachable('it was bound'),
    (caught: unknown) => caught,
  )
  if (!HandaxeError.isInstance(error)) throw error
  expect(error.code).toBe('invalid_arguments')
  return error.message
}

describe('what references stand for', () => {
  test('arguments without references stay as they are, and no sandbox is needed', async () => {
    const args = { a: 1, b: [null, 'x', { c: true }], d: {} }
    expect(await bind(args)).toEqual(args)
  })

  test('a column is a list: numbers are numbers, missing fields null, dates text, booleans booleans', async () => {
    const column = (name: string): JsonObject => ({ $column: { file: 'prices.csv', name } })
    const bound = await bind({
      date: column('Date'),
      close: column('Close'),
      volume: column('Volume'),
      traded: column('Traded'),
      code: column('Code'),
    })
    expect(bound).toEqual({
      date: ['2024-01-02', '2024-01-03', '2024-01-04'],
      close: [185.5, null, 184],
      volume: [100, 200, null],
      traded: [true, false, true],
      code: ['007', '008', null],
    })
  })

  test('columns and records, with and without names, anywhere in the arguments', async () => {
    const bound = await bind({
      nested: [{ deep: { $columns: { file: 'prices.csv', names: ['Volume', 'Date'] } } }],
      some: { $records: { file: 'prices.csv', names: ['Close'] } },
      all: { $records: { file: 'german.csv' } },
    })
    expect(bound).toEqual({
      nested: [{ deep: { Volume: [100, 200, null], Date: ['2024-01-02', '2024-01-03', '2024-01-04'] } }],
      some: [{ Close: 185.5 }, { Close: null }, { Close: 184 }],
      all: [
        { Datum: '01.02.2024', Preis: 1234.5 },
        { Datum: '02.02.2024', Preis: 7 },
      ],
    })
  })

  test('JSON, JSON lines, text and the path of a file', async () => {
    const bound = await bind({
      json: { $json: 'data.json' },
      lines: { $json: 'log.jsonl' },
      text: { $text: 'notes.txt' },
      path: { $file: 'picture.csv' },
    })
    expect(bound).toEqual({
      json: { a: [1, { b: null }], c: 'ä' },
      lines: [{ n: 1 }, { n: 2 }],
      text: 'Zwölf Äpfel\nund ein Brot',
      path: '/box/input/picture.csv',
    })
  })

  test('the value of a step, and a part of it', async () => {
    const steps = { s1: { mean: [1, 2], 'a b': null }, s2: 5 }
    const bound = await bind(
      { whole: { $step: 's2' }, part: { $step: 's1', path: 'mean[1]' }, none: { $step: 's1', path: '["a b"]' } },
      steps,
    )
    expect(bound).toEqual({ whole: 5, part: 2, none: null })
  })

  test('values that look like references are not bound a second time', async () => {
    const value = { $file: 'prices.csv' }
    expect(await bind({ a: { $step: 's1' } }, { s1: value })).toEqual({ a: value })
  })

  test('a column of 200,000 numbers is bound in seconds', async () => {
    const rows = Array.from({ length: 200_000 }, (_, index) => `2024-01-01,${index / 4}`)
    const files = [{ name: 'long.csv', content: `Date,Close\n${rows.join('\n')}\n` }]
    const args = { prices: { $column: { file: 'long.csv', name: 'Close' } } }
    const startedAt = performance.now()
    const { prices } = await bindArguments(opened.sandbox, args, { files, stepValues: {} })
    expect(performance.now() - startedAt).toBeLessThan(8000)
    expect(prices).toHaveLength(200_000)
    expect((prices as number[]).at(-1)).toBe(199_999 / 4)
  })
})

describe('what a model is told where a reference cannot be bound', () => {
  test('an unknown file: the files, and the likely one', async () => {
    const problem = await problemOf({ p: [{ $column: { file: 'price.csv', name: 'Close' } }] })
    expect(problem).toContain('p[0]: there is no file "price.csv" (did you mean "prices.csv"?)')
    expect(problem).toContain('"german.csv"')
  })

  test('an unknown column: the columns, the likely one first', async () => {
    expect(await problemOf({ p: { $column: { file: 'prices.csv', name: 'close' } } })).toBe(
      'p: prices.csv has no column "close". Did you mean "Close"? Its columns: "Close", "Code", "Date", "Volume", "Traded".',
    )
  })

  test('every reference that cannot be bound, each with its place', async () => {
    const problem = await problemOf(
      {
        a: { $step: 's9' },
        b: { c: { $step: 's1', path: 'median' } },
        d: { $json: 'broken.json' },
        e: { $column: { file: 'picture.csv', name: 'x' } },
        f: { $records: { file: 'empty.csv' } },
        g: { $records: { file: 'notes.txt' } },
      },
      { s1: { mean: 1 } },
    )
    const lines = problem.split('\n')
    expect(lines).toHaveLength(6)
    expect(lines[0]).toBe('a: there is no value of a step "s9"; there are values of s1')
    expect(lines[1]).toBe('b.c: the value of step s1 has nothing at "median"; it is {"mean":1}')
    expect(lines[2]).toMatch(/^d: broken\.json is not valid JSON: .*line 1/)
    expect(lines[3]).toContain('e: picture.csv is image/png, not a table; pass its path with {"$file": "picture.csv"}')
    expect(lines[4]).toBe('f: empty.csv is empty, not a table')
    expect(lines[5]).toContain('g: notes.txt is not a table')
  })

  test.each<[string, JsonObject]>([
    ['an unknown kind', { $sheet: 'x' }],
    ['two keys', { $file: 'prices.csv', extra: 1 }],
    ['a column without a name', { $column: { file: 'prices.csv' } }],
    ['a file that is no text', { $file: 3 }],
    ['names that are no list', { $columns: { file: 'prices.csv', names: 'Close' } }],
    ['a step that is no text', { $step: null }],
  ])('a malformed reference: %s', async (_, reference) => {
    expect(await problemOf({ p: { q: reference } })).toMatch(/^p\.q: /)
  })

  test('data that are larger than a value may be', async () => {
    const field = 'x'.repeat(1000)
    const content = `a,b\n${`${field},${field}\n`.repeat(20_000)}`
    const files = [{ name: 'wide.csv', content: content + content }]
    const bound = bindArguments(opened.sandbox, { p: { $records: { file: 'wide.csv' } } }, { files, stepValues: {} })
    await expect(bound).rejects.toThrow(/p: the data are too large .*\$file/)
  })
})
