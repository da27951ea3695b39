import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inspectInputs } from '../../src/agent/inspect-inputs.ts'
import { loadGuestProgram } from '../../src/agent/load-guest-program.ts'
import { renderFiles } from '../../src/agent/text/render-files.ts'
import type { InspectedFile } from '../../src/contracts/run.ts'
import { borrowTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'

let opened: TestSandbox

beforeAll(async () => {
  opened = await borrowTestSandbox()
})
afterAll(() => opened.close())

async function inspect(name: string, content: string | Uint8Array): Promise<InspectedFile> {
  const [file] = await inspectInputs(opened.sandbox, [{ name, content }])
  if (file === undefined) throw new Error('nothing was inspected')
  return file
}

function columnsOf(file: InspectedFile): Record<string, string> {
  return Object.fromEntries((file.table?.columns ?? []).map(({ name, type }) => [name, type]))
}

describe('tables', () => {
  test('an ordinary table: columns, types, missing values, examples, rows', async () => {
    const file = await inspect(
      'prices.csv',
      'Date,Close,Volume,Traded,Name\n2024-01-02,185.5,100,True,a\n2024-01-03,,200,False,b\n2024-01-04,184,NA,True,\n',
    )
    expect(file).toEqual({
      name: 'prices.csv',
      bytes: 106,
      kind: 'table',
      mediaType: 'text/csv',
      encoding: 'utf-8',
      table: {
        delimiter: ',',
        rows: 3,
        columns: [
          { name: 'Date', type: 'date', missing: 0, examples: ['2024-01-02', '2024-01-03', '2024-01-04'] },
          { name: 'Close', type: 'number', missing: 1, examples: ['185.5', '184'] },
          { name: 'Volume', type: 'integer', missing: 1, examples: ['100', '200'] },
          { name: 'Traded', type: 'boolean', missing: 0, examples: ['True', 'False'] },
          { name: 'Name', type: 'text', missing: 1, examples: ['a', 'b'] },
        ],
      },
      head: 'Date,Close,Volume,Traded,Name\n2024-01-02,185.5,100,True,a\n2024-01-03,,200,False,b\n2024-01-04,184,NA,True,',
      notes: [],
    })
  })

  test.each([
    [';', 'a;b\n1,5;2\n3,5;4\n'],
    ['\t', 'a\tb\n1\t2\n'],
    ['|', 'a|b\n1|2\n'],
    [',', 'a,b\n"x;y;z",2\n'],
  ])('the delimiter %j', async (delimiter, content) => {
    const file = await inspect('data.csv', content)
    expect(file.table?.delimiter).toBe(delimiter)
    expect(Object.keys(columnsOf(file))).toEqual(['a', 'b'])
  })

  test('decimal commas, German dates and Latin-1', async () => {
    const file = await inspect('konto.csv', Buffer.from('Datum;Betrag;Für\n31.01.2024;-1.234,50;Müller\n', 'latin1'))
    expect(file.encoding).toBe('iso-8859-1')
    expect(columnsOf(file)).toEqual({ Datum: 'date', Betrag: 'number', Für: 'text' })
    expect(file.notes).toContain("column 'Betrag' has decimal commas (pandas: decimal=',', thousands='.')")
    expect(file.notes).toContain("column 'Datum' has dates with the day first")
  })

  test.each([
    ['utf-8-sig', Buffer.from('\ufeffa,b\n1,ü\n', 'utf8')],
    ['utf-16', Buffer.from('\ufeffa,b\n1,ü\n', 'utf16le')],
    ['utf-16-le', Buffer.from('a,b\n1,ü\n1,x\n', 'utf16le')],
    ['windows-1252', Buffer.concat([Buffer.from('a,b\n1,'), Buffer.from([0x80, 0xfc]), Buffer.from('\n')])],
    ['utf-8', Buffer.from('名前,値\n東京,1\n')],
  ])('the encoding %s', async (encoding, content) => {
    const file = await inspect('data.csv', content)
    expect(file.encoding).toBe(encoding)
    expect(file.table?.rows).toBeGreaterThan(0)
    expect(file.table?.columns[0]?.name).not.toContain('\ufeff')
  })

  test('a few bad bytes in UTF-8 are replaced and told', async () => {
    const content = Buffer.concat([Buffer.from('a,b\né,ü\nö,ä\nß,ñ\n'), Buffer.from([120, 44, 0xff, 10])])
    const file = await inspect('data.csv', content)
    expect(file.encoding).toBe('utf-8')
    expect(file.notes).toEqual(["not UTF-8 at 1 place: shown as \ufffd (pandas: encoding_errors='replace')"])
  })

  test('names as pandas gives them: duplicate, missing, with blanks', async () => {
    const file = await inspect('data.csv', ',a,a, b\n0,1,2,3\n')
    expect(Object.keys(columnsOf(file))).toEqual(['Unnamed: 0', 'a', 'a.1', ' b'])
    expect(file.notes.join('\n')).toMatch(/1 column without a name[^]*twice[^]*blanks at their ends/)
  })

  test('no header, a preamble, ragged rows, quoted line ends, malformed quotes', async () => {
    const bare = await inspect('data.csv', '1,2.5\n2,3.5\n')
    expect(columnsOf(bare)).toEqual({ column_1: 'integer', column_2: 'number' })
    expect(bare.notes.join()).toContain('no header')

    const titled = await inspect('data.csv', 'Report\n\nname,x,y,z\na,1,2,3\nb,4,5,6\n')
    expect(Object.keys(columnsOf(titled))).toEqual(['name', 'x', 'y', 'z'])
    expect(titled.notes).toContain("2 lines before the table: titles such as 'Report' (pandas: skiprows=2)")

    const ragged = await inspect('data.csv', 'a,b,c\n1,2,3\n1,2\n1,2,3,4\n')
    expect(ragged.table?.rows).toBe(3)
    expect(ragged.notes.join()).toContain(
      '2 rows with another number of fields than the header; the first is data row 2',
    )

    const quoted = await inspect('data.csv', 'a,b\n"x\ny",2\n"say ""hi""",3\n')
    expect(quoted.table?.rows).toBe(2)
    expect(quoted.notes).toEqual([])

    const unclosed = await inspect('data.csv', 'a,b\n"x,2\n3,4\n')
    expect(unclosed.notes.join()).toContain('malformed quotes')
  })

  test.each<[string, string, string[], number, string | null]>([
    [
      'the delimiter',
      'sep=;\na;b\n1;2\n3;4\n',
      ['a', 'b'],
      2,
      '1 line before the table: the delimiter (pandas: skiprows=1)',
    ],
    [
      'the delimiter in quotes, CRLF',
      '"sep=|"\r\na|b\r\n1|2\r\n',
      ['a', 'b'],
      1,
      '1 line before the table: the delimiter (pandas: skiprows=1)',
    ],
    [
      'comments as wide as they like',
      '# by X, 2024\n# m\nname,x,y\nq,1,2\n',
      ['name', 'x', 'y'],
      1,
      '2 lines before the table: comments (pandas: skiprows=2)',
    ],
    [
      'a comment as wide as the table',
      '# a, b, c\nname,x,y\nq,1,2\n',
      ['name', 'x', 'y'],
      1,
      '1 line before the table: comments (pandas: skiprows=1)',
    ],
    [
      'titles above two columns',
      'Report 2024\n;\nname;value\na;1\nb;2\n',
      ['name', 'value'],
      2,
      "2 lines before the table: titles such as 'Report 2024' (pandas: skiprows=2)",
    ],
    [
      'titles, padded as Excel does',
      'Umsatz;;\nQuelle: Amt;;\nMonat;x;y\nJan;1;2\nFeb;2;3\n',
      ['Monat', 'x', 'y'],
      2,
      "2 lines before the table: titles such as 'Umsatz' (pandas: skiprows=2)",
    ],
    [
      'all of them',
      'sep=,\n# c\nReport\nname,x,y\nq,1,2\nr,1,2\n',
      ['name', 'x', 'y'],
      2,
      "3 lines before the table: the delimiter, comments, titles such as 'Report' (pandas: skiprows=3)",
    ],
    [
      'comments between rows',
      'n,x,y\na,1,2\n# estimates\nb,3,4\n',
      ['n', 'x', 'y'],
      2,
      "lines that begin with '#' stand between the rows: comments, which are left out (pandas: comment='#')",
    ],
    ['a header with #, which is none of these', '#id,name\n1,a\n2,b\n', ['#id', 'name'], 2, null],
    ['values with #, which are none either', 'colour,x\n#ff0000,1\n#00ff00,2\n', ['colour', 'x'], 2, null],
    [
      'a header without a first name',
      ',value\na,1\nb,2\n',
      ['Unnamed: 0', 'value'],
      2,
      '1 column without a name, called as pandas calls them (Unnamed: 0, …)',
    ],
  ])('lines that are no data: %s', async (_what, content, names, rows, note) => {
    const file = await inspect('data.csv', content)
    expect(Object.keys(columnsOf(file))).toEqual(names)
    expect(file.table?.rows).toBe(rows)
    expect(file.notes[0] ?? null).toBe(note)
    const { value } = await opened.sandbox.execute({
      language: 'python',
      code: `
import pandas as pd
frame = pd.read_csv('/box/input/data.csv', sep=${JSON.stringify(file.table?.delimiter)}, ${/\(pandas: ((?:skiprows|comment)=.*)\)/.exec(note ?? '')?.[1] ?? ''})
result([list(frame.columns), len(frame)])
`,
      inputs: [{ name: 'data.csv', content }],
    })
    expect(value).toEqual([names, rows])
  })

  test('digits that are no numbers, amounts, percents, mixed columns', async () => {
    const file = await inspect(
      'data.csv',
      'zip,id,price,share,big,mixed,day\n01234,12345678901234567890,"$1,234.50",5%,"1,000",1,03/04/2024\n00501,5,$2,6.5%,"2,000",2,05/06/2024\n1,5,$2,1%,3,n.a.,05/06/2024\n',
    )
    expect(columnsOf(file)).toEqual({
      zip: 'text',
      id: 'text',
      price: 'text',
      share: 'text',
      big: 'integer',
      mixed: 'text',
      day: 'date',
    })
    const notes = file.notes.join('\n')
    expect(notes).toMatch(/'zip', 'id' are kept as text/)
    expect(notes).toMatch(/'price' has amounts with a currency sign[^]*'share' has numbers with a percent sign/)
    expect(notes).toMatch(
      /'mixed' is mostly numbers, decimal point, but not all \(such as 'n\.a\.'\)[^]*'day' has dates that do not say/,
    )
  })

  test('only a header, only a column, a table named .txt', async () => {
    expect(await inspect('data.csv', 'a,b\n')).toMatchObject({ kind: 'table', table: { rows: 0 } })
    expect((await inspect('data.csv', 'name\nA\nB\n')).table).toMatchObject({ rows: 2, columns: [{ name: 'name' }] })
    expect(await inspect('data.txt', 'a\tb\n1\t2\n3\t4\n')).toMatchObject({ kind: 'table', table: { delimiter: '\t' } })
  })

  test.each([
    'a,b,c\n1,x,\n2,NA,3.5\n',
    ',a,a,\n0,1,2,3\n1,2,3,\n',
    'Date;Close\n2024-01-02;1,5\n',
    '"x ""y""",z\n"1\n2",NULL\n\n\nn/a,-0.5\n',
    'name\n\n" "\nB\n',
    'a\tb\n1e3\t007\n',
    'k,k,k.1,k\n1,2,3,4\n',
  ])('names, rows and missing values are those of pandas: %j', async (content) => {
    const file = await inspect('data.csv', content)
    const { value } = await opened.sandbox.execute({
      language: 'python',
      code: `
import pandas as pd
frame = pd.read_csv('/box/input/data.csv', sep=${JSON.stringify(file.table?.delimiter)}, dtype=str)
blank = frame.map(lambda cell: isinstance(cell, str) and cell.isspace())
result([list(frame.columns), len(frame), [int(n) for n in (frame.isna() | blank).sum()]])
`,
      inputs: [{ name: 'data.csv', content }],
    })
    const columns = file.table?.columns ?? []
    expect([columns.map(({ name }) => name), file.table?.rows, columns.map(({ missing }) => missing)]).toEqual(value)
  })

  test('fields that would be slow to look at are not', async () => {
    const startedAt = performance.now()
    const slow = ['1 '.repeat(500_000), `"${'\n'.repeat(500_000)}0"`, '1,'.repeat(300_000), '"'.repeat(500_001)]
    for (const field of slow) expect((await inspect('slow.csv', `a;b\n${field};x\n`)).bytes).toBeGreaterThan(500_000)
    expect(performance.now() - startedAt).toBeLessThan(15_000)
  })

  test('200,000 rows within a ceiling for a busy machine (0.8 s on a quiet one)', async () => {
    const rows = Array.from(
      { length: 200_000 },
      (_, index) => `2024-${String((index % 12) + 1).padStart(2, '0')}-01,${index / 7},${index},item ${index}`,
    )
    const content = `Date,Close,Volume,Name\n${rows.join('\n')}\n`
    const startedAt = performance.now()
    const file = await inspect('long.csv', content)
    const elapsedMs = performance.now() - startedAt
    expect(file.table?.rows).toBe(200_000)
    expect(columnsOf(file)).toEqual({ Date: 'date', Close: 'number', Volume: 'integer', Name: 'text' })
    expect(elapsedMs).toBeLessThan(20_000)
  })
})

describe('files that are too large to be looked into whole', () => {
  /** With a bound that a small file is beyond. */
  async function inspectBeyond(seconds: number, content: string): Promise<InspectedFile> {
    const { value } = await opened.sandbox.execute({
      language: 'python',
      code: `${await loadGuestProgram('inspect_files')}\nSCANNED_BYTES = 1000\n_COUNTING_SECONDS = ${seconds}\n`,
      call: { function: 'inspect_files', arguments: { names: ['data.csv'] } },
      inputs: [{ name: 'data.csv', content }],
    })
    return (value as unknown as InspectedFile[])[0] as InspectedFile
  }

  test.each([
    ['a row for each line', 'a,b\n', '1,2\n', ''],
    ['other line ends', 'a,b\r\n', '1,2\r\n', ''],
    ['no line end at the end', 'a,b\n', '1,2\n', '1,2'],
    ['line ends in quotes', 'a,b\n', '"1\n1",2\n', ''],
    ['empty lines', 'a,b\n\n', '1,2\n\n', ''],
    ['titles before the header', 'Report\n\na,b,c\n', '1,2,3\n', ''],
    ['no header', '', '1,2\n', ''],
  ])('have all their rows counted: %s', async (_what, start, row, end) => {
    const file = await inspectBeyond(4, `${start}${row.repeat(50_000)}${end}`)
    expect(file.table?.rows).toBe(50_000 + (end === '' ? 0 : 1))
    expect(file.table?.rowsAtLeast).toBeUndefined()
    expect(file.notes.join()).toMatch(/types, missing values and notes are those of the first \d+ rows/)
  })

  test('or are said to have at least those that were counted', async () => {
    const file = await inspectBeyond(0, `a,b\n${'"1",2\n'.repeat(50_000)}`)
    expect(file.table?.rows).toBeGreaterThan(100)
    expect(file.table?.rows).toBeLessThan(50_000)
    expect(file.table?.rowsAtLeast).toBe(true)
    expect(renderFiles([file])).toContain(`Table: at least ${file.table?.rows} rows, 2 columns`)
  })
})

describe('other files', () => {
  test('an empty file, blanks, prose, code', async () => {
    expect(await inspect('data.csv', '')).toMatchObject({ kind: 'empty', bytes: 0, table: null, head: '' })
    expect(await inspect('notes.txt', ' \n\n')).toMatchObject({ kind: 'text' })
    expect(await inspect('notes.txt', 'Dear all,\nthis is a letter, yes.\nBye, me\n')).toMatchObject({
      kind: 'text',
      notes: ['3 lines'],
    })
    expect(await inspect('run.py', 'import os, sys\nprint(1, 2)\nx = [1, 2]\n')).toMatchObject({
      kind: 'text',
      mediaType: 'text/x-python',
    })
  })

  test('JSON: nested, a list of records, lines, a lone value, broken, deep', async () => {
    expect((await inspect('a.json', '{"a": {"b": [1]}, "c": null}')).notes).toEqual([
      'an object with 2 keys: a (object of 1), c (null)',
    ])
    expect((await inspect('a.json', '[{"a": 1}, {"a": 2}]')).notes).toEqual([
      'a list of 2 items; the first is an object with 1 key: a (integer)',
    ])
    expect(await inspect('a.txt', '{"a": 1}\n{"a": 2}\n')).toMatchObject({
      kind: 'json',
      mediaType: 'application/x-ndjson',
    })
    expect(await inspect('a.json', '5')).toMatchObject({ kind: 'json', notes: ['integer'] })
    const broken = await inspect('a.json', '{"a": 1,')
    expect(broken.kind).toBe('text')
    expect(broken.notes.join('\n')).toMatch(/the name ends in \.json[^]*not valid JSON: .*line 1/)
    const deep = await inspect('a.json', '['.repeat(200_000))
    expect(deep.notes.join('\n')).toContain('nested too deeply')
  })

  test('content that is not what the name says', async () => {
    const png = Buffer.from('89504e470d0a1a0a0000000d4948445200000280000001e0', 'hex')
    const file = await inspect('picture.csv', png)
    expect(file).toMatchObject({ kind: 'image', mediaType: 'image/png', encoding: null, table: null })
    expect(file.notes).toEqual(['the name ends in .csv, but the content is image/png', '640 x 480 pixels'])
  })

  test('compressed text shows its first lines; damaged archives are told', async () => {
    const file = await inspect('data.csv.gz', gzipSync('a,b\n1,2\n'))
    expect(file).toMatchObject({ kind: 'binary', mediaType: 'application/gzip', head: 'a,b\n1,2' })
    const damaged = await inspect('data.gz', gzipSync('a,b\n1,2\n').subarray(0, 14))
    expect(damaged.notes.join()).toContain('damaged')
    const zip = await inspect('book.xlsx', Buffer.from('504b0304deadbeef', 'hex'))
    expect(zip).toMatchObject({ kind: 'binary', mediaType: 'application/zip' })
  })

  test('a gzip bomb is not unpacked', async () => {
    const startedAt = performance.now()
    const file = await inspect('bomb.gz', gzipSync(Buffer.alloc(256 * 1024 * 1024, 'a')))
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    expect(file.mediaType).toBe('application/gzip')
    expect(file.head.length).toBeLessThanOrEqual(1200)
  })

  test('NUL bytes: a few are left out, many are binary data', async () => {
    const few = await inspect('data.csv', `a,b\n1,\u00002\n${'5,6\n'.repeat(50)}`)
    expect(few).toMatchObject({ kind: 'table', notes: ['1 NUL byte left out'] })
    expect(columnsOf(few)).toEqual({ a: 'integer', b: 'integer' })
    const many = await inspect('data.csv', Buffer.alloc(1000))
    expect(many).toMatchObject({ kind: 'binary', mediaType: 'application/octet-stream' })
  })

  test('a huge line, a thousand columns, hostile text: everything is bounded and printable', async () => {
    const line = await inspect('line.csv', 'x'.repeat(5_000_000))
    expect(JSON.stringify(line).length).toBeLessThan(3000)
    const wide = await inspect(
      'wide.csv',
      `${Array.from({ length: 1000 }, (_, index) => `c${index}`).join()}\n${'1,'.repeat(999)}1\n`,
    )
    expect(wide.table?.columns).toHaveLength(200)
    expect(wide.table?.columnCount).toBe(1000)
    expect(wide.notes.join()).toContain('1000 columns, of which the first 200 are listed')
    const hostile = await inspect('evil.csv', 'a\u001b[31m,b\n"x\u202ey",\u0007\n')
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(JSON.stringify(hostile)).not.toMatch(/\\u001b|\\u0007|\u202e/)
  })

  test('every file is told, in order, and the same file always the same', async () => {
    const files = ['b.csv', 'a.csv', 'c.txt'].map((name) => ({ name, content: `${name},y\n1,2\n` }))
    const first = await inspectInputs(opened.sandbox, files)
    expect(first.map(({ name }) => name)).toEqual(['b.csv', 'a.csv', 'c.txt'])
    expect(await inspectInputs(opened.sandbox, files)).toEqual(first)
  })
})
