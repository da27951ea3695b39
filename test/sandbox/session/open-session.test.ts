import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ExecutionLanguage } from '../../../src/contracts/sandbox.ts'
import { openSession, type Session, type SessionExecution } from '../../../src/sandbox/session/open-session.ts'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'

let opened: TestSandbox
let folder: string
let session: Session

beforeAll(async () => {
  opened = await openTestSandbox()
})
afterAll(() => opened.close())
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'handaxe-session-')), 'one')
  session = openSession(opened.sandbox, { folder })
})

const run = (language: ExecutionLanguage, code: string, more: Partial<SessionExecution> = {}) =>
  session.execute({ language, code, ...more })
const python = (code: string, more: Partial<SessionExecution> = {}) => run('python', code, more)
const javascript = (code: string, more: Partial<SessionExecution> = {}) => run('javascript', code, more)

/** Keeps what `define` defines in one execution, and in the next holds it against the same once more. */
async function survives(define: string, names: string[], check: string, more: Partial<SessionExecution> = {}) {
  const first = await python(define, { keep: names, ...more })
  expect(first, first.error?.traceback).toMatchObject({ status: 'ok', session: { notes: [], kept: names } })
  const next = await python(`from tools import session\n${define}\n${check}\nresult("same")`, more)
  expect(next.error?.traceback).toBeUndefined()
  expect(next.value).toBe('same')
  return first.session.values
}

