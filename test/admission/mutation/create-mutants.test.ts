import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMutants } from '../../../src/admission/mutation/create-mutants.ts'
import { MUTATION_KINDS, type Mutant } from '../../../src/admission/mutation/mutant.ts'
import type { ExecutionLanguage } from '../../../src/contracts/sandbox.ts'
import { borrowTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'

let opened: TestSandbox
beforeAll(async () => {
  opened = await borrowTestSandbox()
})
afterAll(() => opened.close())

const ALL = 10_000

async function mutantsOf(language: ExecutionLanguage, code: string, limit = ALL, seed = 1): Promise<Mutant[]> {
  const mutants = await createMutants(opened.sandbox, { language, code, limit, seed })
  if ('problem' in mutants) throw new Error(mutants.problem)
  return mutants
}

/** The changed line of each mutant. */
async function linesOf(language: ExecutionLanguage, code: string): Promise<string[]> {
  const plain = new Set(code.split('\n').map((line) => line.trim()))
  const mutants = await mutantsOf(language, code)
  return mutants.flatMap((mutant) =>
    mutant.code.split('\n').flatMap((line) => (plain.has(line.trim()) ? [] : [line.trim()])),
  )
}

const planted = (name: string): Promise<string> =>
  readFile(join(import.meta.dirname, '..', '..', 'fixtures', 'admission', 'good', name), 'utf8')

describe('mutants of Python', () => {
  test('change one thing each', async () => {
    const lines = await linesOf('python', 'def f(a, b):\n    return a + b * 2\n')
    expect(lines.sort()).toEqual(
      [
        'return a - b * 2',
        'return a + b / 2',
        'return a + b * 3',
        'return a + b * 1',
        'return a + b * 0',
        'return a + b * -2',
        'return None',
      ].sort(),
    )
  })

  test.each([
    ['if a < b:\n        return 1', 'if a <= b:'],
    ['if a and b:\n        return 1', 'if a or b:'],
    ['if not a:\n        return 1', 'if a:'],
    ['if a > 3:\n        return 1', 'if not a > 3:'],
    ['if a > 3:\n        return 1', 'if True:'],
    ['if a > 3:\n        return 1', 'if False:'],
    ['return a[1:b]', 'return a[1:b - 1]'],
    ['return a[:b]', 'return a[1:b]'],
    ['return [i for i in range(b)]', 'return [i for i in range(b - 1)]'],
    ['return [i for i in a if i]', 'return [i for i in a if not i]'],
    ['return min(a, b)', 'return max(a, b)'],
    ['return sorted(a, reverse=True)', 'return sorted(a, reverse=False)'],
    ['return -b', 'return b'],
    ['a.sort()\n    return a', 'pass'],
    ['a = b\n    a += 1\n    return a', 'a -= 1'],
    ['return a in b', 'return a not in b'],
    ['return f"{a}"', "return ''"],
    ['return a[0]', 'return a[-1]'],
  ])('of `%s` have `%s`', async (body, line) => {
    expect(await linesOf('python', `def f(a, b):\n    ${body}\n`)).toContain(line)
  })

  test('leave docstrings, messages, type hints, decorators and what is only printed as they are', async () => {
    const code = `
"""Module of 3 parts."""
import functools

@functools.lru_cache(maxsize=8)
def f(a: tuple[int, 3]) -> "list[4]":
    """Adds 5."""
    print("now", 6)
    if a is None:
        raise ValueError(f"a is missing: {6 + 7}")
    return list(a)
`
    for (const mutant of await mutantsOf('python', code)) {
      for (const text of ['3 parts', 'maxsize=8', 'tuple[int, 3]', "'list[4]'", 'Adds 5.', "print('now', 6)", '6 + 7'])
        expect(mutant.code).toContain(text)
    }
  })

  test('leave out what does the same by construction', async () => {
    const lines = await linesOf(
      'python',
      'def f(xs):\n    best = xs[0]\n    for x in xs:\n        if x > best:\n            best = x\n        continue\n    return best\n',
    )
    expect(lines).not.toContain('if x >= best:')
    expect(lines.filter((line) => line === 'pass')).toHaveLength(1)
  })

  test('are of every kind where the code has something for each', async () => {
    const mutants = await mutantsOf('python', await planted('annualised_volatility/tool.py'))
    expect(new Set(mutants.map((mutant) => mutant.kind))).toEqual(new Set(MUTATION_KINDS))
  })

  test('are different from the code and from each other, and name the line that they change', async () => {
    const code = await planted('percentile/tool.py')
    const mutants = await mutantsOf('python', code)
    expect(new Set(mutants.map((mutant) => mutant.code)).size).toBe(mutants.length)
    expect(mutants.find((mutant) => mutant.before === 'len(ordered) - 1')).toMatchObject({
      line: code.split('\n').findIndex((line) => line.includes('len(ordered) - 1')) + 1,
      after: 'len(ordered) + 1',
    })
  })

  test('are made without running the module', async () => {
    const code = 'import os\nopen("/box/output/ran", "w").write("x")\nos._exit(3)\ndef f(a):\n    return a + 1\n'
    expect((await mutantsOf('python', code)).length).toBeGreaterThan(3)
  })

  test.each([
    ['a syntax error', 'def f(a:\n    return', /SyntaxError/],
    ['text of another language', 'export default function f() { return 1 }', /SyntaxError/],
    ['a NUL character', 'def f():\n    return 1\0', /parsed|SyntaxError/],
    ['an expression nested too deeply', `x = ${'('.repeat(5000)}1${')'.repeat(5000)}`, /./],
    ['a sum that is too long', `x = ${'1 + '.repeat(20_000)}1`, /deeply|parse/],
  ])('of %s are a problem and no crash', async (_name, code, pattern) => {
    const mutants = await createMutants(opened.sandbox, { language: 'python', code })
    expect(mutants).toMatchObject({ problem: expect.stringMatching(pattern) as string })
  })

  test('of nothing are none', async () => {
    expect(await mutantsOf('python', '')).toEqual([])
    expect(await mutantsOf('python', '"""Only text."""\n# and a comment\n')).toEqual([])
  })
})

describe('mutants of JavaScript', () => {
  test.each([
    ['return a + b', 'return a - b'],
    ['return a === b', 'return a !== b'],
    ['if (a < b) return 1', 'if (a <= b) return 1'],
    ['if (a && b) return 1', 'if (a || b) return 1'],
    ['if (!a) return 1', 'if (a) return 1'],
    ['if (a > 3) return 1', 'if (!(a > 3)) return 1'],
    ['if (a > 3) return 1', 'if (false) return 1'],
    ['return a ? 1 : 2', 'return true ? 1 : 2'],
    ['return a.slice(1, b)', 'return a.slice(1, (b) - 1)'],
    ['return Math.floor(a)', 'return Math.ceil(a)'],
    ['return a.some(Boolean)', 'return a.every(Boolean)'],
    ['return a ?? b', 'return a && b'],
    ['return Array.from({ length: b }, () => a)', 'return Array.from({ length: (b) - 1 }, () => a)'],
    ['for (let i = 0; i < b; i += 1) a.push(i)', 'for (let i = 0; i < (b) - 1; i += 1) a.push(i)'],
    ['for (let i = 0; i < b; i += 1) a.push(i)', 'for (let i = 0; i < b; i += 1) ;'],
    ['return -b', 'return b'],
    ['return a - -1', 'return a - (-2)'],
    ['return `${a}`', "return ''"],
    ['return { a }', 'return ({})'],
    ['a++', 'a--'],
    ['a += b', 'a -= b'],
    ['return true', 'return false'],
    ['return a /* a < b */ < b', 'return a /* a < b */ <= b'],
  ])('of `%s` have `%s`', async (body, line) => {
    expect(await linesOf('javascript', `export default function f({ a, b }) {\n  ${body}\n}\n`)).toContain(line)
  })

  test('leave the record, messages, imports, directives and the step of a loop as they are', async () => {
    const code = `'use strict'
import { readFileSync } from 'node:fs'
export const tool = { name: 'f', inputSchema: { properties: { a: { minimum: 3 } } } }
export default function f({ a = 4 }) {
  for (let i = 0; i < a; i += 5) console.log(6, i)
  if (a > 7) throw new RangeError(\`a is above \${8 - 1}\`)
  return a
}
`
    const mutants = await mutantsOf('javascript', code)
    expect(mutants.map((mutant) => mutant.line)).not.toContain(3)
    for (const mutant of mutants) {
      for (const text of ["'use strict'", 'minimum: 3', 'i += 5', 'console.log(6, i)', '`a is above ${8 - 1}`'])
        expect(mutant.code).toContain(text)
    }
    expect(mutants.some((mutant) => mutant.code.includes('a = 5'))).toBe(true)
  })

  test('leave out what does the same by construction', async () => {
    const code = 'export default function f({ a, b }) {\n  if (a > b) b = a\n  return a > b ? a : b\n}\n'
    expect((await linesOf('javascript', code)).filter((line) => line.includes('>='))).toEqual([])
  })

  test('do not turn the sign of a divisor round', async () => {
    const lines = await linesOf('javascript', 'export default function f({ a }) {\n  return a % 10\n}\n')
    expect(lines).toEqual(expect.arrayContaining(['return a % 11', 'return a % 9', 'return a * 10']))
    expect(lines).not.toContain('return a % (-10)')
  })

  test('of TypeScript are JavaScript of the same lines', async () => {
    const code = `interface Größe { a: number }
export default function f({ a }: Größe): number | null {
  const twice = (a as number) * 2
  return twice < 3 ? null : twice
}
`
    const mutants = await mutantsOf('typescript', code)
    expect(mutants.find((mutant) => mutant.kind === 'comparison')).toMatchObject({ line: 4, before: '<', after: '<=' })
    for (const mutant of mutants) expect(mutant.code).not.toContain('number')
    // What calls itself JavaScript and is not, as the sandbox takes it.
    expect((await mutantsOf('javascript', code)).length).toBe(mutants.length)
  })

  test.each([
    ['a syntax error', 'export default function f( {', /SyntaxError/],
    ['Python', 'def f(a):\n    return a', /SyntaxError/],
    ['an expression nested too deeply', `x = ${'['.repeat(50_000)}`, /./],
    ['a NUL character', 'export default () => 1\0', /SyntaxError/],
  ])('of %s are a problem and no crash', async (_name, code, pattern) => {
    const mutants = await createMutants(opened.sandbox, { language: 'javascript', code })
    expect(mutants).toMatchObject({ problem: expect.stringMatching(pattern) as string })
  })
})

describe('the choice among many mutants', () => {
  test.each(['python', 'javascript'] as const)(
    'is the same for the same seed, and another for another (%s)',
    async (language) => {
      const code = await planted(language === 'python' ? 'percentile/tool.py' : 'bin_counts/tool.mjs')
      const choose = async (seed: number): Promise<string[]> =>
        (await mutantsOf(language, code, 10, seed)).map((one) => one.code)
      const first = await choose(1)
      expect(first).toHaveLength(10)
      expect(await choose(1)).toEqual(first)
      expect(await choose(2)).not.toEqual(first)
    },
  )

  test('is spread over kinds and lines', async () => {
    const mutants = await mutantsOf('python', await planted('annualised_volatility/tool.py'), 12)
    const kinds = Map.groupBy(mutants, (mutant) => mutant.kind)
    expect(kinds.size).toBeGreaterThanOrEqual(8)
    expect(Math.max(...[...kinds.values()].map((same) => same.length))).toBeLessThanOrEqual(2)
    expect(new Set(mutants.map((mutant) => mutant.line)).size).toBeGreaterThanOrEqual(6)
  })
})
