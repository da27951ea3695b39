import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/contracts/json.ts'
import type { ToolLanguage } from '../../src/contracts/sandbox.ts'
import { readSignature } from '../../src/library/read-signature.ts'
import { borrowTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'

let opened: TestSandbox

beforeAll(async () => {
  opened = await borrowTestSandbox()
})
afterAll(() => opened.close())

async function read(code: string, language: ToolLanguage = 'python') {
  const reading = await readSignature(opened.sandbox, { language, code })
  if ('problems' in reading) throw new Error(reading.problems.join('\n'))
  return reading
}

async function problemsOf(code: string, language: ToolLanguage = 'python'): Promise<string[]> {
  const reading = await readSignature(opened.sandbox, { language, code })
  return 'problems' in reading ? reading.problems : expect.unreachable('it was read')
}

/** The schemas of the parameters of `def f(…)`, with `module` before it. */
async function propertiesOf(parameters: string, module = ''): Promise<JsonObject> {
  const { signature } = await read(`${module}\ndef f(${parameters}) -> int:\n    "Doc."\n    return 1\n`)
  return signature.inputSchema['properties'] as JsonObject
}

describe('Python', () => {
  test('name, docstring, parameters, defaults, result, imports and tools', async () => {
    const { signature } = await read(`
"""A module."""
import math
import numpy as np
from typing import Literal
from tools import log_returns, mean as m

PERIODS = 252

def _helper(values):
    return values

def annualised_volatility(prices: list[float], window: int | None = None, *, method: Literal["log", "simple"] = "log", periods_per_year: int = PERIODS) -> float:
    """Annualised volatility of log returns.

    The sample standard deviation, times the square root of the periods.

    Args:
        prices: Prices in order,
            the oldest first.
        window (int, optional): Days: all of them by default.

    Returns:
        float: The volatility, as a fraction.

    Raises:
        ValueError: fewer than three prices.
    """
    return 0.0
`)
    expect(signature).toEqual({
      name: 'annualised_volatility',
      function: 'annualised_volatility',
      language: 'python',
      summary: 'Annualised volatility of log returns.',
      description:
        'Annualised volatility of log returns.\n\nThe sample standard deviation, times the square root of the periods.',
      inputSchema: {
        type: 'object',
        properties: {
          prices: { type: 'array', items: { type: 'number' }, description: 'Prices in order, the oldest first.' },
          window: {
            anyOf: [{ type: 'integer' }, { type: 'null' }],
            default: null,
            description: 'Days: all of them by default.',
          },
          method: { type: 'string', enum: ['log', 'simple'], default: 'log' },
          periods_per_year: { type: 'integer', default: 252 },
        },
        required: ['prices'],
        additionalProperties: false,
      },
      outputSchema: { type: 'number', description: 'The volatility, as a fraction.' },
      imports: ['math', 'numpy', 'typing'],
      uses: ['log_returns', 'mean'],
    })
  })

  test.each<[string, JsonObject]>([
    ['int', { type: 'integer' }],
    ['bool', { type: 'boolean' }],
    ['None', { type: 'null' }],
    ['Any', {}],
    ['Unknown', {}],
    ['list', { type: 'array' }],
    ['List[str]', { type: 'array', items: { type: 'string' } }],
    [
      'Sequence[dict[str, float]]',
      { type: 'array', items: { type: 'object', additionalProperties: { type: 'number' } } },
    ],
    ['set[int]', { type: 'array', uniqueItems: true, items: { type: 'integer' } }],
    [
      'tuple[int, str]',
      { type: 'array', prefixItems: [{ type: 'integer' }, { type: 'string' }], minItems: 2, maxItems: 2 },
    ],
    ['tuple[float, ...]', { type: 'array', items: { type: 'number' } }],
    ['dict', { type: 'object' }],
    ['Mapping[str, Any]', { type: 'object' }],
    ['Optional[str]', { anyOf: [{ type: 'string' }, { type: 'null' }] }],
    ['Union[int, str, None]', { anyOf: [{ type: 'integer' }, { type: 'string' }, { type: 'null' }] }],
    ['int | float', { type: 'number' }],
    ['str | Any', {}],
    ['Literal[1, 2]', { type: 'integer', enum: [1, 2] }],
    ['Literal["a", 1]', { enum: ['a', 1] }],
    ['Annotated[int, "how many"]', { type: 'integer', description: 'how many' }],
    ['"list[float]"', { type: 'array', items: { type: 'number' } }],
    ['datetime.date', { type: 'string', format: 'date' }],
    ['datetime.datetime', { type: 'string', format: 'date-time' }],
    ['pd.DataFrame', { type: 'array', items: { type: 'object' } }],
    ['pd.Series', { type: 'array' }],
    ['npt.NDArray[np.float64]', { type: 'array' }],
    ['np.float64', { type: 'number' }],
  ])('the hint %s', async (hint, schema) => {
    expect(await propertiesOf(`x: ${hint}`)).toEqual({ x: schema })
  })

  test('what the module defines: aliases, typed dictionaries, data classes, enumerations', async () => {
    const module = `
from dataclasses import dataclass
from enum import Enum
from typing import NotRequired, TypedDict
Prices = list[float]
class Base(TypedDict):
    a: int
class Row(Base, total=False):
    b: Prices
@dataclass
class Point:
    x: float
    label: str = ""
class Side(Enum):
    BUY = "buy"
    SELL = "sell"
class Loop(TypedDict):
    next: "Loop"
`
    const properties = await propertiesOf('row: Row, point: Point, side: Side, loop: Loop', module)
    expect(properties).toMatchObject({
      row: {
        type: 'object',
        properties: { a: { type: 'integer' }, b: { type: 'array', items: { type: 'number' } } },
        required: ['a'],
        additionalProperties: false,
      },
      point: { properties: { x: { type: 'number' }, label: { type: 'string' } }, required: ['x'] },
      side: { type: 'string', enum: ['buy', 'sell'] },
      loop: { type: 'object' },
    })
  })

  test('defaults: written out, negative, nested, computed, null for a type without it', async () => {
    const properties = await propertiesOf(
      'a: float = -1.5, b: list = [1, {"x": None}], c: float = 2 * 3, d: int = None',
    )
    expect(properties).toEqual({
      a: { type: 'number', default: -1.5 },
      b: { type: 'array', default: [1, { x: null }] },
      c: { type: 'number' },
      d: { anyOf: [{ type: 'integer' }, { type: 'null' }], default: null },
    })
  })

  test.each([
    [
      'NumPy',
      'Mean.\n\n    Parameters\n    ----------\n    x : float\n        The first\n        value.\n    y : int, optional\n        Second.\n\n    Returns\n    -------\n    float\n        The mean.\n',
    ],
    [
      'Sphinx',
      'Mean.\n\n    :param x: The first\n        value.\n    :type x: float\n    :param int y: Second.\n    :returns: The mean.\n    :raises ValueError: never\n',
    ],
    [
      'Google',
      'Mean.\n\n    Args:\n        x (float): The first\n            value.\n        y: Second.\n\n    Returns:\n        The mean.\n',
    ],
  ])('a docstring in %s style', async (_, docstring) => {
    const { signature } = await read(
      `def f(x: float, y: int = 1) -> float:\n    """${docstring}    """\n    return x\n`,
    )
    expect(signature).toMatchObject({
      summary: 'Mean.',
      description: 'Mean.',
      inputSchema: { properties: { x: { description: 'The first value.' }, y: { description: 'Second.' } } },
      outputSchema: { type: 'number', description: 'The mean.' },
    })
  })

  test('the module is read and never run', async () => {
    const { facts } = await read(`
open('/box/output/ran', 'w').write('x')
while True: pass
def f(x: int) -> int:
    "Doc."
    return x
`)
    expect(facts.atImport.map(({ kind }) => kind)).toEqual(['expression', 'statement'])
  })

  test('facts: literals without docstrings, hints and defaults; calls; what is not installed', async () => {
    const { facts } = await read(`
import no_such_package.part
import subprocess
LIMIT = 37
def f(x: Literal["hint"], y: str = "default") -> "int":
    """Doc with "text"."""
    return subprocess.run(["ls", 4.25, f"{x} of AAPL"])
if __name__ == "__main__":
    print(f(1))
`)
    expect(facts.literals.map(({ value }) => value)).toEqual([37, 'ls', 4.25, ' of AAPL', '__main__', 1])
    expect(facts.calls).toContainEqual({ name: 'subprocess.run', line: 7 })
    expect(facts.unavailableImports).toEqual(['no_such_package'])
    expect(facts.atImport).toEqual([])
  })

  test('facts: numbers put together of literals, exceptions swallowed, what belongs to the language and is changed', async () => {
    const { facts } = await read(`
import math
import os.path as paths
def f(x: int) -> int:
    "Doc."
    try:
        math.pi = 3
        paths.sep = x
        return x + (1000 + 234.5) * 1
    except (ValueError, Exception):
        return None
    except BaseException as error:
        raise ValueError(x) from error
    except KeyError:
        pass
`)
    expect(facts.literals.map(({ value }) => value)).toContain(1234.5)
    expect(facts.swallows).toEqual([10])
    expect(facts.patches).toEqual([
      { name: 'math.pi', line: 7 },
      { name: 'paths.sep', line: 8 },
    ])
  })

  test.each<[string, string, RegExp[]]>([
    ['no function', 'x = 1', [/There is no public function/]],
    ['only helpers', 'def _f(x: int) -> int:\n    "D."', [/All begin with an underscore: _f/]],
    ['two functions', 'def f(): pass\ndef g(): pass', [/There are 2 public functions \(f, g\)/]],
    [
      'no hints and no docstring',
      'def f(x, *args, **kw):\n    return x',
      [/has no docstring/, /\*args has no schema/, /\*\*kw/, /parameter x has no type hint/, /result has no type hint/],
    ],
    ['a syntax error', 'def f(x: int) -> int:\n    return 1 +\n', [/^Line 2: SyntaxError: .*`return 1 \+`/]],
    ['wrong indentation', 'def f():\n  x = 1\n    y = 2', [/^Line 3: IndentationError/]],
    ['a function as argument', 'def f(x: Callable[[int], int]) -> int:\n    "D."', [/parameter x is a Callable/]],
    ['positional-only parameters', 'def f(x: int, /) -> int:\n    "D."', [/leave the `\/` out/]],
    ['a name that is no tool name', 'def meanPrice(x: int) -> int:\n    "D."', [/meanPrice has to be snake_case/]],
    ['a relative import', 'from . import x\ndef f(x: int) -> int:\n    "D."', [/Line 1: relative imports/]],
    [
      'all tools at once',
      'from tools import *\ndef f(x: int) -> int:\n    "D."',
      [/Line 1: import each tool by its name/],
    ],
    ['a NUL character', 'def f():\0 pass', [/null bytes|NUL|parsed/i]],
    ['nothing at all', '', [/There is no public function/]],
    ['prose', 'Here is the code you asked for!', [/^Line 1: SyntaxError/]],
  ])('a problem with a sentence for it: %s', async (_, code, patterns) => {
    const problems = (await problemsOf(code)).join('\n')
    for (const pattern of patterns) expect(problems).toMatch(pattern)
  })

  test('code that breaks the parser is a problem too, and quickly', async () => {
    const startedAt = performance.now()
    expect((await problemsOf(`x = ${'('.repeat(100_000)}`)).join()).toMatch(/pars|nested|parenthes/i)
    expect((await problemsOf(`x = ${'-'.repeat(300_000)}1`)).join()).toMatch(/pars|public function/i)
    expect(performance.now() - startedAt).toBeLessThan(15_000)
  })

  test('another name than expected', async () => {
    const source = { language: 'python', code: 'def f(x: int) -> int:\n    "D."\n', expectedName: 'g' } as const
    expect(await readSignature(opened.sandbox, source)).toEqual({ problems: ['The tool has to be called g, not f.'] })
  })
})

const TOOL = `export const tool = {
  name: 'moving_mean',
  description: 'Moving mean of a list.\\nOne value for each full window.',
  inputSchema: {
    type: 'object',
    properties: { values: { type: 'array', items: { type: 'number' } }, window: { type: 'integer', default: 3 } },
    required: ['values'],
  },
  outputSchema: { type: 'array', items: { type: 'number' } },
}
`

describe('JavaScript', () => {
  test('the record, the function, imports and tools', async () => {
    const { signature, facts } = await read(
      `import { readFileSync } from 'node:fs'
import { logReturns, simple_mean as mean } from 'tools'
${TOOL}
const names = new Set(['a'])
export default async function movingMean({ values, window = 3 }) {
  return mean({ values: logReturns({ values }) }) + 37 + \`AAPL \${window}\` + /x/.test('y')
}
`,
      'javascript',
    )
    expect(signature).toMatchObject({
      name: 'moving_mean',
      function: 'movingMean',
      language: 'javascript',
      summary: 'Moving mean of a list.',
      description: 'Moving mean of a list.\nOne value for each full window.',
      inputSchema: { required: ['values'], additionalProperties: false },
      outputSchema: { type: 'array' },
      imports: ['fs'],
      uses: ['log_returns', 'simple_mean'],
    })
    expect(facts.literals.map(({ value }) => value)).toEqual(['a', 37, 'AAPL ', 'y'])
    expect(facts.calls.map(({ name }) => name)).toEqual(['Set', 'mean', 'logReturns'])
    expect(facts.atImport).toEqual([{ kind: 'assignment', line: 14, calls: ['Set'] }])
  })

  test('an arrow function, a name that is exported, packages that are not there', async () => {
    const { signature, facts } = await read(
      `import _ from 'lodash/fp'\n${TOOL}const run = ({ values, window }) => values\nexport default run\n`.replace(
        "import _ from 'lodash/fp'",
        "const load = () => import('lodash/fp')",
      ),
      'javascript',
    )
    expect(signature).toMatchObject({ function: 'run', imports: ['lodash'] })
    expect(facts.unavailableImports).toEqual(['lodash'])
  })

  test.each<[string, string, RegExp]>([
    ['no default export', TOOL, /no default export/],
    ['no record', 'export default function f({ a }) {}', /no exported record `tool`/],
    ['a class', `${TOOL}export default { a: 1 }`, /no default export that is a function/],
    ['CommonJS', 'module.exports = function f() {}', /no default export/],
    [
      'a wrong name',
      `${TOOL.replace('moving_mean', 'movingMean')}export default ({ values, window }) => 1`,
      /tool\.name: has to be snake_case/,
    ],
    [
      'no description',
      `${TOOL.replace(/description: .*/, "description: '',")}export default ({ values, window }) => 1`,
      /tool\.description: has to say/,
    ],
    [
      'no schema',
      `${TOOL.replace('outputSchema', 'output')}export default ({ values, window }) => 1`,
      /tool\.outputSchema/,
    ],
    [
      'a bad schema',
      `${TOOL.replace("type: 'integer'", "type: 'int'")}export default ({ values, window }) => 1`,
      /tool\.inputSchema is no JSON Schema/,
    ],
    [
      'a schema of something else',
      `${TOOL.replace("type: 'object'", "type: 'array'")}export default ({ values, window }) => 1`,
      /type: 'object'/,
    ],
    [
      'parameters that are not described',
      `${TOOL}export default ({ values, window, extra = 1 }) => 1`,
      /takes extra, which tool\.inputSchema does not describe/,
    ],
    [
      'descriptions without a parameter',
      `${TOOL}export default ({ values }) => 1`,
      /describes window, which the function does not take/,
    ],
    [
      'positional parameters',
      `${TOOL}export default (values, window) => 1`,
      /takes 2 parameters: it has to take one object/,
    ],
    [
      'a syntax error',
      `${TOOL}export default ({ values }) => {\n  return 1 +* 2\n}`,
      /^Line 12: SyntaxError: Unexpected token: `return 1 \+\* 2`/,
    ],
    ['types', `${TOOL}export default ({ values }: { values: number[] }) => 1`, /^Line 11: SyntaxError/],
    [
      'an error while it is loaded',
      `${TOOL}null.x\nexport default ({ values, window }) => 1`,
      /^Line 11: loading the module throws TypeError/,
    ],
    [
      'a tool that is called while it is loaded',
      `import { a } from 'tools'\n${TOOL}a()\nexport default ({ values, window }) => 1`,
      /throws Error: tools cannot be called/,
    ],
    ['an endless loop', `${TOOL}for (;;);\nexport default ({ values, window }) => 1`, /ends with 'timeout'/],
    ['an exit', `${TOOL}process.exit(0)\nexport default ({ values, window }) => 1`, /ends with 'no-result'/],
    [
      'all tools at once',
      `import * as tools from 'tools'\n${TOOL}export default ({ values, window }) => 1`,
      /Line 1: import tools by name/,
    ],
    [
      'another file',
      `import x from './x.mjs'\n${TOOL}export default ({ values, window }) => 1`,
      /Line 1: a tool cannot import ".\/x\.mjs"/,
    ],
    [
      'a lying record',
      `${TOOL.replace("name: 'moving_mean'", 'get name() { throw new Error("no") }')}export default ({ values, window }) => 1`,
      /throws Error: no/,
    ],
    ['nothing at all', '', /no default export/],
    ['deep nesting', `x = ${'['.repeat(100_000)}`, /nested too deeply|SyntaxError/],
    ['endless text', `// ${'x'.repeat(300_000)}`, /longer than/],
  ])('a problem with a sentence for it: %s', async (_, code, pattern) => {
    expect((await problemsOf(code, 'javascript')).join('\n')).toMatch(pattern)
  })
})