describe('Python values in a session', () => {
  test('plain ones survive with their types: NaN, big integers, tuples, sets, bytes, keys, times, other scripts', async () => {
    const values = await survives(
      `
import datetime, decimal, fractions, collections, enum, uuid
plain = {"a": [1, 2.5, None, True, "é"], "b": {"c": {"d": []}}, "float": 1.0}
scripts = "中文 العربية עברית हिन्दी 👩‍👩‍👧 \\u0000 \\u202e"
huge = [2**53, -2**80, 10**40]
numbers = [float("nan"), float("inf"), -0.0, 1e308, 5e-324]
shapes = {"tuple": (1, (2,)), "set": {1, 2}, 3: "key", (1, 2): "pair", b"x": bytearray(b"\\xff\\x00"), None: ...}
times = [datetime.datetime(2024, 2, 29, 12, 30, 1, 5, tzinfo=datetime.timezone.utc), datetime.date(1, 1, 1), datetime.timedelta(days=-1)]
exact = [decimal.Decimal("1.10"), fractions.Fraction(1, 3), 1 + 2j, uuid.UUID(int=5), range(3), collections.Counter("aab")]
surrogate = "\\ud800"
deep = []
for _ in range(200): deep = [deep]`,
      ['plain', 'scripts', 'huge', 'numbers', 'shapes', 'times', 'exact', 'surrogate', 'deep'],
      `
import math
for name in ("plain", "scripts", "huge", "shapes", "times", "exact", "surrogate", "deep"):
    assert session[name] == globals()[name], name
    assert repr(session[name]) == repr(globals()[name]), name
assert repr(session.numbers) == repr(numbers)
assert math.isnan(session.numbers[0]) and math.copysign(1, session.numbers[2]) == -1`,
    )
    expect(Object.fromEntries(values.map(({ name, format }) => [name, format]))).toMatchObject({
      plain: 'json',
      scripts: 'json',
      huge: 'pickle',
      numbers: 'pickle',
      shapes: 'pickle',
      surrogate: 'pickle',
    })
  })

  test('tables and arrays survive with dtypes, index, order and missing values', async () => {
    const values = await survives(
      `
import numpy as np, pandas as pd
frame = pd.DataFrame(
    {"n": pd.array([1, None], dtype="Int64"), "f": np.array([1.5, np.nan], dtype="float32"), "c": pd.Categorical(["a", "b"]),
     "t": pd.to_datetime(["2024-01-01", None]).tz_localize("Europe/Berlin"), "s": ["ü", None], "o": [1, "x"]},
    index=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["k", None]))
numbers = pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]}, index=pd.RangeIndex(2, 6, 2))
series = pd.Series([1, 2], index=pd.date_range("2024", periods=2, freq="D"), name="ü", dtype="int8")
array = np.asfortranarray(np.arange(12, dtype=">i2").reshape(3, 4))
moments = np.array(["2024-01-01", "NaT"], dtype="datetime64[ns]")
structured = np.array([(1, "a")], dtype=[("x", "i4"), ("y", "U3")])
objects = np.array([1, "a", None], dtype=object)
scalar = np.float32(0.1)`,
      ['frame', 'numbers', 'series', 'array', 'moments', 'structured', 'objects', 'scalar'],
      `
pd.testing.assert_frame_equal(session.frame, frame, check_exact=True)
pd.testing.assert_frame_equal(session.numbers, numbers, check_exact=True)
assert type(session.numbers.index) is pd.RangeIndex
pd.testing.assert_series_equal(session.series, series, check_freq=True)
for name in ("array", "moments", "structured", "objects"):
    one, other = session[name], globals()[name]
    assert one.dtype == other.dtype and one.shape == other.shape and one.flags.f_contiguous == other.flags.f_contiguous, name
    np.testing.assert_array_equal(one, other)
assert session.scalar == scalar and type(session.scalar) is np.float32`,
    )
    expect(Object.fromEntries(values.map(({ name, format }) => [name, format]))).toMatchObject({
      array: 'npy',
      moments: 'npy',
      structured: 'npy',
      objects: 'pickle',
    })
    expect(values.find(({ name }) => name === 'array')?.type).toBe('numpy.ndarray (3, 4)')
  })

  test('tables are parquet where that gives back the same', async () => {
    const values = await survives(
      `
import pandas as pd
plain = pd.DataFrame({"a": [1, 2], "b": ["x", None]}, index=pd.RangeIndex(2, 6, 2))
kinds = pd.DataFrame({"c": pd.Categorical(["a", "b"]), "n": pd.array([1, None], dtype="Int64")}, index=pd.Index(["x", "y"], name="k"))
mixed = pd.DataFrame({"o": [1, "x"]})
twice = pd.DataFrame([[1, 2]], columns=["a", "a"])
daily = pd.DataFrame({"a": [1, 2]}, index=pd.date_range("2024", periods=2, freq="D"))`,
      ['plain', 'kinds', 'mixed', 'twice', 'daily'],
      `
for name in ("plain", "kinds", "mixed", "twice", "daily"):
    pd.testing.assert_frame_equal(session[name], globals()[name], check_exact=True, check_freq=True)`,
    )
    expect(Object.fromEntries(values.map(({ name, format }) => [name, format]))).toEqual({
      plain: 'parquet',
      kinds: 'parquet',
      mixed: 'pickle',
      twice: 'pickle',
      daily: 'pickle',
    })
  })

  test('nothing is loaded that is not used, and what is not there is named', async () => {
    await python('import numpy as np\na = np.arange(3)\nb = 1', { keep: ['a', 'b'] })
    const unused = await python(
      'import os\nfrom tools import session\nresult([list(session), "a" in session, len(session), session._loaded])',
    )
    expect(unused.value).toEqual([['a', 'b'], true, 2, {}])
    const missing = await python('from tools import session\nsession.c')
    expect(missing.error).toMatchObject({ type: 'AttributeError', message: expect.stringContaining('it has: a, b') })
  })

  test('`session.keep` and `session.drop` change what there is; the last value counts', async () => {
    await python('from tools import session\nsession.keep(a=1, b=2)\nsession.keep(a=[3])')
    expect((await session.values()).map(({ name, type }) => [name, type])).toEqual([
      ['a', 'list'],
      ['b', 'int'],
    ])
    const dropped = await python('from tools import session\nsession.drop("a", "nothing")\nresult(list(session))')
    expect(dropped).toMatchObject({ value: ['b'], session: { dropped: ['a'], values: [{ name: 'b' }] } })
  })

  test('a value that cannot be kept is named, and the others are kept', async () => {
    const result = await python(
      'import threading\nclass Point: pass\np = Point()\nf = lambda: 1\nlock = threading.Lock()\nx = 5',
      {
        keep: ['p', 'f', 'lock', 'x', 'missing'],
      },
    )
    expect(result.status).toBe('ok')
    expect(result.session.kept).toEqual(['x'])
    expect(result.session.notes).toEqual([
      { name: 'p', reason: expect.stringContaining("'Point' is defined in the program") },
      { name: 'f', reason: expect.stringContaining('is defined in the program') },
      { name: 'lock', reason: expect.stringContaining('cannot pickle') },
      { name: 'missing', reason: 'the program does not define it' },
    ])
  })

  test('the lines of the program keep their numbers, and its own files arrive without those of the session', async () => {
    const failed = await python('x = 1\nraise ValueError("here")', { keep: ['x'] })
    expect(failed.error?.traceback).toContain('line 2')
    const target = join(folder, '..', 'artifacts')
    const result = await python('x = 1\nopen("/box/output/own.txt", "w").write("1")', {
      keep: ['x'],
      artifactsFolder: target,
    })
    expect(result.artifacts.map(({ name }) => name)).toEqual(['own.txt'])
    expect(readdirSync(target)).toEqual(['own.txt'])
  })
})

