import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bindArguments } from '../../src/agent/bind-arguments.ts'
import { inspectInputs } from '../../src/agent/inspect-inputs.ts'
import type { JsonObject, JsonValue } from '../../src/contracts/json.ts'
import type { InspectedFile } from '../../src/contracts/run.ts'
import { borrowTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'

interface Case {
  content: string
  types: Record<string, string>
  values: Record<string, JsonValue[]>
  notes: (string | RegExp)[]
}

const commas = (...names: string[]): string =>
  `column${names.length > 1 ? 's' : ''} ${names.map((name) => `'${name}'`).join(', ')} ${names.length > 1 ? 'have' : 'has'} decimal commas (pandas: decimal=',', thousands='.')`

const CASES: Record<string, Case> = {
  'decimal commas in one column decide of dots in another': {
    content: 'a;b\n1.500;1,5\n2.000;2,25\n12.750;3,125\n',
    types: { a: 'integer', b: 'number' },
    values: { a: [1500, 2000, 12750], b: [1.5, 2.25, 3.125] },
    notes: [commas('a', 'b')],
  },
  'decimal commas in amounts decide as well': {
    content: 'menge;preis\n1.500;2,50 €\n12.000;3,00 €\n',
    types: { menge: 'integer', preis: 'text' },
    values: { menge: [1500, 12000], preis: ['2,50 €', '3,00 €'] },
    notes: [
      commas('menge'),
      "column 'preis' has amounts with a currency sign, decimal comma: text until it is converted",
    ],
  },
  'decimal points in one column decide of commas in another': {
    content: 'a,b\n"1,500",0.5\n"12,750",1.25\n',
    types: { a: 'integer', b: 'number' },
    values: { a: [1500, 12750], b: [0.5, 1.25] },
    notes: ["column 'a' has commas between thousands (pandas: thousands=',')"],
  },
  'a proof may stand in the last row only': {
    content: `a;b\n${'1.500;x\n'.repeat(3000)}1.500,5;y\n`,
    types: { a: 'number', b: 'text' },
    values: {},
    notes: [commas('a')],
  },
  'what nothing decides is told': {
    content: 'a,b\n1.500,x\n12.750,y\n',
    types: { a: 'number', b: 'text' },
    values: { a: [1.5, 12.75] },
    notes: [
      "column 'a' has numbers such as '1.500' that can be 1.5 or 1500: nothing in the file says which; it is read as 1.5 here",
    ],
  },
  'columns that contradict one another are told': {
    content: 'a;b;c\n1.5;1,5;1.500\n2.25;2,25;2.500\n',
    types: { a: 'number', b: 'number', c: 'number' },
    values: { a: [1.5, 2.25], b: [1.5, 2.25] },
    notes: [
      /^numbers are written in two ways: decimal points in column 'a' \('1\.5'\)/,
      commas('b'),
      /^column 'c' has numbers such as '1\.500'/,
    ],
  },
  'a column that contradicts itself stays text': {
    content: 'a;b\n1.234,5;x\n1,234.5;y\n',
    types: { a: 'text', b: 'text' },
    values: { a: ['1.234,5', '1,234.5'] },
    notes: [/^column 'a' has decimal points \('1,234\.5'\) and decimal commas \('1\.234,5'\): it is kept as text/],
  },
  'Swiss, Indian and French thousands': {
    content: "ch;in;fr\n1'234.50;12,34,567.89;12\u202f345\n2'000;1,23,456;1\u00a0234\u00a0567\n",
    types: { ch: 'number', in: 'number', fr: 'integer' },
    values: { ch: [1234.5, 2000], in: [1234567.89, 123456], fr: [12345, 1234567] },
    notes: [
      /^column 'ch' has apostrophes.*thousands="'"/,
      /^column 'in' has commas.*thousands=','/,
      /^column 'fr' has blanks between thousands/,
    ],
  },
  'blanks between thousands beside decimal commas': {
    content: 'n;x\n1 234,50;a\n12 345 678,5;b\n',
    types: { n: 'number', x: 'text' },
    values: { n: [1234.5, 12345678.5] },
    notes: ["column 'n' has decimal commas (pandas: decimal=',', thousands=' ')"],
  },
  'the minus sign behind, and the long one': {
    content: 'a;b\n1.234,50-;\u22122,5\n2,00;3\n',
    types: { a: 'number', b: 'number' },
    values: { a: [-1234.5, 2], b: [-2.5, 3] },
    notes: [commas('a', 'b'), /^column 'a' has the minus sign behind/],
  },
  'years and codes are what they are': {
    content: 'year;zip;value\n2023;01500;1,5\n2024;02500;2,5\n',
    types: { year: 'integer', zip: 'text', value: 'number' },
    values: { year: [2023, 2024], zip: ['01500', '02500'] },
    notes: [/^column 'zip' is kept as text: digits with leading zeros/, commas('value')],
  },
  'percent and brackets stay text, with their decimal sign': {
    content: 'p;b\n7,5 %;(1,50)\n10 %;3\n',
    types: { p: 'text', b: 'text' },
    values: { p: ['7,5 %', '10 %'] },
    notes: [/'p' has numbers with a percent sign, decimal comma/, /'b' has numbers in brackets.*decimal comma/],
  },
  'words between numbers leave a column text, and it still decides': {
    content: 'a;b\n1.500;2,5\n2.500;k.A.\n3.500;1,25\n',
    types: { a: 'integer', b: 'text' },
    values: { a: [1500, 2500, 3500], b: ['2,5', 'k.A.', '1,25'] },
    notes: [commas('a'), "column 'b' is mostly numbers, decimal comma, but not all (such as 'k.A.')"],
  },
  'dates with dots beside decimal commas': {
    content: 'd;x\n31.12.2024;1.234,5\n01.02.2024;2,5\n',
    types: { d: 'date', x: 'number' },
    values: { d: ['31.12.2024', '01.02.2024'], x: [1234.5, 2.5] },
    notes: [
      "column 'd' has dates with the day first",
      /'d' is read as a number by pandas with thousands='\.'/,
      commas('x'),
    ],
  },
  'one column of dates decides of another': {
    content: 'd,e\n13/04/2024,01/02/2024\n14/04/2024,02/03/2024\n',
    types: { d: 'date', e: 'date' },
    values: {},
    notes: ["column 'd' has dates with the day first", "column 'e' has dates with the day first, as column 'd' shows"],
  },
  'the month first': {
    content: 'd,x\n04-13-24,1\n04-01-24,2\n',
    types: { d: 'date', x: 'integer' },
    values: {},
    notes: ["column 'd' has dates with the month first"],
  },
  'dates that contradict one another stay text': {
    content: 'd,x\n13/04/2024,1\n04/13/2024,2\n',
    types: { d: 'text', x: 'integer' },
    values: { d: ['13/04/2024', '04/13/2024'] },
    notes: [
      /^column 'd' has dates with the day first \('13\/04\/2024'\) and with the month first \('04\/13\/2024'\): it is kept as text/,
    ],
  },
  'columns of dates that contradict one another are told': {
    content: 'd,e,f\n13/04/2024,04/13/2024,01/02/2024\n14/04/2024,04/14/2024,01/03/2024\n',
    types: { d: 'date', e: 'date', f: 'date' },
    values: {},
    notes: [
      /^dates are written in two ways/,
      "column 'd' has dates with the day first",
      "column 'e' has dates with the month first",
      "column 'f' has dates that do not say whether the day or the month comes first",
    ],
  },
  'dates that no order explains stay text': {
    content: 'd,x\n13/14/2024,1\n',
    types: { d: 'text', x: 'integer' },
    values: {},
    notes: [/^column 'd' has dates that no order of day and month explains/],
  },
}

const names = Object.keys(CASES)
const files = names.map((name, index) => ({ name: `${index}.csv`, content: CASES[name]?.content ?? '' }))

let opened: TestSandbox
let inspected: InspectedFile[]
let bound: JsonObject

beforeAll(async () => {
  opened = await borrowTestSandbox()
  const references = Object.fromEntries(
    names.map((name, index) => {
      const columns = Object.keys(CASES[name]?.values ?? {})
      return [name, columns.length === 0 ? {} : { $columns: { file: `${index}.csv`, names: columns } }]
    }),
  )
  inspected = await inspectInputs(opened.sandbox, files)
  bound = await bindArguments(opened.sandbox, references, { files, stepValues: {} })
})
afterAll(() => opened.close())

describe('how numbers and dates are written is a fact of the file', () => {
  test.each(names)('%s', (name) => {
    const { types, values, notes } = CASES[name] as Case
    const file = inspected[names.indexOf(name)]
    expect(Object.fromEntries((file?.table?.columns ?? []).map((column) => [column.name, column.type]))).toEqual(types)
    expect(bound[name]).toEqual(values)
    expect(file?.notes).toHaveLength(notes.length)
    for (const [index, note] of notes.entries())
      expect(file?.notes[index]).toEqual(typeof note === 'string' ? note : expect.stringMatching(note))
  })

  test('also where a column is bound by itself, without the one that decides', async () => {
    const args = { a: { $column: { file: '0.csv', name: 'a' } } }
    expect(await bindArguments(opened.sandbox, args, { files, stepValues: {} })).toEqual({ a: [1500, 2000, 12750] })
  })

  test('the hints make pandas read what is bound', async () => {
    const { value } = await opened.sandbox.execute({
      language: 'python',
      code: `
import pandas as pd
frame = pd.read_csv('/box/input/0.csv', sep=';', decimal=',', thousands='.')
blanks = pd.read_csv('/box/input/b.csv', sep=';', decimal=',', thousands=' ')
result([frame['a'].tolist(), frame['b'].tolist(), blanks['n'].tolist()])
`,
      inputs: [
        { name: '0.csv', content: files[0]?.content ?? '' },
        { name: 'b.csv', content: CASES['blanks between thousands beside decimal commas']?.content ?? '' },
      ],
    })
    expect(value).toEqual([
      [1500, 2000, 12750],
      [1.5, 2.25, 3.125],
      [1234.5, 12345678.5],
    ])
  })
})
