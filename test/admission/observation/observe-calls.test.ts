import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WORLDS } from '../../../src/admission/determinism/worlds.ts'
import { observeCalls, observeHashOrders, type Observation } from '../../../src/admission/observation/observe-calls.ts'
import type { ToolUnderTest } from '../../../src/admission/subject.ts'
import type { JsonObject } from '../../../src/contracts/json.ts'
import { borrowTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { subject } from '../subjects.ts'

let opened: TestSandbox
beforeAll(async () => {
  opened = await borrowTestSandbox()
})
afterAll(() => opened.close())

const observe = (tool: ToolUnderTest, calls: JsonObject[]): Promise<Observation> =>
  observeCalls({ sandbox: opened.sandbox, tool, calls, world: WORLDS.first })

describe('observed calls', () => {
  test('give values as the sandbox gives them, and errors by class', async () => {
    const tool = subject(
      'python',
      'import math\ndef f(x):\n  if x == 2: raise KeyError("k")\n  return {"n": math.nan, "s": {3, 1}, "x": x}',
    )
    expect((await observe(tool, [{ x: 1 }, { x: 2 }])).outcomes).toEqual([
      { kind: 'value', value: { n: { $number: 'NaN' }, s: [1, 3], x: 1 } },
      { kind: 'error', type: 'KeyError', message: "'k'" },
    ])
  })

  test('keep the values apart that a tool gives out and changes later', async () => {
    const tool = subject('python', 'LIST = []\ndef f(x):\n  LIST.append(x)\n  return LIST')
    const values = (await observe(tool, [{ x: 1 }, { x: 2 }])).outcomes.map((one) =>
      one.kind === 'value' ? one.value : null,
    )
    expect(values).toEqual([[1], [1, 2]])
  })

  test('may import other tools', async () => {
    const tool = subject('python', 'from tools import twice\ndef f(x): return twice(x) + 1')
    tool.tools.push({ name: 'twice', language: 'python', function: 'twice', code: 'def twice(x): return 2 * x' })
    expect((await observe(tool, [{ x: 3 }])).outcomes).toEqual([{ kind: 'value', value: 7 }])
    const script = subject('javascript', "import { twice } from 'tools'\nexport default ({ x }) => twice({ x }) + 1")
    script.tools.push({
      name: 'twice',
      language: 'javascript',
      function: 'default',
      code: 'export default ({ x }) => 2 * x',
    })
    expect((await observe(script, [{ x: 3 }])).outcomes).toEqual([{ kind: 'value', value: 7 }])
  })

  test('are made one by one where one ends the process, has no form in JSON, or is too large', async () => {
    const tool = subject(
      'python',
      'import os\ndef f(x):\n  if x == 1: os._exit(1)\n  if x == 2: return object()\n  if x == 3: return "a" * 20_000_000\n  return x',
    )
    const { outcomes } = await observe(tool, [{ x: 0 }, { x: 1 }, { x: 2 }, { x: 3 }, { x: 4 }])
    expect(outcomes[0]).toEqual({ kind: 'value', value: 0 })
    expect(outcomes[1]).toMatchObject({ kind: expect.stringMatching(/ended|error/) as string })
    expect(outcomes[2]).toMatchObject({ kind: 'error' })
    expect(outcomes[3]).toMatchObject({ kind: 'error' })
    expect(outcomes[4]).toEqual({ kind: 'value', value: 4 })
  })

  test('notice what a tool does in spite of itself: undefined, functions and holes in JavaScript', async () => {
    const tool = subject(
      'javascript',
      'export default ({ x }) => x === 1 ? undefined : x === 2 ? { a: () => 1, b: 2 } : [1, , 3]',
    )
    expect((await observe(tool, [{ x: 1 }, { x: 2 }, { x: 3 }])).outcomes).toEqual([
      { kind: 'value', value: null },
      { kind: 'value', value: { b: 2 } },
      { kind: 'value', value: [1, null, 3] },
    ])
  })

  test('of none are none', async () => {
    expect((await observe(subject('python', 'def f(x): return x'), [])).outcomes).toEqual([])
  })
})

describe('the same calls in new interpreters', () => {
  test('see another order of a set for some seed, and the same values of everything else', async () => {
    const tool = subject(
      'python',
      'import dataclasses\n@dataclasses.dataclass\nclass P:\n  a: int\ndef f(x): return list({"a", "b", "c", "d", "e"}) if x else P(3)',
    )
    const orders = await observeHashOrders({ sandbox: opened.sandbox, tool, calls: [{ x: 1 }, { x: 0 }] }, [1, 2, 3])
    expect(new Set(orders?.map(([first]) => JSON.stringify(first))).size).toBeGreaterThan(1)
    expect(new Set(orders?.map(([, second]) => JSON.stringify(second)))).toEqual(
      new Set(['{"kind":"value","value":{"a":3}}']),
    )
  })

  test('leave out what cannot leave its interpreter', async () => {
    const tool = subject('python', 'def f(x): return (item for item in {"a"})')
    expect(await observeHashOrders({ sandbox: opened.sandbox, tool, calls: [{ x: 1 }] }, [1])).toMatchObject([
      [{ kind: expect.stringMatching(/unknown|error/) as string }],
    ])
  })
})
