import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonValue } from '../../src/contracts/json.ts'
import { DEFAULT_LIMITS } from '../../src/contracts/limits.ts'
import type { Execution, ExecutionResult, Sandbox, ToolModule } from '../../src/contracts/sandbox.ts'

const MIB = 1024 * 1024

const entries = (...pairs: [string, JsonValue][]): JsonValue => ({ $entries: pairs })

/** What every backend must do. `open` makes the sandbox under test, with a Python that has numpy and pandas. */
export function sandboxContract(name: string, open: () => Promise<Sandbox>): void {
  describe(`${name}: the sandbox contract`, () => {
    let sandbox: Sandbox
    let folder: string

    beforeAll(async () => {
      sandbox = await open()
      folder = await mkdtemp(join(tmpdir(), 'handaxe-contract-'))
    })
    afterAll(async () => {
      await sandbox.close()
      await rm(folder, { recursive: true, force: true })
    })

    const python = (code: string, more: Partial<Execution> = {}): Promise<ExecutionResult> =>
      sandbox.execute({ language: 'python', code, ...more })

    test('a program without a value ends as ok without one', async () => {
      const result = await python('x = 1')
      expect(result).toMatchObject({ status: 'ok', exitCode: 0, signal: null, artifacts: [], droppedArtifacts: [] })
      expect(result).not.toHaveProperty('value')
      expect(result).not.toHaveProperty('error')
    })

    test('the last value given to `result` is the value', async () => {
      expect((await python("result(1)\nresult({'a': [1, None, True, 'é\\u0000']})")).value).toEqual({
        a: [1, null, true, 'é\u0000'],
      })
    })

    test('`result()` and `result(None)` give null, which is a value', async () => {
      expect((await python('result(None)')).value).toBeNull()
      expect(await python('result()')).toHaveProperty('value', null)
    })

    test('values of numpy and pandas become plain JSON', async () => {
      const { value, error } = await python(`
import datetime, decimal, fractions, enum, dataclasses, collections, uuid, pathlib
import numpy as np, pandas as pd
@dataclasses.dataclass
class Point:
    x: int
    y: float
class Color(enum.Enum):
    RED = 'red'
Pair = collections.namedtuple('Pair', 'a b')
day = pd.Timestamp('2024-01-02')
result({
    'int64': np.int64(3), 'float32': np.float32(0.5), 'bool_': np.bool_(True), 'nan': np.nan,
    'array': np.arange(4).reshape(2, 2), 'dates': np.array(['2024-01-01', 'NaT'], dtype='datetime64[D]'),
    'series': pd.Series([1, 2]), 'indexed': pd.Series([1, 2], index=['a', 'b']),
    'frame': pd.DataFrame({'day': [day, pd.NaT], 'x': [1.5, None], 'n': [1, 2]}),
    'grouped': pd.DataFrame({'k': list('aab'), 'v': [1, 2, 3]}).groupby('k').sum(),
    'timestamp': day, 'na': pd.NA, 'date': datetime.date(2024, 1, 2), 'delta': datetime.timedelta(seconds=90),
    'decimal': decimal.Decimal('1.5'), 'fraction': fractions.Fraction(1, 4), 'complex': 1+2j,
    'tuple': (1, 2), 'set': {3, 1, 2}, 'named': Pair(1, 2), 'dataclass': Point(1, 2.5), 'enum': Color.RED,
    'bytes': b'\\x00\\xff', 'range': range(3), 'path': pathlib.PurePosixPath('/a/b'), (1, 2): 'pair',
    'big': 2**70, 'twice': pd.DataFrame([[1, 2]], columns=['a', 'a']),
})
`)
      expect(error).toBeUndefined()
      expect(value).toEqual({
        int64: 3,
        float32: 0.5,
        bool_: true,
        nan: { $number: 'NaN' },
        array: [
          [0, 1],
          [2, 3],
        ],
        dates: ['2024-01-01', null],
        series: [1, 2],
        indexed: { a: 1, b: 2 },
        frame: [
          { day: '2024-01-02T00:00:00', x: 1.5, n: 1 },
          { day: null, x: { $number: 'NaN' }, n: 2 },
        ],
        grouped: [
          { k: 'a', v: 3 },
          { k: 'b', v: 3 },
        ],
        timestamp: '2024-01-02T00:00:00',
        na: null,
        date: '2024-01-02',
        delta: 'PT1M30S',
        decimal: 1.5,
        fraction: 0.25,
        complex: { real: 1, imaginary: 2 },
        tuple: [1, 2],
        set: [1, 2, 3],
        named: { a: 1, b: 2 },
        dataclass: { x: 1, y: 2.5 },
        enum: 'red',
        bytes: { $bytes: 'AP8=' },
        range: [0, 1, 2],
        path: '/a/b',
        '[1, 2]': 'pair',
        big: { $number: '1180591620717411303424' },
        twice: [{ a: 1, 'a.1': 2 }],
      })
    })

    test.each<[string, string, JsonValue, RegExp | null]>([
      [
        'a Series with the same label twice',
        "pd.Series([10, 20, 30], index=pd.to_datetime(['2024-01-01', '2024-01-01', '2024-01-02']))",
        [
          ['2024-01-01T00:00:00', 10],
          ['2024-01-01T00:00:00', 20],
          ['2024-01-02T00:00:00', 30],
        ],
        /^labels of a Series are the same as text \(2024-01-01T00:00:00\)/,
      ],
      [
        'a number and its text',
        "{1: 'a', '1': 'b', 2: 'c'}",
        [
          [1, 'a'],
          ['1', 'b'],
          [2, 'c'],
        ],
        /^keys of a dict are the same as text \(1\)/,
      ],
      [
        'None, True and their words',
        "{None: 1, 'null': 2, True: 3, 'true': 4}",
        [
          [null, 1],
          ['null', 2],
          [true, 3],
          ['true', 4],
        ],
        /\(null\)/,
      ],
      [
        'labels of two levels that read the same',
        "pd.Series([1, 2], index=pd.MultiIndex.from_tuples([('a b', 'c'), ('a', 'b c')]))",
        [
          [['a b', 'c'], 1],
          [['a', 'b c'], 2],
        ],
        /\(a b c\)/,
      ],
      [
        'two missing labels',
        'pd.Series([1, 2, 3], index=[np.nan, None, 0.5])',
        [
          [{ $number: 'NaN' }, 1],
          [{ $number: 'NaN' }, 2],
          [0.5, 3],
        ],
        /\(NaN\)/,
      ],
      [
        'a time and its text, counted',
        "pd.Series([pd.Timestamp('2024-05-06'), '2024-05-06T00:00:00', 7, 7]).value_counts(sort=False)",
        [
          ['2024-05-06T00:00:00', 1],
          ['2024-05-06T00:00:00', 1],
          [7, 2],
        ],
        /\(2024-05-06T00:00:00\)/,
      ],
      [
        'missing labels that differ',
        'pd.Series([1, 2], index=pd.Index([np.nan, None], dtype=object))',
        { NaN: 1, null: 2 },
        null,
      ],
      ['1 and 1.0', 'pd.Series([1, 2], index=pd.Index([1, 1.0], dtype=object))', { '1': 1, '1.0': 2 }, null],
      [
        'columns of one name, and one called like their number',
        "pd.DataFrame([[1, 2, 3]], columns=['a', 'a', 'a.1'])",
        [{ a: 1, 'a.2': 2, 'a.1': 3 }],
        /^columns of a table have the same name.*a\.2/,
      ],
      [
        'an index called like a column',
        "pd.DataFrame({'k': [1]}, index=pd.Index([5], name='k'))",
        [{ k: 5, 'k.1': 1 }],
        /same name/,
      ],
    ])('labels that are the same as text lose no value: %s', async (_what, expression, value, note) => {
      const result = await python(`import numpy as np, pandas as pd\nresult({'x': ${expression}})`)
      expect(result.error).toBeUndefined()
      expect(result.value).toEqual({ x: value })
      if (note === null) expect(result).not.toHaveProperty('notes')
      else expect(result.notes).toEqual([expect.stringMatching(note)])
    })

    test.each<[string, JsonValue]>([
      ['pd.Series([30, 20, 10], index=[2021, 2019, 2020])', entries(['2021', 30], ['2019', 20], ['2020', 10])],
      ["pd.Series({'2020': 1, '2019': 3}).sort_values(ascending=False).to_dict()", { '2019': 3, '2020': 1 }],
      ["{'total': 1, '7': 2}", entries(['total', 1], ['7', 2])],
      ["{'01': 1, '4294967295': 2, '-1': 3}", { '01': 1, '4294967295': 2, '-1': 3 }],
      ["{'__proto__': 1, 'a': 2}", entries(['__proto__', 1], ['a', 2])],
      [
        "pd.crosstab(pd.Series(['N', 'S'], name='region'), pd.Series([2021, 2020], name='year'))",
        [entries(['region', 'N'], ['2020', 0], ['2021', 1]), entries(['region', 'S'], ['2020', 1], ['2021', 0])],
      ],
    ])('an object keeps the order of the program: %s', async (expression, value) => {
      const { value: given, notes } = await python(`import pandas as pd\nresult(${expression})`)
      // As text: the order counts.
      expect(JSON.stringify(given)).toBe(JSON.stringify(value))
      expect(notes).toBeUndefined()
    })

    test('an object that comes in its own order is a dict in that order', async () => {
      const given = entries(['2021', [entries(['b', { $number: 'NaN' }], ['1', 2])]], ['2019', 1])
      const code = "def f(x):\n    return [list(x), list(x['2021'][0]), x]\n"
      const { value } = await python(code, { call: { function: 'f', arguments: { x: given } } })
      expect(JSON.stringify(value)).toBe(JSON.stringify([['2021', '2019'], ['b', '1'], given]))
    })

    test('digits are not lost, whatever the size', async () => {
      const { value, error } = await python(`
import decimal, fractions
import numpy as np, pandas as pd
D = decimal.Decimal
result({
    'ean': 4006381333931, 'id': 2**53 + 1, 'series': pd.Series([2**62 + 1]), 'huge': len(str(10**4000)), 'beyond': 10**5000 + 7,
    'decimals': [D('11439.60'), D('0.1'), D('250'), D('1E+3'), D('-0.00'), D('NaN'), D('12345678901234567.89')],
    'fractions': [fractions.Fraction(6, 3), fractions.Fraction(2**60 + 1, 1)],
    'long': [np.longdouble('0.1'), np.longdouble('1.234567890123456789'), np.longdouble('-inf'), np.array([np.longdouble(2)])],
    'complex': np.clongdouble(1 + 2j),
})
`)
      expect(error).toBeUndefined()
      expect(value).toEqual({
        ean: 4_006_381_333_931,
        id: { $number: '9007199254740993' },
        series: [{ $number: '4611686018427387905' }],
        huge: 4001,
        beyond: { $number: `1${'0'.repeat(4999)}7` },
        decimals: [
          { $number: '11439.60' },
          0.1,
          250,
          1000,
          { $number: '-0.00' },
          { $number: 'NaN' },
          { $number: '12345678901234567.89' },
        ],
        fractions: [2, { $number: '1152921504606846977' }],
        long: [0.1, { $number: '1.234567890123456789' }, { $number: '-Infinity' }, [2]],
        complex: { real: 1, imaginary: 2 },
      })
    })

    test('an integer of 5000 digits comes in as it is', async () => {
      const digits = `1${'0'.repeat(4998)}7`
      const code = 'def f(n):\n    return [n % 10, n + 1]\n'
      const { value } = await python(code, { call: { function: 'f', arguments: { n: { $number: digits } } } })
      expect(value).toEqual([7, { $number: `${digits.slice(0, -1)}8` }])
    })

    test('a duration says its unit', async () => {
      const { value, error } = await python(`
import datetime
import numpy as np, pandas as pd
result([
    datetime.timedelta(0), datetime.timedelta(hours=26), -datetime.timedelta(microseconds=1500), pd.Timedelta('1ns'),
    np.timedelta64(90, 's'), np.timedelta64(3, 'M'), np.timedelta64('NaT'), np.array([1, 2], 'm8[D]'),
    pd.Series(pd.to_timedelta(['00:00:05', None])), {datetime.timedelta(minutes=1): 1},
])
`)
      expect(error).toBeUndefined()
      expect(value).toEqual([
        'PT0S',
        'P1DT2H',
        '-PT0.0015S',
        'PT0.000000001S',
        'PT1M30S',
        '3 months',
        null,
        ['P1D', 'P2D'],
        ['PT5S', null],
        { PT1M: 1 },
      ])
    })

    test('a value that contains itself is an error', async () => {
      expect(await python('x = []\nx.append(x)\nresult(x)')).toMatchObject({
        status: 'error',
        error: { type: 'UnsupportedValue' },
      })
    })

    test('a function is called with named arguments and its result is the value', async () => {
      const code = "def add(a, b=10):\n    return a + b\nif __name__ == '__main__':\n    raise SystemExit(9)\n"
      expect(await python(code, { call: { function: 'add', arguments: { a: 1 } } })).toMatchObject({
        status: 'ok',
        value: 11,
      })
      expect((await python(code, { call: { function: 'add', arguments: { a: 1, b: 2 } } })).value).toBe(3)
    })

    test('a coroutine function is awaited', async () => {
      const code = 'import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return x * 2\n'
      expect((await python(code, { call: { function: 'f', arguments: { x: 4 } } })).value).toBe(8)
    })

    test('a call without a result gives null; one of a missing function or with wrong arguments is an error', async () => {
      const code = 'def f(x):\n    pass\n'
      expect(await python(code, { call: { function: 'f', arguments: { x: 1 } } })).toMatchObject({
        status: 'ok',
        value: null,
      })
      expect(await python(code, { call: { function: 'g', arguments: {} } })).toMatchObject({
        status: 'error',
        error: { type: 'NameError' },
      })
      expect(await python(code, { call: { function: 'f', arguments: { y: 1 } } })).toMatchObject({
        status: 'error',
        error: { type: 'TypeError' },
      })
    })

    test('special numbers travel into the code as they travel out', async () => {
      const code = 'import math\ndef f(x, n):\n    return [math.isnan(x), n + 1, type(n).__name__]\n'
      const arguments_ = { x: { $number: 'NaN' }, n: { $number: '9007199254740993' } }
      expect((await python(code, { call: { function: 'f', arguments: arguments_ } })).value).toEqual([
        true,
        { $number: '9007199254740994' },
        'int',
      ])
    })

    test('a call whose process leaves without a result is no-result', async () => {
      const code = 'import os\ndef f():\n    os._exit(0)\n'
      expect(await python(code, { call: { function: 'f', arguments: {} } })).toMatchObject({
        status: 'no-result',
        exitCode: 0,
      })
    })

    test('an exception is an error with its class, message and traceback', async () => {
      const result = await python('def f():\n    raise ValueError("bad " + "value")\nf()\n')
      expect(result).toMatchObject({
        status: 'error',
        exitCode: 1,
        error: { type: 'ValueError', message: 'bad value' },
      })
      expect(result.error?.traceback).toMatch(/line 2, in f[\s\S]*raise ValueError/)
    })

    test('an exit code is told', async () => {
      expect(await python('import sys\nsys.exit(3)')).toMatchObject({ status: 'error', exitCode: 3 })
      expect(await python('import sys\nresult(5)\nsys.exit(0)')).toMatchObject({ status: 'ok', value: 5, exitCode: 0 })
    })

    test('a program may end by exit() and quit(), and by leaving', async () => {
      const end = async (code: string) => {
        const { status, exitCode, stdout, error } = await python(`print(1, flush=True)\n${code}\nprint(2)`)
        return [status, exitCode, stdout.head, error?.message]
      }
      expect(await end('exit()')).toEqual(['ok', 0, '1\n', undefined])
      expect(await end('quit(0)')).toEqual(['ok', 0, '1\n', undefined])
      expect(await end('quit(3)')).toEqual(['error', 3, '1\n', 'the program ended with exit code 3'])
      expect(await end("exit('no rows')")).toEqual(['error', 1, '1\n', 'no rows'])
      // Nobody asked for a value, so none is missing.
      const [status, exitCode, printed, message] = await end('import os; os._exit(0)')
      expect([status, exitCode, printed]).toEqual(['no-result', 0, '1\n'])
      expect(message).toMatch(/^the program left with exit code 0/)
      expect(message).not.toContain('asked for')
    })

    test('a program that ends itself by a signal is told to have done so', async () => {
      for (const [code, signal] of [
        ['os.kill(os.getpid(), signal.SIGTERM)', 'SIGTERM'],
        ['os.kill(os.getpid(), 9)', 'SIGKILL'],
        ['signal.raise_signal(signal.SIGUSR1)', 'SIGUSR1'],
        ['signal.setitimer(signal.ITIMER_REAL, 0.05); time.sleep(5)', 'SIGALRM'],
        ['os.abort()', 'SIGABRT'],
      ] as const) {
        const result = await python(`import os, signal, time\nprint(1, flush=True)\n${code}\nprint(2)`)
        expect(result, code).toMatchObject({
          status: 'killed',
          signal,
          error: { type: signal },
          stdout: { head: '1\n' },
        })
      }
      for (const [code, signal] of [
        ["process.kill(process.pid, 'SIGTERM')", 'SIGTERM'],
        ['process.abort()', 'SIGABRT'],
      ] as const) {
        const result = await sandbox.execute({ language: 'javascript', code: `console.log(1)\n${code}\nfor (;;);` })
        expect(result, code).toMatchObject({ status: 'killed', signal, stdout: { head: '1\n' } })
      }
    })

    test('handlers of the program come first, and its children end as everywhere', async () => {
      const code = `
import os, signal, subprocess, multiprocessing, time
seen = []
signal.signal(signal.SIGTERM, lambda *_: seen.append('caught'))
os.kill(os.getpid(), signal.SIGTERM)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
child = multiprocessing.get_context('fork').Process(target=time.sleep, args=(20,))
child.start(); child.terminate(); child.join()
other = subprocess.Popen(['sleep', '20']); other.terminate()
pid = os.fork()
if pid == 0:
    os.abort()
result([seen, child.exitcode, other.wait(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])])
`
      expect((await python(code)).value).toEqual([['caught'], -15, -15, -6])
    })

    test('a module that is given with the program can be imported, and hides no other', async () => {
      const inputs = [
        { name: 'helper.py', content: 'def double(x): return 2 * x' },
        { name: 'part.py', content: 'VALUE = 3' },
        { name: 'json.py', content: 'raise RuntimeError("not this one")' },
      ]
      const code = 'import json, helper\nfrom part import VALUE\nresult(helper.double(VALUE) + len(json.dumps([])))'
      expect((await python(code, { inputs })).value).toBe(8)
    })

    test('stdout and stderr are kept apart, from child processes too, invalid UTF-8 is replaced', async () => {
      const result = await python(`
import os, subprocess, sys
print('out'); print('err', file=sys.stderr)
subprocess.run(['sh', '-c', 'echo child; echo child error >&2'])
os.write(1, b'\\xff\\xfe\\n')
`)
      expect(result.stdout).toEqual({ head: 'out\nchild\n\ufffd\ufffd\n', tail: '', totalBytes: 13, truncated: false })
      expect(result.stderr.head).toBe('err\nchild error\n')
    })

    test('output is told as it appears', async () => {
      const pieces: string[] = []
      let first = 0
      const startedAt = performance.now()
      const { usage } = await python("import time\nprint('one', flush=True)\ntime.sleep(3)\nprint('two')", {
        onOutput(stream, text) {
          first ||= performance.now() - startedAt
          pieces.push(`${stream}:${text}`)
        },
      })
      expect(pieces).toEqual(['stdout:one\n', 'stdout:two\n'])
      expect(first - usage.startupMs).toBeLessThan(2800)
    })

    test('a character that arrives in two pieces is told as one; a listener that throws ends the execution', async () => {
      const pieces: string[] = []
      const code = "import os, time\nos.write(1, b'\\xe2\\x82')\ntime.sleep(0.2)\nos.write(1, b'\\xac')"
      await python(code, { onOutput: (_, text) => void pieces.push(text) })
      expect(pieces).toEqual(['€'])
      const throwing = python("print('x', flush=True)\nwhile True: pass", {
        onOutput() {
          throw new TypeError('in the listener')
        },
      })
      await expect(throwing).rejects.toThrow('in the listener')
    })

    test('a large input file arrives whole', async () => {
      const path = join(folder, 'large')
      const bytes = 70 * MIB
      await writeFile(path, Buffer.alloc(bytes, 'x'))
      const code = `
import os
try:
    os.chmod('/box/input/large', 0o666)
except OSError as error:
    result([os.path.getsize('/box/input/large'), error.errno])
`
      expect((await python(code, { inputs: [{ name: 'large', path }] })).value).toEqual([bytes, 30])
    })

    test('long output keeps its two ends and its true length', async () => {
      const result = await python("print('a' * 100_000 + 'z' * 100_000, end='')", { limits: { capturedBytes: 1000 } })
      expect(result.status).toBe('ok')
      expect(result.stdout).toEqual({
        head: 'a'.repeat(500),
        tail: 'z'.repeat(500),
        totalBytes: 200_000,
        truncated: true,
      })
    })

    test('exit handlers and threads that are not daemons run to their end', async () => {
      const result = await python(`
import atexit, threading, time
atexit.register(lambda: print('exit'))
threading.Thread(target=lambda: (time.sleep(0.1), print('thread'))).start()
print('main')
`)
      expect(result.stdout.head).toBe('main\nthread\nexit\n')
    })

    test('what a log handler holds back is written at the end', async () => {
      const result = await python(`
import logging.handlers, sys
target = logging.StreamHandler(sys.stdout)
logging.getLogger().addHandler(logging.handlers.MemoryHandler(100, target=target))
logging.warning('held back')
print('main')
`)
      expect(result.stdout.head).toBe('main\nheld back\n')
    })

    test('a process that the program forks does not speak for it', async () => {
      const result = await python(
        "import os\npid = os.fork()\nif pid == 0:\n    result('child')\nelse:\n    os.waitpid(pid, 0)\n    result('parent')\n",
      )
      expect(result).toMatchObject({ status: 'ok', value: 'parent' })
    })

    test('several processes by multiprocessing work', async () => {
      const result = await python(`
import multiprocessing
def square(x): return x * x
with multiprocessing.get_context('fork').Pool(2) as pool:
    result(pool.map(square, [1, 2, 3]))
`)
      expect(result).toMatchObject({ status: 'ok', value: [1, 4, 9] })
    })

    test('SQLite works on a file', async () => {
      const result = await python(`
import sqlite3
connection = sqlite3.connect('/box/x.db')
connection.execute('create table t (a)')
connection.execute('insert into t values (1), (2)')
connection.commit()
result(connection.execute('select sum(a) from t').fetchone())
`)
      expect(result).toMatchObject({ status: 'ok', value: [3] })
    })

    test('workbooks, Parquet and texts of any encoding can be read', async () => {
      const result = await python(`
import io, sys
import pandas as pd
import charset_normalizer
# A warm Python has not loaded it: it would cost every execution memory and a thread.
before = 'pyarrow' in sys.modules
table = pd.DataFrame({'city': ['Köln', None, '東京'], 'n': [1, 2, 3], 'day': pd.to_datetime(['2024-01-01', None, '2024-01-03'])})
kept = {}
for name, write, read in [('xlsx', 'to_excel', pd.read_excel), ('parquet', 'to_parquet', pd.read_parquet), ('feather', 'to_feather', pd.read_feather)]:
    memory = io.BytesIO()
    getattr(table, write)(memory, **({'index': False} if name == 'xlsx' else {}))
    kept[name] = read(io.BytesIO(memory.getvalue())).equals(table)
text = 'Город;Население\\nМосква;13\\nСанкт-Петербург;5\\n'.encode('cp1251')
result({'before': before, **kept, 'encoding': charset_normalizer.from_bytes(text).best().encoding})
`)
      expect(result.error).toBeUndefined()
      expect(result.value).toMatchObject({ before: false, xlsx: true, parquet: true, feather: true })
      expect(result.value).toHaveProperty('encoding', expect.stringMatching(/cp1251|mac_cyrillic|windows/))
    })

    test('column types of Arrow are there for programs and tools that name them', async () => {
      const types = `{'direct': str(pd.Series([1, None], dtype='int64[pyarrow]').dtype), 'converted': str(pd.DataFrame({'a': [2**60 + 1, None]}, dtype='Int64').convert_dtypes(dtype_backend='pyarrow').a.dtype), 'sum': int(pd.Series([1, 2], dtype='int64[pyarrow]').sum())}`
      const expected = { direct: 'int64[pyarrow]', converted: 'int64[pyarrow]', sum: 3 }
      expect((await python(`import pandas as pd\nresult(${types})`)).value).toEqual(expected)
      const tool = {
        name: 'types',
        language: 'python' as const,
        code: `import pandas as pd\ndef types():\n    return ${types}`,
        function: 'types',
      }
      expect((await python('from tools import types\nresult(types())', { tools: [tool] })).value).toEqual(expected)
      // What comes back are tables all the same.
      const table = await python(
        "import pandas as pd\nresult(pd.DataFrame({'a': pd.Series([1, 2], dtype='int64[pyarrow]'), 's': ['x', 'y']}))",
      )
      expect(table).toMatchObject({
        status: 'ok',
        value: [
          { a: 1, s: 'x' },
          { a: 2, s: 'y' },
        ],
      })
    })

    test('input files are there, read-only, whether given as text, bytes or path', async () => {
      const path = join(folder, 'table.csv')
      await writeFile(path, 'a,b\n1,2\n', { mode: 0o600 })
      const result = await python(
        `
import os
def refused(act):
    try: act()
    except OSError as error: return error.errno
folder = '/box/input/'
result([sorted(os.listdir(folder)), open(folder + 'table.csv').read(), open(folder + 'ü b.txt').read(),
        list(open(folder + 'bytes', 'rb').read()), refused(lambda: open(folder + 'table.csv', 'a')),
        refused(lambda: os.unlink(folder + 'bytes')), refused(lambda: open(folder + 'new', 'w'))])
`,
        {
          inputs: [
            { name: 'table.csv', path },
            { name: 'ü b.txt', content: 'text' },
            { name: 'bytes', content: new Uint8Array([0, 255]) },
          ],
        },
      )
      expect(result.value).toEqual([['bytes', 'table.csv', 'ü b.txt'], 'a,b\n1,2\n', 'text', [0, 255], 30, 30, 30])
      expect(await readFile(path, 'utf8')).toBe('a,b\n1,2\n')
    })

    test('an input file that cannot be used is refused before anything runs', async () => {
      const bad = [
        [{ name: '../x', content: '' }],
        [{ name: '', content: '' }],
        [{ name: '.', content: '' }],
        [{ name: 'a/b', content: '' }],
        [{ name: 'a\0b', content: '' }],
        [{ name: 'x'.repeat(256), content: '' }],
        [{ name: '\ud800', content: '' }],
        [{ name: 'x', path: join(folder, 'missing') }],
        [{ name: 'x', path: '/dev/null' }],
        [
          { name: 'x', content: '' },
          { name: 'x', content: '' },
        ],
      ]
      for (const inputs of bad) {
        await expect(python("print('ran')", { inputs })).rejects.toMatchObject({ code: 'invalid_input_file' })
      }
    })

    test('an input file may be reached by a link, and arrives as a file', async () => {
      const path = join(folder, 'real.txt')
      await writeFile(path, 'real')
      await symlink(path, join(folder, 'link.txt'))
      const result = await python("import os\nresult([open('/box/input/a').read(), os.path.islink('/box/input/a')])", {
        inputs: [{ name: 'a', path: join(folder, 'link.txt') }],
      })
      expect(result.value).toEqual(['real', false])
    })

    test('artifacts arrive with size, hash and media type, below folders too', async () => {
      const target = join(folder, 'artifacts')
      const result = await python(
        `
import os
os.makedirs('/box/output/plots/deep')
open('/box/output/table.csv', 'w').write('a,b\\n')
open('/box/output/plots/deep/x.png', 'wb').write(bytes.fromhex('89504e470d0a1a0a') + b'0')
open('/box/output/empty', 'w').close()
`,
        { artifactsFolder: target },
      )
      expect(result.artifacts).toEqual([
        { name: 'empty', bytes: 0, sha256: sha256(''), mediaType: 'text/plain', path: join(target, 'empty') },
        {
          name: 'table.csv',
          bytes: 4,
          sha256: sha256('a,b\n'),
          mediaType: 'text/csv',
          path: join(target, 'table.csv'),
        },
        expect.objectContaining({ name: 'plots/deep/x.png', bytes: 9, mediaType: 'image/png' }),
      ])
      expect(await readFile(join(target, 'table.csv'), 'utf8')).toBe('a,b\n')
    })

    test('figures that were shown, or are still open and unsaved, arrive as pictures; saved ones once', async () => {
      const code = `
import matplotlib.pyplot as plt
plt.plot([1, 2]); plt.savefig('/box/output/saved.png')
plt.figure(); plt.plot([2, 1]); plt.show(); plt.close('all')
plt.figure(); plt.bar(['Москва', 'Köln'], [1, 2])
plt.figure()
`
      const { artifacts, status, stderr } = await python(code)
      expect(status).toBe('ok')
      // The cloud's test machine has the program of fontconfig and not its settings, which matplotlib's search for fonts shows.
      const said = name === 'e2b' ? stderr.head.replaceAll(/^Fontconfig error: .*\n/gm, '') : stderr.head
      expect(said).toBe('')
      expect(artifacts.map(({ name, mediaType }) => [name, mediaType]).sort()).toEqual([
        ['figure-1.png', 'image/png'],
        ['figure-2.png', 'image/png'],
        ['saved.png', 'image/png'],
      ])
    })

    test.each([
      [
        'python',
        `
import os
open('km.csv', 'w').write('1'); open('/box/output/both.txt', 'w').write('meant'); open('both.txt', 'w').write('other')
os.makedirs('charts/inner'); open('charts/inner/a.txt', 'w').write('22')
os.symlink('/etc/passwd', 'link'); os.symlink('/', 'charts/root'); open('.cache', 'w').write('3'); os.mkfifo('pipe')`,
      ],
      [
        'javascript',
        `
const fs = require('node:fs')
fs.writeFileSync('km.csv', '1'); fs.writeFileSync('/box/output/both.txt', 'meant'); fs.writeFileSync('both.txt', 'other')
fs.mkdirSync('charts/inner', { recursive: true }); fs.writeFileSync('charts/inner/a.txt', '22')
fs.symlinkSync('/etc/passwd', 'link'); fs.symlinkSync('/', 'charts/root'); fs.writeFileSync('.cache', '3')`,
      ],
    ] as const)(
      'what a %s program left in its working folder is handed over, without links',
      async (language, code) => {
        const { artifacts, status, error } = await sandbox.execute({ language, code })
        expect(error).toBeUndefined()
        expect(status).toBe('ok')
        expect(artifacts.map(({ name, bytes }) => [name, bytes]).sort()).toEqual([
          ['both.txt', 5],
          ['charts/inner/a.txt', 2],
          ['km.csv', 1],
        ])
      },
    )

    test('artifacts of a program that failed or was ended arrive as well', async () => {
      const failed = await python("open('/box/output/a', 'w').write('1')\nraise ValueError()")
      expect(failed).toMatchObject({ status: 'error', artifacts: [{ name: 'a', bytes: 1 }] })
      const ended = await python("open('/box/output/a', 'w').write('1')\nwhile True: pass", { limits: { wallMs: 300 } })
      expect(ended).toMatchObject({ status: 'timeout', artifacts: [{ name: 'a', bytes: 1 }] })
    })

    test('more artifacts, or larger ones, than allowed are dropped with the reason', async () => {
      const many = await python("for n in range(5):\n    open(f'/box/output/{n}', 'w').write('x')", {
        limits: { artifactCount: 3 },
      })
      expect(many.artifacts).toHaveLength(3)
      expect(many.droppedArtifacts).toEqual([
        { name: '3', reason: 'too-many' },
        { name: '4', reason: 'too-many' },
      ])
      const large = await python(
        "import errno\ntry:\n    open('/box/output/a', 'wb').write(b'x' * 2_000_000)\nexcept OSError as e:\n    result(errno.errorcode[e.errno])",
        { limits: { artifactBytes: MIB } },
      )
      expect(large.value).toBe('ENOSPC')
    })

    test('tools can be imported, and import each other', async () => {
      const tools: ToolModule[] = [
        { name: 'double', language: 'python', code: 'def double(x):\n    return x * 2\n', function: 'double' },
        {
          name: 'quadruple',
          language: 'python',
          code: 'from tools import double\ndef run(x):\n    return double(double(x))\n',
          function: 'run',
        },
      ]
      expect((await python('from tools import quadruple\nresult(quadruple(3))', { tools })).value).toBe(12)
      expect((await python('import tools\nresult([tools.double(1), dir(tools)])', { tools })).value).toEqual([
        2,
        ['double', 'quadruple'],
      ])
    })

    test('a tool that is missing, of another language, broken or its own importer is a clear error', async () => {
      const tools: ToolModule[] = [
        { name: 'other', language: 'javascript', code: 'export default () => 1', function: 'other' },
        { name: 'broken', language: 'python', code: 'raise ValueError("at import")', function: 'broken' },
        { name: 'self', language: 'python', code: 'from tools import self\n', function: 'self' },
        { name: 'empty', language: 'python', code: '', function: 'empty' },
      ]
      const importing = (name: string) => python(`from tools import ${name}`, { tools })
      expect((await importing('missing')).error).toMatchObject({ type: 'ImportError' })
      expect((await importing('other')).error).toMatchObject({
        type: 'ImportError',
        message: expect.stringContaining('javascript'),
      })
      expect((await importing('broken')).error).toMatchObject({ type: 'ValueError', message: 'at import' })
      expect((await importing('self')).error).toMatchObject({
        type: 'ImportError',
        message: expect.stringContaining('imports itself'),
      })
      expect((await importing('empty')).error).toMatchObject({ type: 'ImportError' })
    })

    test('limits that differ from the defaults hold', async () => {
      const result = await python(
        "import resource, os\nresult([resource.getrlimit(resource.RLIMIT_NOFILE)[0], os.statvfs('/box').f_blocks * os.statvfs('/box').f_frsize])",
        { limits: { openFiles: 64, temporaryBytes: 16 * MIB, memoryBytes: 256 * MIB, cpuMs: 60_000 } },
      )
      expect(result.value).toEqual([64, 16 * MIB])
      expect(result.limits).toEqual({
        ...DEFAULT_LIMITS,
        openFiles: 64,
        temporaryBytes: 16 * MIB,
        memoryBytes: 256 * MIB,
        cpuMs: 60_000,
      })
    })

    test('limits that are no limits are refused', async () => {
      const bad = [{ wallMs: 0 }, { wallMs: Number.NaN }, { memoryBytes: -1 }, { cpuMs: 1.5 }, { processes: 1e9 }]
      for (const limits of bad) {
        await expect(python('', { limits })).rejects.toMatchObject({ code: 'invalid_arguments' })
      }
      const unknown = { bytes: 1 } as Partial<typeof DEFAULT_LIMITS>
      await expect(python('', { limits: unknown })).rejects.toMatchObject({ code: 'invalid_arguments' })
    })

    test('usage says what was used', async () => {
      const result = await python(
        'x = bytearray(100 << 20)\nfor _ in range(2_000_000): pass\nimport time\ntime.sleep(0.2)',
      )
      expect(result.usage.wallMs).toBeGreaterThan(200)
      expect(result.usage.cpuMs).toBeGreaterThan(10)
      expect(result.usage.cpuMs).toBeLessThan(result.usage.wallMs * 2)
      expect(result.usage.peakMemoryBytes).toBeGreaterThan(100 * MIB)
      expect(result.usage.startupMs).toBeGreaterThanOrEqual(0)
    })

    test('an execution that was cancelled before it started is not started', async () => {
      const execution = python("print('ran')", { signal: AbortSignal.abort() })
      await expect(execution).rejects.toMatchObject({ code: 'cancelled' })
    })

    test('an abort under way ends it as killed', async () => {
      const controller = new AbortController()
      const result = await python("print('started', flush=True)\nimport time\ntime.sleep(60)", {
        signal: controller.signal,
        onOutput: () => controller.abort(),
      })
      expect(result).toMatchObject({ status: 'killed', signal: 'SIGKILL' })
      expect(result.usage.wallMs).toBeLessThan(5_000)
    })

    test('many executions at a time all end right', async () => {
      const runs = Array.from({ length: 24 }, (_, index) => python(`result(${index} ** 2)`))
      const results = await Promise.all(runs)
      expect(results.map(({ value }) => value)).toEqual(results.map((_, index) => index ** 2))
    })

    test('JavaScript and TypeScript programs run under the same rules', async () => {
      const javascript = await sandbox.execute({
        language: 'javascript',
        code: "import { writeFileSync, readFileSync } from 'node:fs'\nwriteFileSync('/box/output/a.txt', 'x')\nconsole.log('out')\nconsole.error('err')\nresult({ text: readFileSync('/box/input/in', 'utf8'), nan: NaN })",
        inputs: [{ name: 'in', content: 'hello' }],
      })
      expect(javascript).toMatchObject({
        status: 'ok',
        value: { text: 'hello', nan: { $number: 'NaN' } },
        stdout: { head: 'out\n' },
        stderr: { head: 'err\n' },
        artifacts: [{ name: 'a.txt', bytes: 1 }],
      })
      const typescript = await sandbox.execute({
        language: 'typescript',
        code: 'export function add({ a, b }: { a: number; b: number }): number { return a + b }',
        call: { function: 'add', arguments: { a: 1, b: 2 } },
      })
      expect(typescript).toMatchObject({ status: 'ok', value: 3 })
      const failed = await sandbox.execute({ language: 'javascript', code: 'throw new RangeError("no")' })
      expect(failed).toMatchObject({ status: 'error', error: { type: 'RangeError', message: 'no' } })
    })

    test('what no backend can execute is refused', async () => {
      const ruby = { language: 'ruby', code: '' } as unknown as Execution
      await expect(sandbox.execute(ruby)).rejects.toMatchObject({ code: 'invalid_arguments' })
      const tools = [{ name: '../x', language: 'python' as const, code: '', function: 'x' }]
      await expect(python('', { tools })).rejects.toMatchObject({ code: 'invalid_arguments' })
    })
  })
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