describe('JavaScript values in a session', () => {
  test('survive as structured clones, and plain ones go from language to language', async () => {
    const define = `
const plain = { a: [1, null, 'é'], b: {} }
const clones = { map: new Map([[1, new Set([2n])]]), date: new Date(5), nan: [NaN, -0, Infinity], bytes: new Uint8Array([0, 255]), text: /x/g, gone: undefined, holes: [1, , 3] }
clones.self = clones`
    const kept = await javascript(define, { keep: ['plain', 'clones'] })
    expect(kept, kept.error?.traceback).toMatchObject({
      status: 'ok',
      session: { kept: ['plain', 'clones'], notes: [] },
    })
    const next = await javascript(`
import { session } from 'tools'
import { deepStrictEqual } from 'node:assert'
${define}
deepStrictEqual(session('plain'), plain)
deepStrictEqual(session('clones'), clones)
result(session.names())`)
    expect(next.error).toBeUndefined()
    expect(next.value).toEqual(['clones', 'plain'])
    const other = await python('from tools import session\nresult(session.plain)\nsession.keep(table={"x": [1.5]})')
    expect(other.value).toEqual({ a: [1, null, 'é'], b: {} })
    expect((await python('from tools import session\nsession.clones')).error?.message).toContain('kept by JavaScript')
    const back = await run(
      'typescript',
      "import { session } from 'tools'\nconst t: unknown = session('table')\nresult(t)",
    )
    expect(back.value).toEqual({ x: [1.5] })
  })

  test('what cannot be kept is named: functions, instances of classes, words that are no variables', async () => {
    const result = await javascript('class A {}\nconst f = () => 1\nconst a = [new A()]\nconst x = 1', {
      keep: ['f', 'a', 'class', 'missing', 'x'],
    })
    expect(result.session.kept).toEqual(['x'])
    expect(result.session.notes.map(({ name }) => name)).toEqual(['f', 'a', 'class', 'missing'])
  })
})

