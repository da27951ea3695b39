import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compareBehaviour, type BehaviourComparison } from '../../../src/admission/twins/compare-behaviour.ts'
import { generateInputs } from '../../../src/admission/twins/generate-inputs.ts'
import { readDictionary } from '../../../src/admission/twins/read-dictionary.ts'
import { NEAR_TWINS, TWINS, type Pair } from '../../fixtures/admission/pairs.ts'
import { borrowTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { compare } from '../run-tests.ts'
import { subject } from '../subjects.ts'

let opened: TestSandbox
beforeAll(async () => {
  opened = await borrowTestSandbox()
})
afterAll(() => opened.close())

function comparePair({
  language,
  parameters,
  secondParameters,
  first,
  second,
  examples,
}: Pair): Promise<BehaviourComparison> {
  const one = subject(language, first, parameters)
  const other = subject(language, second, secondParameters ?? parameters)
  const dictionary = readDictionary([first, second])
  const inputs = generateInputs(one.signature.inputSchema, 1, 500, { examples, dictionary })
  return compareBehaviour(one, other, { sandbox: opened.sandbox, inputs, compare })
}

describe('two tools that do the same are found the same, whatever their parameters are called', () => {
  test.each(TWINS)('$name', async (pair) => {
    expect(await comparePair(pair)).toMatchObject({ verdict: 'same', firstDifference: null })
  })
})

describe('two tools that differ at an edge are never taken for the same', () => {
  test.each(NEAR_TWINS)('$name', async (pair) => {
    const found = await comparePair(pair)
    expect(found.verdict).toBe('different')
    expect(found.firstDifference?.difference).not.toBe('')
  })
})

describe('the comparison', () => {
  const double = subject('python', 'def f(x): return 2 * x')

  test('shows the first input on which they differ, with both outcomes', async () => {
    const other = subject('python', 'def f(y):\n  if y > 2: raise ValueError("no")\n  return 2 * y', {
      y: { type: 'number' },
    })
    const inputs = [{ x: 1 }, { x: 3 }, { x: 4 }]
    const found = await compareBehaviour(double, other, { sandbox: opened.sandbox, inputs, compare })
    expect(found.firstDifference).toMatchObject({
      input: { x: 3 },
      first: { kind: 'value', value: 6 },
      second: { kind: 'error', type: 'ValueError' },
    })
  })

  test('knows nothing where both refuse nearly everything', async () => {
    const strict = subject('python', 'def f(x): raise ValueError("never")')
    const inputs = Array.from({ length: 20 }, (_, x) => ({ x }))
    const found = await compareBehaviour(strict, strict, { sandbox: opened.sandbox, inputs, compare })
    expect(found).toMatchObject({ verdict: 'unknown', compared: 0, refused: 20 })
  })

  test('knows nothing where the parameters do not fit', async () => {
    const text = subject('python', 'def f(t): return t', { t: { type: 'string' } })
    const options = { sandbox: opened.sandbox, inputs: [{ x: 1 }], compare }
    const found = await compareBehaviour(double, text, options)
    expect(found).toMatchObject({ verdict: 'unknown', reason: expect.stringContaining('parameters') as string })
  })

  test('reaches over languages: values count, and that both refuse, whatever the error is called', async () => {
    const inputs = Array.from({ length: 20 }, (_, x) => ({ x: x - 5 }))
    const options = { sandbox: opened.sandbox, inputs, compare }
    const root = subject('python', 'def f(x):\n  if x < 0: raise ValueError("no")\n  return x ** 0.5')
    const script = (condition: string) =>
      subject(
        'javascript',
        `export default ({ x }) => { if (${condition}) throw new RangeError(); return Math.sqrt(x) }`,
      )
    expect(await compareBehaviour(root, script('x < 0'), options)).toMatchObject({
      verdict: 'same',
      compared: 15,
      refused: 5,
    })
    expect(await compareBehaviour(root, script('x <= 0'), options)).toMatchObject({
      verdict: 'different',
      firstDifference: { input: { x: 0 } },
    })
  })

  test('counts a missing value that one refuses and the other hands on as the same, and no value that one leaves out', async () => {
    const gaps = Array.from({ length: 20 }, (_, x) => ({ x: [x, { $number: 'NaN' }] }))
    const inputs = [...gaps, ...Array.from({ length: 20 }, (_, x) => ({ x: [x, 1] }))]
    const list = { x: { type: 'array', items: { type: 'number' } } }
    const total = (body: string) => subject('python', `def f(x):\n  ${body}`, list)
    const plain = total('return sum(x)')
    const options = { sandbox: opened.sandbox, inputs, compare }
    const strict = total('return sum(x) if sum(x) == sum(x) else 1 / 0')
    expect(await compareBehaviour(plain, strict, options)).toMatchObject({ verdict: 'same' })
    const lenient = total('return sum(v for v in x if v == v)')
    expect(await compareBehaviour(plain, lenient, options)).toMatchObject({ verdict: 'different' })
  })

  test('takes a tool that hangs for another one, in bounded time', { timeout: 240_000 }, async () => {
    const hanging = subject('python', 'def f(x):\n  while x > 1: pass\n  return 2 * x')
    const startedAt = performance.now()
    const inputs = Array.from({ length: 30 }, (_, x) => ({ x }))
    const found = await compareBehaviour(double, hanging, { sandbox: opened.sandbox, inputs, compare })
    expect(found).toMatchObject({ verdict: 'different', firstDifference: { second: { kind: 'ended' } } })
    expect(performance.now() - startedAt).toBeLessThan(200_000)
  })

  test('is not misled by a tool that remembers its calls', async () => {
    const counting = subject('python', 'N = []\ndef f(x):\n  N.append(x)\n  return 2 * x if len(N) < 5 else 0')
    const inputs = Array.from({ length: 20 }, (_, x) => ({ x: x + 1 }))
    expect(await compareBehaviour(double, counting, { sandbox: opened.sandbox, inputs, compare })).toMatchObject({
      verdict: 'different',
    })
  })
})
