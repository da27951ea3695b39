import { describeFinding } from '../../../src/domain/admission/describe-finding.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkDeterminism, type DeterminismCheck } from '../../../src/admission/determinism/check-determinism.ts'
import type { JsonObject } from '../../../src/contracts/json.ts'
import type { InputFile, ToolLanguage } from '../../../src/contracts/sandbox.ts'
import { NO_NEEDS } from '../../../src/contracts/tool.ts'
import { borrowTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { compare } from '../run-tests.ts'
import { subject } from '../subjects.ts'

let opened: TestSandbox
beforeAll(async () => {
  opened = await borrowTestSandbox()
})
afterAll(() => opened.close())

const CALLS: JsonObject[] = [{ x: 1 }, { x: 2 }, { x: 3 }]

function check(
  language: ToolLanguage,
  code: string,
  { calls = CALLS, inputs = [] }: { calls?: JsonObject[]; inputs?: InputFile[] } = {},
): Promise<DeterminismCheck> {
  return checkDeterminism({ sandbox: opened.sandbox, tool: subject(language, code), calls, inputs, compare })
}

describe('a tool that is a function of its arguments', () => {
  test.each<[string, ToolLanguage, string]>([
    ['plain Python', 'python', 'def f(x): return x * 2'],
    ['a fixed date', 'python', 'import datetime\ndef f(x): return datetime.date(2024, 2, x).strftime("%A")'],
    ['a generator with a seed', 'python', 'import random\ndef f(x): return random.Random(x).random()'],
    [
      'numpy with a seed',
      'python',
      'import numpy as np\ndef f(x): return np.random.default_rng(x).normal(size=3).tolist()',
    ],
    ['a sorted set', 'python', 'def f(x): return sorted({"a", "b", "cc", str(x)})'],
    [
      'a temporary file of its own',
      'python',
      'import tempfile\ndef f(x):\n  with tempfile.TemporaryFile("w+") as file:\n    file.write(str(x)); file.seek(0)\n    return file.read()',
    ],
    [
      'a plot',
      'python',
      'import matplotlib.pyplot as plt\ndef f(x):\n  figure, axes = plt.subplots()\n  axes.plot([1, x])\n  figure.savefig("/box/output/a.png")\n  plt.close(figure)\n  return "a.png"',
    ],
    [
      'time zones',
      'python',
      'from zoneinfo import ZoneInfo\nfrom datetime import datetime\ndef f(x): return datetime(2024, x, 1, tzinfo=ZoneInfo("Europe/Berlin")).isoformat()',
    ],
    [
      'tables',
      'python',
      'import pandas as pd\ndef f(x): return pd.DataFrame({"k": ["a", "b", "a"], "v": [x, 2, 3]}).groupby("k").v.sum().to_dict()',
    ],
    ['a coroutine', 'python', 'async def f(x): return x'],
    ['NaN', 'python', 'def f(x): return [float("nan"), float("inf"), x]'],
    ['plain JavaScript', 'javascript', 'export default function f({ x }) { return x * 2 }'],
    [
      'a fixed date in JavaScript',
      'javascript',
      'export default function f({ x }) { const d = new Date(Date.UTC(2024, 1, x)); return [d.toISOString(), d instanceof Date, d.constructor === Date, Date.UTC(2024, 1, x)] }',
    ],
    [
      'a timer',
      'javascript',
      "import { setTimeout as wait } from 'node:timers/promises'\nexport default async function f({ x }) { await wait(2); return x }",
    ],
    [
      'a JavaScript Set',
      'javascript',
      "export default function f({ x }) { return [...new Set(['b', 'a', String(x)])] }",
    ],
  ])('passes: %s', async (_name, language, code) => {
    const found = await check(language, code)
    expect(found).toMatchObject({ deterministic: true, compared: 3, findings: [], sources: [], changedArguments: [] })
  })

  test('may read the files that its arguments name', async () => {
    const code = 'def f(x):\n  with open(x) as file: return file.read()'
    const inputs = [{ name: 'prices.csv', content: '1,2\n' }]
    const found = await check('python', code, { calls: [{ x: '/box/input/prices.csv' }], inputs })
    expect(found).toMatchObject({ deterministic: true, compared: 1, findings: [] })
  })
})

describe('the order of sets', () => {
  test('is compared in new interpreters, with the packages of the sandbox, where the code makes any', async () => {
    const code = 'import numpy as np\ndef f(x): return float(np.array(sorted({1.5, 2.5, x})).sum())'
    expect(await check('python', code)).toMatchObject({ deterministic: true, hashOrder: 'compared', compared: 3 })
    expect(await check('python', 'def f(x): return {"a": x}')).toMatchObject({ hashOrder: 'not-needed' })
  })

  test('is said not to have been compared where no new interpreter can be had', async () => {
    const code = 'import sys\nsys.executable = "/nowhere"\ndef f(x): return sorted({x})'
    expect(await check('python', code)).toMatchObject({ deterministic: true, hashOrder: 'not-compared' })
  })
})

describe('a tool that gives something else each time is found out, with the source', () => {
  test.each<[string, ToolLanguage, string, string]>([
    ['datetime.now', 'python', 'import datetime\ndef f(x): return datetime.datetime.now().year', 'clock'],
    [
      'date.today under another name',
      'python',
      'from datetime import date as day\ndef f(x): return day.today()',
      'clock',
    ],
    [
      'a default that was set when it was loaded',
      'python',
      'import time\nNOW = time.time()\ndef f(x): return NOW > 2e9',
      'clock',
    ],
    ['strftime without a time', 'python', 'import time\ndef f(x): return time.strftime("%Y")', 'clock'],
    ['a Timestamp of pandas', 'python', 'import pandas as pd\ndef f(x): return pd.Timestamp.now().year', 'clock'],
    ['a stop watch', 'python', 'import time\ndef f(x): return time.perf_counter()', 'clock'],
    [
      'the time zone of the machine',
      'python',
      'from datetime import datetime\ndef f(x): return datetime.fromtimestamp(x).hour',
      'time-zone',
    ],
    [
      'the time zone of the machine in JavaScript',
      'javascript',
      'export default function f({ x }) { return new Date(2024, 1, x).toISOString() }',
      'time-zone',
    ],
    ['random', 'python', 'import random\ndef f(x): return random.random()', 'randomness'],
    [
      'shuffling',
      'python',
      'import random\ndef f(x):\n  items = list(range(50))\n  random.shuffle(items)\n  return items',
      'randomness',
    ],
    ['numpy.random', 'python', 'import numpy as np\ndef f(x): return float(np.random.normal())', 'randomness'],
    [
      'a generator without a seed',
      'python',
      'import numpy as np\ndef f(x): return float(np.random.default_rng().normal())',
      'randomness',
    ],
    ['uuid4', 'python', 'import uuid\ndef f(x): return str(uuid.uuid4())', 'randomness'],
    ['the order of a set', 'python', 'def f(x): return list({"a", "b", "cc", "dd", str(x)})', 'hash-order'],
    ['hash()', 'python', 'def f(x): return hash("a" + str(x))', 'hash-order'],
    ['a counter', 'python', 'N = [0]\ndef f(x):\n  N[0] += x\n  return N[0]', 'earlier-calls'],
    [
      'a default argument that grows',
      'python',
      'def f(x, seen=[]):\n  seen.append(x)\n  return len(seen)',
      'earlier-calls',
    ],
    [
      'the files that lie there',
      'python',
      'import glob\ndef f(x): return sorted(glob.glob("/box/input/*"))',
      'input-files',
    ],
    ['the current folder', 'python', 'import os\ndef f(x): return os.getcwd()', 'folder'],
    ['an environment variable', 'python', 'import os\ndef f(x): return os.environ.get("TZ", "none")', 'environment'],
    ['new Date()', 'javascript', 'export default function f({ x }) { return new Date().getFullYear() }', 'clock'],
    ['Date.now()', 'javascript', 'export default function f({ x }) { return Date.now() > 2e12 }', 'clock'],
    ['Math.random()', 'javascript', 'export default function f({ x }) { return Math.random() }', 'randomness'],
    [
      'randomUUID()',
      'javascript',
      "import { randomUUID } from 'node:crypto'\nexport default function f({ x }) { return randomUUID() }",
      'randomness',
    ],
    [
      'a counter in JavaScript',
      'javascript',
      'let n = 0\nexport default function f({ x }) { n += x; return n }',
      'earlier-calls',
    ],
    [
      'a listing in JavaScript',
      'javascript',
      "import { readdirSync } from 'node:fs'\nexport default function f({ x }) { return readdirSync('/box/input') }",
      'input-files',
    ],
    [
      'a variable in JavaScript',
      'javascript',
      'export default function f({ x }) { return process.env.HOME }',
      'environment',
    ],
  ])('%s', async (_name, language, code, source) => {
    const found = await check(language, code)
    expect(found.deterministic).toBe(false)
    expect(found.sources).toContain(source)
    expect(found.findings[0]).toMatchObject({ code: 'unsteady' })
  })

  test('the finding shows the arguments, both results and what to do', async () => {
    const { findings } = await check('python', 'import datetime\ndef f(x): return datetime.date.today().year + x')
    expect(findings.map(describeFinding)[0]).toBe(
      'The same arguments give different results, for {"x":1}: expected 2025, got 2036. Probably it reads the clock: take the time as a parameter.',
    )
  })
})

describe('a tool that reaches beyond its arguments is found out though its results agree', () => {
  test.each<[string, ToolLanguage, string, string, string]>([
    [
      'a file',
      'python',
      'def f(x):\n  try:\n    return open("/box/input/rates.csv").read()\n  except OSError: return 1',
      'reads-outside',
      '/box/input/rates.csv',
    ],
    [
      'a file by pandas',
      'python',
      'import pandas as pd\ndef f(x):\n  try:\n    return len(pd.read_csv("/box/input/rates.csv"))\n  except OSError: return 1',
      'reads-outside',
      'rates.csv',
    ],
    [
      'a variable that is not set',
      'python',
      'import os\ndef f(x): return os.getenv("API_KEY")',
      'reads-outside',
      'API_KEY',
    ],
    [
      'a host',
      'python',
      'import urllib.request\ndef f(x):\n  try:\n    return urllib.request.urlopen("http://rates.example.com/", timeout=1).read()\n  except OSError: return 1',
      'network',
      'rates.example.com',
    ],
    [
      'a socket',
      'python',
      'import socket\ndef f(x):\n  try:\n    socket.create_connection(("192.0.2.1", 80), timeout=0.2)\n  except OSError: pass\n  return 1',
      'network',
      '192.0.2.1',
    ],
    [
      'another program',
      'python',
      'import subprocess\ndef f(x): return subprocess.run(["echo", "1"], capture_output=True, text=True).stdout',
      'processes',
      'echo',
    ],
    ['text as code', 'python', 'def f(x): return eval("1 + 1")', 'evaluation', 'code'],
    ['its own arguments', 'python', 'def f(x):\n  x.append(1)\n  return len(x) - 1', 'changes-arguments', 'copy'],
    [
      'a file in JavaScript',
      'javascript',
      "import { readFileSync } from 'node:fs'\nexport default function f() { try { return readFileSync('/etc/hostname', 'utf8').length * 0 } catch { return 0 } }",
      'reads-outside',
      '/etc/hostname',
    ],
    [
      'a host in JavaScript',
      'javascript',
      "export default async function f() { try { return (await fetch('http://rates.example.com/')).status } catch { return 0 } }",
      'network',
      'rates.example.com',
    ],
    [
      'another program in JavaScript',
      'javascript',
      "import { execFileSync } from 'node:child_process'\nexport default function f() { try { return String(execFileSync('true')) } catch { return '' } }",
      'processes',
      'true',
    ],
    [
      'its own arguments in JavaScript',
      'javascript',
      'export default function f({ x }) { x.push(1); return x.length - 1 }',
      'changes-arguments',
      'copy',
    ],
  ])('%s', async (_name, language, code, finding, named) => {
    const found = await check(language, code, { calls: [{ x: [3, 1] }] })
    expect(found.findings.map((one) => one.code)).toContain(finding)
    expect(
      found.findings
        .filter((one) => one.code === finding)
        .map(describeFinding)
        .join(),
    ).toContain(named)
  })
})

test('a host that a person granted is no finding, and the execution may ask for it', async () => {
  const code =
    'import urllib.request\ndef f(x):\n  try:\n    urllib.request.urlopen("http://rates.invalid/", timeout=1)\n  except OSError: pass\n  return x'
  const tool = subject('python', code)
  const needs = { ...NO_NEEDS, network: [{ host: 'rates.invalid' }] }
  const common = { sandbox: opened.sandbox, calls: [{ x: 1 }], compare }
  const granted = await checkDeterminism({ ...common, tool: { ...tool, needs } })
  expect(granted).toMatchObject({ findings: [], compared: 1 })
  expect(granted.reads.network.join(' ')).toContain('rates.invalid')
  expect((await checkDeterminism({ ...common, tool })).findings).toMatchObject([{ code: 'network' }])
})

describe('code that does not work', () => {
  test.each<[string, ToolLanguage, string]>([
    ['a syntax error', 'python', 'def f(x: return'],
    ['another function', 'python', 'def g(x): return x'],
    ['an error at import', 'python', 'raise SystemExit(3)'],
    ['a syntax error in JavaScript', 'javascript', 'export default function f( {'],
    ['nothing exported', 'javascript', 'const f = 1'],
  ])('has nothing to compare, and that is said: %s', async (_name, language, code) => {
    expect(await check(language, code)).toMatchObject({ compared: 0, deterministic: true })
  })

  test('a call that ends the process does not hide the others', async () => {
    const code = 'import os, random\ndef f(x):\n  if x == 2: os._exit(3)\n  return random.random()'
    const found = await check('python', code)
    expect(found.differences.map((one) => one.call)).toEqual([0, 2])
  })

  test('a tool that ends every process in one environment only is found out', async () => {
    const code = 'import os, time\ndef f(x):\n  if time.localtime().tm_year < 2030: os._exit(3)\n  return x'
    expect(await check('python', code)).toMatchObject({
      deterministic: false,
      sources: expect.arrayContaining(['clock']),
    })
  })

  test('the calls between two that end the process are compared', async () => {
    const code = 'import os, random\ndef f(x):\n  if x in (0, 9): os._exit(3)\n  return random.random()'
    const found = await check('python', code, { calls: Array.from({ length: 10 }, (_, x) => ({ x })) })
    expect(found.differences.length).toBeGreaterThan(2)
    expect(found.deterministic).toBe(false)
  })

  test('a tool that always hangs is given up in bounded time', { timeout: 240_000 }, async () => {
    const startedAt = performance.now()
    const calls = Array.from({ length: 40 }, (_, x) => ({ x }))
    expect(await check('python', 'def f(x):\n  while True: pass', { calls })).toMatchObject({ compared: 0 })
    expect(performance.now() - startedAt).toBeLessThan(200_000)
  })
})
