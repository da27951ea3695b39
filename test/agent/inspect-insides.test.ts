import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inspectInputs } from '../../src/agent/inspect-inputs.ts'
import { renderFiles } from '../../src/agent/text/render-files.ts'
import type { InspectedFile } from '../../src/contracts/run.ts'
import { borrowTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'

/** Node writes none of these: a program in the sandbox does. */
const WRITER = `
import base64, datetime, io, json, os, sqlite3, tarfile, zipfile, bz2, lzma, gzip
import openpyxl
import pandas as pd
files = {}

book = openpyxl.Workbook()
sheet = book.active
sheet.title = 'Umsatz 2024'
sheet.append(['Umsatz nach Monaten'])
sheet.merge_cells('A1:D1')
sheet.append([])
sheet.append(['Monat', 'Betrag', 'Stück', 'Neu'])
for i in range(30):
    sheet.append([datetime.date(2024, i % 12 + 1, 1), 1.5 * i, i, True if i % 2 else None])
book.create_sheet('leer')
other = book.create_sheet('名前')
other.append(['a', 'b'])
other.append([1, 'n.a.'])
other.append([2, 5])
other.sheet_state = 'hidden'
buffer = io.BytesIO()
book.save(buffer)
files['umsatz.xlsx'] = buffer.getvalue()
files['cut.xlsx'] = buffer.getvalue()[:3000]

frame = pd.DataFrame({'day': pd.to_datetime(['2024-01-01', '2024-01-02']), 'x': [1.5, None], 'name': ['a', 'b']})
buffer = io.BytesIO()
frame.to_parquet(buffer)
files['frame.parquet'] = buffer.getvalue()
files['cut.parquet'] = buffer.getvalue()[:200]

def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()

inner = zipped({'x.csv': 'a,b\\n1,2\\n'})
files['data.zip'] = zipped({
    'data/preise.csv': 'x;y\\n1,5;1.500\\n2,25;2.000\\n', 'readme.md': '# Hello\\n\\nBonjour\\n', 'kyrillisch.csv': ('Город,Население\\n' + 'Москва,1\\nКазань,2\\n' * 20).encode('cp1251'),
    'long.csv': 'a,b\\n' + '1,2\\n' * 100000, 'n.json': '[{"a": 1}, {"a": null}]', '../../etc/passwd': 'root:x:0\\n', 'inner.zip': inner, 'p.png': bytes.fromhex('89504e470d0a1a0a0000000d')})
files['bomb.zip'] = zipped({'zeros.csv': b'1,2\\n' * 50_000_000})
files['many.zip'] = zipped({f'{i}.txt': 'x' for i in range(12000)})
with open('/tmp/x.db', 'wb'): pass

def tarred(mode):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, content in (('q/a.csv', b'x,y\\n1,2\\n'), ('/abs/b.txt', b'hello\\n')):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo('link.txt')
        link.type, link.linkname = tarfile.SYMTYPE, '/etc/passwd'
        archive.addfile(link)
    return buffer.getvalue()

for mode, name in (('w', 'a.tar'), ('w:gz', 'a.tar.gz'), ('w:bz2', 'a.tar.bz2'), ('w:xz', 'a.tar.xz')):
    files[name] = tarred(mode)
files['one.csv.bz2'] = bz2.compress(b'a;b\\n1,5;2\\n')
files['one.csv.xz'] = lzma.compress(b'a;b\\n1,5;2\\n')

def database(*statements):
    path = '/tmp/made.db'
    if os.path.exists(path):
        os.remove(path)
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    with open(path, 'rb') as file:
        return file.read()

files['shop.sqlite'] = database(
    'CREATE TABLE "my ""orders" (id INTEGER PRIMARY KEY, name TEXT, value)',
    'INSERT INTO "my ""orders" (name, value) VALUES (\\'a\\', 1.5), (NULL, \\'x\\'), (\\'c\\', x\\'0102\\')',
    'CREATE TABLE many (n)',
    'INSERT INTO many WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 5000) SELECT x FROM c',
    'CREATE VIEW short AS SELECT name FROM "my ""orders"',
)
files['hostile.db'] = database(
    'CREATE TABLE fine (a)', 'INSERT INTO fine VALUES (1)',
    'CREATE VIEW endless AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT sum(x) FROM c',
    'CREATE VIEW gone AS SELECT * FROM nowhere',
    'CREATE TABLE large (b)', 'INSERT INTO large VALUES (zeroblob(3000000))',
)
files['damaged.db'] = files['shop.sqlite'][:3000] + b'\\xff' * 5000 + files['shop.sqlite'][8000:]

for name, content in files.items():
    with open('/box/output/' + name, 'wb') as file:
        file.write(content)
result(sorted(files))
`

let opened: TestSandbox
const inspected = new Map<string, InspectedFile>()
let wallMs = 0

beforeAll(async () => {
  opened = await borrowTestSandbox()
  const { value, artifacts, error } = await opened.sandbox.execute({ language: 'python', code: WRITER })
  if (value === undefined) throw new Error(JSON.stringify(error))
  const files = artifacts.map(({ name, path }) => ({ name, path }))
  const startedAt = performance.now()
  for (const file of await inspectInputs(opened.sandbox, files)) inspected.set(file.name, file)
  wallMs = performance.now() - startedAt
}, 120_000)
afterAll(() => opened.close())

const outline = (name: string): string => inspected.get(name)?.outline ?? ''
const notes = (name: string): string => inspected.get(name)?.notes.join('\n') ?? ''

test('everything is inspected within a ceiling for a busy machine, whatever the files are made for', () => {
  expect(wallMs).toBeLessThan(60_000)
  expect(inspected.size).toBe(16)
  for (const file of inspected.values()) expect(JSON.stringify(file).length).toBeLessThan(16_000)
})

describe('a workbook', () => {
  test('shows each sheet: rows, columns, types, first rows, titles above the header', () => {
    expect(outline('umsatz.xlsx').split('\n\n')).toEqual([
      expect.stringMatching(
        /^Sheet "Umsatz 2024": 30 rows, 4 columns\n2 rows before the header \(pandas: sheet_name='Umsatz 2024', skiprows=2\): Umsatz nach Monaten\n- "Monat": date; such as 2024-01-01[^]*- "Betrag": number[^]*- "Stück": integer; such as 0 \| 1 \| 2\n- "Neu": boolean, 15 missing; such as True\nrow: 2024-01-01/,
      ),
      'Sheet "leer": empty',
      'Sheet "名前" (hidden): 2 rows, 2 columns\n- "a": integer; such as 1 | 2\n- "b": mixed (1 integer, 1 text); such as n.a. | 5\nrow: 1 | n.a.\nrow: 2 | 5',
    ])
    expect(renderFiles([inspected.get('umsatz.xlsx') as InspectedFile])).toContain('- "Betrag": number')
  })

  test('that is damaged is told', () => {
    expect(inspected.get('cut.xlsx')).toMatchObject({ kind: 'binary' })
    expect(notes('cut.xlsx')).toContain('damaged')
  })
})

describe('Parquet', () => {
  test('shows its schema, rows and first values', () => {
    expect(outline('frame.parquet')).toMatch(
      /^Table: 2 rows, 3 columns\n- "day" \(timestamp\[\w+\]\): date; such as 2024-01-01[^]*\n- "x" \(double\): number, 1 missing; such as 1\.5\n- "name" \(\w+\): text; such as a \| b\nrow: /,
    )
  })

  test('that is damaged is told', () => {
    expect(notes('cut.parquet')).toContain('it cannot be read')
  })
})

describe('an archive', () => {
  test('shows what its members are, with their columns and encodings, and opens none within another', () => {
    const members = outline('data.zip').split('\n\n')
    expect(members[0]).toMatch(
      /^"data\/preise\.csv" \(\d+ bytes\): table, text\/csv, utf-8; 2 rows, 2 columns separated by ";"\n- "x": number[^]*- "y": integer; such as 1\.500/,
    )
    expect(outline('data.zip')).toContain(
      '"readme.md" (17 bytes): text, text/markdown, utf-8\nThe whole text:\n# Hello',
    )
    expect(outline('data.zip')).toMatch(/"kyrillisch\.csv".*windows-1251; 40 rows[^]*- "Город": text; such as Москва/)
    expect(outline('data.zip')).toMatch(/"long\.csv" \(400004 bytes\): .*; at least \d+ rows/)
    expect(outline('data.zip')).toMatch(/"n\.json" .*\nItems: 2, object\n- a: integer 1 of 2, null 1 of 2, only 1/)
    expect(outline('data.zip')).toMatch(/"\.\.\/\.\.\/etc\/passwd" \(9 bytes\): text/)
    expect(outline('data.zip')).toMatch(/"inner\.zip" .*: binary, application\/zip$/m)
    expect(notes('data.zip')).toMatch(/^archive of 8 files: data\/preise\.csv, readme\.md/)
  })

  test('that would unpack to more than there is costs no more than another one', () => {
    expect(outline('bomb.zip')).toMatch(/^"zeros\.csv" \(200000000 bytes\): table.*; at least \d+ rows/)
  })

  test('of many members says how many', () => {
    expect(notes('many.zip')).toContain('archive of 12000 files')
    expect(outline('many.zip')).toContain('and 11960 more')
  })

  test.each(['a.tar', 'a.tar.gz', 'a.tar.bz2', 'a.tar.xz'])('may be %s; links are not followed', (name) => {
    expect(notes(name)).toContain('archive of 2 files: q/a.csv, /abs/b.txt')
    expect(outline(name)).toBe(
      '"q/a.csv" (8 bytes): table, text/csv, utf-8; 1 row, 2 columns separated by ","\n- "x": integer; such as 1\n- "y": integer; such as 2\n\n"/abs/b.txt" (6 bytes): text, text/plain, utf-8\nThe whole text:\nhello\nnote: 1 line',
    )
  })

  test.each(['one.csv.bz2', 'one.csv.xz'])('of one file shows its table: %s', (name) => {
    expect(outline(name)).toMatch(
      /^table, text\/csv, utf-8; 1 row, 2 columns separated by ";"\n- "a": number; such as 1,5/,
    )
  })
})

describe('a SQLite database', () => {
  test('shows each table and view: declared and real types, rows, first rows', () => {
    expect(outline('shop.sqlite')).toContain(
      'Table "my \\"orders": 3 rows, 3 columns\n- "id" (INTEGER, key): integer; such as 1 | 2 | 3\n- "name" (TEXT): text, 1 missing; such as a | c\n- "value": mixed (1 bytes, 1 number, 1 text); such as 1.5 | x | 2 bytes\nrow: 1 | a | 1.5\nrow: 2 |  | x',
    )
    expect(outline('shop.sqlite')).toContain(
      'Table "many": 5000 rows, 1 column; types are those of the first 1000 rows',
    )
    expect(outline('shop.sqlite')).toContain('View "short": 3 rows, 1 column')
    expect(notes('shop.sqlite')).toContain('2 tables, 1 view')
  })

  test('that is made to break its reader is told of, and the rest is shown', () => {
    expect(outline('hostile.db')).toContain('Table "fine": 1 row, 1 column')
    expect(outline('hostile.db')).toContain('View "endless": cannot be read (interrupted)')
    expect(outline('hostile.db')).toMatch(/View "gone": cannot be read/)
    expect(outline('hostile.db')).toMatch(/Table "large": /)
    expect(inspected.get('damaged.db')).toMatchObject({ mediaType: 'application/vnd.sqlite3' })
  })
})

describe('JSON and documents', () => {
  const inspect = async (name: string, content: string, request = ''): Promise<InspectedFile> =>
    (await inspectInputs(opened.sandbox, [{ name, content }], { request }))[0] as InspectedFile

  const records = Array.from({ length: 100 }, (_, id) => ({
    id,
    kind: ['a', 'b'][id % 2],
    flag: id === 7 ? 1 : true,
    note: id % 4 === 0 ? null : '',
    tags: Array(id % 3).fill('x'),
    address: { city: `c${id}`, geo: { lat: 1 } },
    items: [{ sku: 's', n: id }],
    ...(id === 99 ? { 'late key': 1 } : {}),
  }))
  const SHAPE = [
    '- id: integer, 0 to 99, such as 0 | 1 | 2',
    '- kind: text, only "a" | "b"',
    '- flag: boolean 99% or integer 1%, only true | 1',
    '- note: text 75%, null 25%, empty 75%, only ""',
    '- tags: list, empty 34%, items 0 to 2',
    '- tags[]: text, only "x"',
    '- address: object',
    '- address.city: text, characters 2 to 3, such as "c0" | "c1" | "c2"',
    '- address.geo: object',
    '- items: list, items 1',
    '- items[]: object',
    '- items[].sku: text, only "s"',
    '- items[].n: integer, 0 to 99, such as 0 | 1 | 2',
    '- "late key": integer, in 1%, only 1',
  ].join('\n')

  test('is told by its shape over all records', async () => {
    expect((await inspect('a.json', JSON.stringify(records))).outline).toBe(`Items: 100, object\n${SHAPE}`)
    const lines = await inspect('a.jsonl', records.map((record) => JSON.stringify(record)).join('\n'))
    expect(lines.outline).toBe(`Values: 100, object\n${SHAPE}`)
    expect(renderFiles([lines])).toContain('- kind: text, only "a" | "b"')
    expect((await inspect('a.json', '{"meta": {"v": 1}, "rows": [[1, 2], [3]]}')).outline).toBe(
      '- meta: object\n- meta.v: integer, only 1\n- rows: list, items 2\n- rows[]: list, items 1 to 2',
    )
  })

  test('is bounded for ids as keys, deep nesting, long texts and huge numbers', async () => {
    const hostile = [
      JSON.stringify(
        Object.fromEntries(
          records.flatMap(({ id }) => [[`k${id}`, Object.fromEntries(records.map((record) => [`${record.id}`, 1]))]]),
        ),
      ),
      `[${'['.repeat(900)}${']'.repeat(900)}]`,
      JSON.stringify([{ ['x'.repeat(100_000)]: 'y'.repeat(1_000_000) }]),
      `[${'9'.repeat(4000)}, 1e400, -1e400]`,
    ]
    const files = await inspectInputs(
      opened.sandbox,
      hostile.map((content, index) => ({ name: `${index}.json`, content })),
    )
    for (const file of files) {
      expect(file.kind).toBe('json')
      expect(JSON.stringify(file).length).toBeLessThan(16_000)
    }
  })

  test('a list beyond what is parsed at once is read item by item', async () => {
    const many = `[${Array.from({ length: 250_000 }, (_, id) => `{"id": ${id}, "text": "${'x'.repeat(60)}"}`).join(',\n')}]`
    expect(many.length).toBeGreaterThan(16 * 1024 * 1024)
    const file = await inspect('many.json', many)
    expect(file.notes.join()).toMatch(/a list of (at least )?\d+ items/)
    expect(file.outline).toMatch(/^Items: (the first )?\d+, object\n- id: integer, 0 to \d+/)
  })

  const handbook = `# Handbook\n\nWelcome.\n\n## Fees\n\nThe annual fee is 5 %.\n\n${'Nothing of note here.\n'.repeat(500)}\nVolatility\n----------\nIt is annualised by 252 days.\n`

  test('a small document is shown whole', async () => {
    const text = 'Dear all,\n\nthe rate is 5 %.\n'
    expect((await inspect('letter.txt', text)).outline).toBe('The whole text:\nDear all,\n\nthe rate is 5 %.')
    const page =
      '<!DOCTYPE html><html><head><title>T</title><script>alert(1)</script></head><body><h1>Head</h1><p>Some <b>bold</b></p><table><tr><td>a</td><td>1</td></tr></table></body></html>'
    expect((await inspect('page.html', page)).outline).toBe('The whole text:\nT\nHead\nSome bold\na | 1')
  })

  test('a larger one by its headings and the lines that share words with the request', async () => {
    const file = await inspect('handbook.md', handbook, 'What are the annual fees, and how is volatility annualised?')
    expect(file.outline).toContain(
      'Headings, with the numbers of their lines:\n1: # Handbook\n5: ## Fees\n510: Volatility',
    )
    expect(file.outline).toMatch(
      /Lines with words of the request:\n5: ## Fees\n7: The annual fee is 5 %\.\n510: Volatility\n512: It is annualised by 252 days\./,
    )
    expect((await inspect('handbook.md', handbook)).outline).not.toContain('Lines with words')
  })

  test('in scripts without blanks too', async () => {
    const text = `${'关于本手册的一般说明。\n'.repeat(600)}年费为百分之五。\n`
    expect((await inspect('手册.txt', text, '年费是多少?')).outline).toContain('601: 年费为百分之五。')
  })
})