describe('the old state stays', () => {
  const state = async () => (await session.values()).map(({ name }) => name)
  beforeEach(async () => {
    await python('a = 1', { keep: ['a'] })
  })

  test.each([
    ['raises', 'from tools import session\nsession.keep(a=2, b=3)\nraise ValueError()', 'error'],
    ['exits with a code', 'import sys\nfrom tools import session\nsession.keep(b=3)\nsys.exit(3)', 'error'],
    ['runs too long', 'from tools import session\nsession.keep(b=3)\nwhile True: pass', 'timeout'],
    ['ends without a word', 'import os\nfrom tools import session\nsession.keep(b=3)\nos._exit(9)', 'error'],
  ])('when the program %s', async (_, code, status) => {
    const result = await python(code, { limits: { wallMs: 3000 } })
    expect(result.status).toBe(status)
    expect(result.session.kept).toEqual([])
    expect(await state()).toEqual(['a'])
    expect((await python('from tools import session\nresult(session.a)')).value).toBe(1)
    expect(readdirSync(folder)).toHaveLength(2)
  })

  test('when the execution is refused or cancelled', async () => {
    await expect(python('b = 1', { keep: ['b'], inputs: [{ name: 'x', path: '/missing' }] })).rejects.toMatchObject({
      code: 'invalid_input_file',
    })
    await expect(python('b = 1', { keep: ['b'], signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    })
    expect(await state()).toEqual(['a'])
    expect(readdirSync(folder)).toHaveLength(2)
  })
})

describe('limits', () => {
  test('of one value, of the number, of all together: what does not fit is named, the rest is kept', async () => {
    session = openSession(opened.sandbox, { folder, limits: { values: 2, valueBytes: 1000, totalBytes: 1500 } })
    const large = await python('a = "x" * 2000\nb = "y" * 900', { keep: ['a', 'b'] })
    expect(large.session).toMatchObject({
      kept: ['b'],
      notes: [{ name: 'a', reason: expect.stringContaining('1000') }],
    })
    const all = await python('c = "z" * 900\nd = 1\ne = 2', { keep: ['c', 'd', 'e'] })
    expect(all.session).toMatchObject({
      kept: ['d'],
      notes: [
        { name: 'c', reason: expect.stringContaining('1500') },
        { name: 'e', reason: expect.stringContaining('limit') },
      ],
    })
  })

  test('code that goes around the guest’s own checks is stopped by the host’s', async () => {
    session = openSession(opened.sandbox, { folder, limits: { valueBytes: 1000 } })
    const forged = await python(`
import json, os
os.mkdir('/box/output/.session')
open('/box/output/.session/1.json', 'w').write('"' + 'x' * 5000 + '"')
open('/box/output/.session/2.json', 'w').write('1')
values = [{"name": n, "format": "json", "file": f, "type": "t\\u202e\\u001b[31m"} for n, f in
          (("large", "1.json"), ("small", "2.json"), ("small", "2.json"), ("lost", "3.json"))]
json.dump({"values": values, "dropped": ["nothing"], "failed": []}, open('/box/output/.session/index.json', 'w'))`)
    expect(forged.session.kept).toEqual(['small'])
    expect(forged.session.notes.map(({ name }) => name)).toEqual(['large', 'small', 'lost'])
    expect(forged.session.values[0]?.type).toBe('t\ufffd\ufffd[31m')
  })

  test('a full output folder costs the value that did not fit, not the others', async () => {
    const result = await python(
      'import numpy as np\nsmall = 1\nlarge = np.zeros(60_000_000, dtype="u1")\nother = 2\nfill = open("/box/output/fill", "wb").write(b"x" * 20_000_000)',
      { keep: ['small', 'large', 'other'] },
    )
    expect(result.session.kept).toEqual(['small', 'other'])
    expect(result.session.notes).toEqual([{ name: 'large', reason: expect.stringContaining('OSError') }])
  })
})

describe('hostile sessions', () => {
  test.each(['', 'a b', '../a', 'a/b', 'a\0', '1a', 'x'.repeat(65), 'a\u202eb', 'a-b', '"];import os;["'])(
    'a variable named %j is refused before anything runs',
    async (name) => {
      await expect(python('print(1)', { keep: [name] })).rejects.toMatchObject({ code: 'invalid_arguments' })
    },
  )

  test('names that the code makes up are refused', async () => {
    const result = await python(
      'from tools import session\nsession.keep(**{"../x": 1, "a b": 2, "": 3, "ok": 4, "名前": 5})',
    )
    expect(result.session.kept).toEqual(['ok', '名前'])
    expect(result.session.notes).toHaveLength(3)
  })

  test('names that mean something to JavaScript are only names', async () => {
    const code = 'require(\'tools\').session.keep(JSON.parse(\'{"__proto__": 1, "constructor": 2, "toString": 3}\'))'
    const kept = await javascript(code)
    expect(kept.session.kept.toSorted()).toEqual(['__proto__', 'constructor', 'toString'])
    const read = await javascript(
      "const { session } = require('tools')\nresult([session('__proto__'), session('constructor')])",
    )
    expect(read.value).toEqual([1, 2])
    expect(
      (await python('from tools import session\nresult([session["__proto__"], session["toString"]])')).value,
    ).toEqual([1, 3])
  })

  test('the own names of the session cannot be taken', async () => {
    const inputs = [{ name: '.session.json', content: '{}' }]
    await expect(python('1', { inputs })).rejects.toMatchObject({ code: 'invalid_input_file' })
    const tools = [{ name: 'session', language: 'python' as const, code: 'session = 1', function: 'session' }]
    await expect(python('1', { tools })).rejects.toMatchObject({ code: 'invalid_arguments' })
    const call = { function: 'f', arguments: {} }
    await expect(python('def f(): pass', { call, keep: ['x'] })).rejects.toMatchObject({ code: 'invalid_arguments' })
  })

  test('a poisoned pickle acts in the sandbox of its own session only, and only when it is asked for', async () => {
    const canary = join(folder, '..', 'canary')
    const poisoned = await python(
      `
class Poison:
    def __reduce__(self):
        code = "open('/box/output/canary', 'w').write('inside')\\ntry:\\n    open(${JSON.stringify(canary).replaceAll('"', "'")}, 'w').write('outside')\\nexcept OSError as error:\\n    print('refused', error.errno)"
        return (exec, (code,))
value = Poison()`,
      { keep: ['value'] },
    )
    expect(poisoned.session.kept, JSON.stringify(poisoned.session.notes)).toEqual(['value'])
    expect(await session.values()).toMatchObject([{ name: 'value', format: 'pickle' }])
    expect(existsSync(canary)).toBe(false)
    const untouched = await python('from tools import session\nresult(len(session))')
    expect(untouched).toMatchObject({ value: 1, artifacts: [] })
    const triggered = await python('from tools import session\nsession.value')
    expect(triggered.stdout.head).toMatch(/refused \d+/)
    expect(triggered.artifacts.map(({ name }) => name)).toEqual(['canary'])
    expect(existsSync(canary)).toBe(false)
    const other = openSession(opened.sandbox, { folder: join(folder, '..', 'two') })
    expect(
      (await other.execute({ language: 'python', code: 'from tools import session\nresult(len(session))' })).value,
    ).toBe(0)
  })

  test('a list of values that is no list, is huge or lies elsewhere changes nothing', async () => {
    await python('a = 1', { keep: ['a'] })
    for (const write of [
      'open(p, "w").write("{")',
      'open(p, "w").write("[" * 100_000)',
      'open(p, "w").write("x" * 5_000_000)',
      'open(p, "w").write(\'{"values": [{"name": "a", "format": "pickle", "file": "../../x", "type": ""}], "dropped": [], "failed": []}\')',
      'os.symlink("/etc/passwd", p)',
      'os.mkfifo(p)',
    ]) {
      const result = await python(
        `import os\nos.mkdir("/box/output/.session")\np = "/box/output/.session/index.json"\n${write}`,
      )
      expect(result.status, result.error?.traceback).toBe('ok')
      expect(result.session.kept).toEqual([])
      expect(await session.values()).toMatchObject([{ name: 'a' }])
    }
  })

  test('several values in one file, under one name, or in a file of another kind are told, and the first one is kept', async () => {
    const forge = (entries: [name: string, format: string, file: string][]) => `
import json, os
os.makedirs('/box/output/.session/3.json')
for number in (1, 2): open(f'/box/output/.session/{number}.json', 'w').write(str(number))
values = [{"name": n, "format": f, "file": p, "type": "int"} for n, f, p in json.loads('${JSON.stringify(entries)}')]
json.dump({"values": values, "dropped": ["a", "a", "b"], "failed": []}, open('/box/output/.session/index.json', 'w'))
result('whole')`
    const entries: Parameters<typeof forge>[0] = [
      ['a', 'json', '1.json'],
      ['b', 'json', '1.json'],
      ['a', 'json', '2.json'],
      ['c', 'pickle', '2.json'],
      ['d', 'json', '3.json'],
      ['e', 'json', '2.json'],
      ['f', 'json', '2.json'],
    ]
    const result = await python(forge(entries))
    expect(result).toMatchObject({ status: 'ok', value: 'whole' })
    expect(result.session.kept).toEqual(['a', 'e'])
    expect(result.session.notes).toEqual([
      { name: 'b', reason: 'its file is that of another value' },
      { name: 'a', reason: 'it is listed twice' },
      { name: 'c', reason: 'its file did not arrive' },
      { name: 'd', reason: 'its file did not arrive' },
      { name: 'f', reason: 'its file is that of another value' },
    ])
    expect((await python('from tools import session\nresult([session.a, session.e])')).value).toEqual([1, 2])
  })

  test('a result is not lost where nothing can be kept of it', async () => {
    await python('a = 1', { keep: ['a'] })
    const breakFolder = () => {
      rmSync(folder, { recursive: true })
      writeFileSync(folder, 'no folder any more')
    }
    const result = await python('b = 2\nprint("now", flush=True)\nresult(42)', { keep: ['b'], onOutput: breakFolder })
    expect(result).toMatchObject({ status: 'ok', value: 42, session: { kept: [], dropped: [] } })
    expect(result.session.notes).toEqual([
      { name: '', reason: expect.stringMatching(/^nothing was kept: .*\(E\w+\)$/) },
    ])
    expect(JSON.stringify(result.session)).not.toContain(folder)
  })

  test('files for the session that do not arrive are told', async () => {
    const result = await python('a = 1', { keep: ['a'], limits: { artifactCount: 1 } })
    expect(result.session).toMatchObject({
      kept: [],
      notes: [{ reason: expect.stringMatching(/too-many|did not arrive|OSError/) }],
    })
  })

  test('a snapshot that has changed on the disk is not used', async () => {
    await python('a = {"x": 1}', { keep: ['a'] })
    const manifest = JSON.parse(readFileSync(join(folder, 'session.json'), 'utf8'))
    writeFileSync(join(folder, manifest.folder, manifest.values[0].file), '{"x": 2}')
    const result = await python('from tools import session\nresult(session.a)')
    expect(result.error?.message).toContain("the snapshot of 'a' is not what was kept")
  })
})
