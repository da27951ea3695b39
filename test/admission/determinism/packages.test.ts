import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkDeterminism } from '../../../src/admission/determinism/check-determinism.ts'
import type { JsonObject } from '../../../src/contracts/json.ts'
import { borrowTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { compare } from '../run-tests.ts'
import { subject } from '../subjects.ts'

let opened: TestSandbox
beforeAll(async () => {
  opened = await borrowTestSandbox()
})
afterAll(() => opened.close())

/** What a package reads for itself, its own files and settings, is no reading of the tool. */
const TOOLS: [string, string, JsonObject[]][] = [
  [
    'numpy and a seed that is an argument',
    'import numpy as np\n\n\ndef f(x):\n    generator = np.random.default_rng(int(x))\n    return float(np.mean(generator.normal(size=100)))\n',
    [{ x: 1 }, { x: 2 }],
  ],
  [
    'pandas, with dates and groups',
    'import pandas as pd\n\n\ndef f(x):\n    frame = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=6), "value": [x, 2, 3, 4, 5, 6]})\n    monthly = frame.groupby(frame["day"].dt.month)["value"].mean()\n    return {str(key): float(value) for key, value in monthly.items()}\n',
    [{ x: 1 }, { x: 2.5 }],
  ],
  [
    'scipy, imported inside the function',
    'def f(x):\n    from scipy import optimize, stats\n    root = optimize.brentq(lambda value: value**2 - x, 0, x + 1)\n    return [float(root), float(stats.norm.cdf(x))]\n',
    [{ x: 4 }, { x: 2 }],
  ],
  [
    'matplotlib, which writes a plot',
    'import matplotlib\n\nmatplotlib.use("Agg")\nimport matplotlib.pyplot as plt\n\n\ndef f(x):\n    figure, axes = plt.subplots()\n    axes.plot([0, x], [0, 1])\n    figure.savefig("/box/output/plot.png")\n    plt.close(figure)\n    return {"points": 2}\n',
    [{ x: 4 }],
  ],
  [
    'the standard library: csv in memory, decimal, datetime of an argument, regular expressions',
    'import csv\nimport io\nimport re\nfrom datetime import datetime, timedelta\nfrom decimal import Decimal\n\n\ndef f(x):\n    rows = list(csv.reader(io.StringIO("a,b\\n1,2\\n")))\n    day = datetime.fromisoformat("2024-01-31") + timedelta(days=int(x))\n    return [rows, day.strftime("%A %d %B"), str(Decimal(1) / 3), re.sub(r"\\d", "n", str(x))]\n',
    [{ x: 1 }, { x: 400 }],
  ],
]

describe('a steady tool is not suspected for', () => {
  test.each(TOOLS)(
    '%s',
    async (_name, code, calls) => {
      const check = await checkDeterminism({ sandbox: opened.sandbox, tool: subject('python', code), calls, compare })
      expect(check.findings).toEqual([])
      expect(check.compared).toBe(calls.length)
    },
    60_000,
  )
})
