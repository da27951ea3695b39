import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePython } from '../../../../src/library/formats/python/parse-python.ts'
import {
  dropVersions,
  toPackageImports,
  toToolImports,
} from '../../../../src/library/formats/python/rewrite-imports.ts'

const modules = new Set(['mean', 'median', 'mean__v2'])
const back = (code: string): string | null => toToolImports(code, { packageName: 'pack', modules })

describe('to a package and back', () => {
  test.each([
    ['from tools import mean', 'from . import mean'],
    ['from tools import mean as m, median', 'from . import mean as m, median'],
    [
      'from tools import (\n    mean,  # a comment, with commas\n    median,\n)',
      'from . import (\n    mean,  # a comment, with commas\n    median,\n)',
    ],
    ['from tools import \\\n    mean', 'from . import \\\n    mean'],
    ['def f():\n    from tools import mean; return mean', 'def f():\n    from . import mean; return mean'],
    ['import tools', 'import pack as tools'],
    ['import tools as t, math', 'import pack as t, math'],
    ['import math, tools', 'import math, pack as tools'],
    [
      'try:\n    from tools import mean\nexcept ImportError: pass',
      'try:\n    from . import mean\nexcept ImportError: pass',
    ],
  ])('%j', (code, packaged) => {
    expect(toPackageImports(code, 'pack')).toBe(packaged)
    expect(back(packaged)).toBe(code)
  })

  test.each([
    '"""from tools import mean"""',
    '# from tools import mean',
    's = """\nfrom tools import mean\nimport tools\n"""',
    'f"{x!r} from tools import mean"',
    'import mytools, tools_extra, other.tools',
    'from mytools import tools',
    'from other.tools import mean',
    'from .tools import mean',
    'tools = 1\ntools.mean()',
    'from math import sqrt as tools',
    '',
    '\n\n',
    'not python at all ((( from tools',
  ])('what is no import of tools stays: %j', (code) => {
    expect(toPackageImports(code, 'pack')).toBe(code)
    expect(back(code)).toBe(code)
    expect(dropVersions(code)).toBe(code)
  })

  test('imports as people write them in a package lead to tools', () => {
    expect(back('from .mean import mean as m')).toBe('from tools import mean as m')
    expect(back('from pack import mean, median')).toBe('from tools import mean, median')
    expect(back('from pack.mean import mean')).toBe('from tools import mean')
    expect(back('import pack as p')).toBe('import tools as p')
  })

  test('what is no tool of the package is left for the verification to refuse', () => {
    for (const code of [
      'from . import helper',
      'from .mean import other',
      'from ..pack import mean',
      'import pack',
      'import pack.mean',
      'from pack import *',
    ]) {
      expect(back(code)).toBe(code)
    }
  })

  test('another version has the name again, under the name that the code uses', () => {
    expect(dropVersions('from tools import mean__v2 as mean')).toBe('from tools import mean')
    expect(dropVersions('from tools import mean__v2 as m, median')).toBe('from tools import mean as m, median')
    expect(dropVersions('from tools import mean__v2')).toBe('from tools import mean as mean__v2')
    expect(back('from . import mean__v2 as mean')).toBe('from tools import mean')
  })

  test('any code comes back, with as many lines on the way', () => {
    const inText = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replaceAll(/["'\\\r\n\0{}]/g, ''))
    const block = fc.oneof(
      fc.constantFrom(
        'from tools import mean',
        'from tools import mean as m, median as tools',
        'from tools import (mean,  # from tools import x\n  median as import_,\n)',
        'import tools',
        'import tools as t; from tools import mean as x',
        'def f(a: int = 1):\n    from tools import median\n    import tools, math as m\n    return median',
        'class C:\n    """Doc\n    from tools import mean\n    """\n    from tools import mean',
        'if x:\n\tfrom tools import mean\nelse:\n\timport tools',
        'x = [\n  "from tools import mean",\n]',
        'from os import path',
        'import toolsmith, os.path',
        '@decorate\nasync def g(): ...',
      ),
      inText.map((text) => `# ${text} from tools import mean`),
      inText.map((text) => `"""${text}\nfrom tools import mean\n"""`),
      inText.map((text) => `x = f'${text}{tools}' "${text}"`),
    )
    fc.assert(
      fc.property(fc.array(block, { maxLength: 12 }), (blocks) => {
        const code = blocks.join('\n')
        const packaged = toPackageImports(code, 'pack')
        expect(packaged?.split('\n').length).toBe(code.split('\n').length)
        expect(packaged === code).toBe(
          !blocks.some((text) => /^(?!#|"""|x =)[\s\S]*\b(?:from|import) tools\b/.test(text)),
        )
        expect(back(packaged ?? '')).toBe(code)
      }),
      { numRuns: 500, seed: 3 },
    )
  })
})

describe('reading Python without running it', () => {
  test('functions at the top level, decorated and asynchronous ones too', () => {
    const module = parsePython(`"""x"""
@decorate(lambda: 1)
async def one[T](a: int, /, b, *rest: int, c: str = "d", **more) -> list[T]:
    # a comment
    r"""Doc."""
class C:
    def method(self): pass
if True:
    def inner(): pass
def two(): return 1; x = 2
def three():
    f"not a docstring {1}"
`)
    expect(module?.functions).toEqual([
      {
        name: 'one',
        hasDocstring: true,
        hasReturnHint: true,
        parameters: [
          { name: 'a', hasHint: true },
          { name: 'b', hasHint: false },
          { name: 'rest', hasHint: true },
          { name: 'c', hasHint: true },
          { name: 'more', hasHint: false },
        ],
      },
      { name: 'two', hasDocstring: false, hasReturnHint: false, parameters: [] },
      { name: 'three', hasDocstring: false, hasReturnHint: false, parameters: [] },
    ])
    expect(module?.doubtfulLine).toBeNull()
  })

  test('a default that is a name is no parameter', () => {
    const module = parsePython('LIMIT = 3\ndef f(a: int = LIMIT, b=LIMIT): pass\n')
    expect(module?.functions[0]?.parameters).toEqual([
      { name: 'a', hasHint: true },
      { name: 'b', hasHint: false },
    ])
  })

  test('what takes too long is given up', () => {
    const start = performance.now()
    expect(parsePython(`x = ${'['.repeat(600_000)}${']'.repeat(600_000)}`)).toBeNull()
    expect(performance.now() - start).toBeLessThan(10_000)
  })
})
