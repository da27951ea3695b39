import { afterAll, beforeAll, expect, test } from 'vitest'
import { WORLDS } from '../../../src/admission/determinism/worlds.ts'
import { observeCalls } from '../../../src/admission/observation/observe-calls.ts'
import { compareBehaviour } from '../../../src/admission/twins/compare-behaviour.ts'
import type { Sandbox } from '../../../src/contracts/sandbox.ts'
import { borrowTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { compare } from '../run-tests.ts'
import { subject } from '../subjects.ts'

let opened: TestSandbox
beforeAll(async () => {
  opened = await borrowTestSandbox()
})
afterAll(() => opened.close())

function counted(): Sandbox & { executions: number } {
  const sandbox = {
    guarantees: opened.sandbox.guarantees,
    executions: 0,
    execute: (execution: Parameters<Sandbox['execute']>[0]) => {
      sandbox.executions += 1
      return opened.sandbox.execute(execution)
    },
    close: () => Promise.resolve(),
  }
  return sandbox
}

const calls = Array.from({ length: 500 }, (_, x) => ({ x }))

test('one call of 500 that ends the process is found in a few executions, and all others are told', async () => {
  const sandbox = counted()
  const tool = subject('python', 'import os\ndef f(x):\n  if x == 317: os._exit(3)\n  return x')
  const { outcomes } = await observeCalls({ sandbox, tool, calls, world: WORLDS.first })
  expect(outcomes[317]).toMatchObject({ kind: expect.stringMatching(/ended|error/) as string })
  expect(outcomes.filter(({ kind }) => kind === 'value')).toHaveLength(499)
  expect(outcomes[318]).toEqual({ kind: 'value', value: 318 })
  expect(sandbox.executions).toBeLessThan(24)
})

test('a tool that ends with every call costs no more than a tool that ends with a few', async () => {
  const sandbox = counted()
  const tool = subject('python', 'import os\ndef f(x):\n  os._exit(3)')
  const { outcomes } = await observeCalls({ sandbox, tool, calls, world: WORLDS.first })
  expect(outcomes).toHaveLength(500)
  expect(sandbox.executions).toBeLessThanOrEqual(25)
})

test('two tools that differ for one of the first inputs are not compared on the others', async () => {
  const sandbox = counted()
  const log = 'def f(x):\n  if x > 100: raise MemoryError("nobody should ask")\n  return 2 * x'
  const other = subject('python', 'def f(x):\n  return 2 * x + (x == 7)')
  const found = await compareBehaviour(subject('python', log), other, { sandbox, inputs: calls, compare })
  expect(found).toMatchObject({ verdict: 'different', firstDifference: { input: { x: 7 } } })
  expect(sandbox.executions).toBe(2)
})
