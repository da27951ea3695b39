import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compareBehaviour, type BehaviourComparison } from '../../../src/admission/twins/compare-behaviour.ts'
import { generateInputs } from '../../../src/admission/twins/generate-inputs.ts'
import { readDictionary } from '../../../src/admission/twins/read-dictionary.ts'
import { NEAR_TWINS, TWINS, type Pair } from '../../fixtures/admission/pairs.ts'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { compare } from '../run-tests.ts'
import { subject } from '../subjects.ts'

let opened: TestSandbox
beforeAll(async () => {
  opened = await openTestSandbox()
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

  test('knows nothing where the parameters do not fit, or the languages', async () => {
    const text = subject('python', 'def f(t): return t', { t: { type: 'string' } })
    const script = subject('javascript', 'export default ({ x }) => 2 * x')
    const options = { sandbox: opened.sandbox, inputs: [{ x: 1 }], compare }
    expect(await compareBehaviour(double, text, options)).toMatchObject({ verdict: 'unknown', reason: /parameters/ })
    expect(await compareBehaviour(double, script, options)).toMatchObject({ verdict: 'unknown', reason: /languages/ })
  })

  test('takes a tool that hangs for another one, in bounded time', async () => {
    const hanging = subject('python', 'def f(x):\n  while x > 1: pass\n  return 2 * x')
    const startedAt = performance.now()
    const inputs = Array.from({ length: 30 }, (_, x) => ({ x }))
    const found = await compareBehaviour(double, hanging, { sandbox: opened.sandbox, inputs, compare })
    expect(found).toMatchObject({ verdict: 'different', firstDifference: { second: { kind: 'ended' } } })
    expect(performance.now() - startedAt).toBeLessThan(55_000)
  })

  test('is not misled by a tool that remembers its calls', async () => {
    const counting = subject('python', 'N = []\ndef f(x):\n  N.append(x)\n  return 2 * x if len(N) < 5 else 0')
    const inputs = Array.from({ length: 20 }, (_, x) => ({ x: x + 1 }))
    expect(await compareBehaviour(double, counting, { sandbox: opened.sandbox, inputs, compare })).toMatchObject({
      verdict: 'different',
    })
  })
})
