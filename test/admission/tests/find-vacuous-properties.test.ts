import { afterAll, beforeAll, expect, test } from 'vitest'
import { findVacuousProperties } from '../../../src/admission/tests/find-vacuous-properties.ts'
import type { ToolLanguage } from '../../../src/contracts/sandbox.ts'
import type { ToolTest } from '../../../src/contracts/tool.ts'
import { borrowTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { runTests } from '../run-tests.ts'
import { signature } from '../subjects.ts'

let opened: TestSandbox
beforeAll(async () => {
  opened = await borrowTestSandbox()
})
afterAll(() => opened.close())

function vacuous(language: ToolLanguage, programs: string[]): Promise<string[]> {
  const tests: ToolTest[] = programs.map((program, index) => ({ name: String(index), kind: 'property', program }))
  const numbers = signature(language, { x: { type: 'number' } })
  return findVacuousProperties({ sandbox: opened.sandbox, signature: numbers, tests, runTests })
}

test('properties that hold for tools that do nothing right are found by running them', async () => {
  const found = await vacuous('python', [
    'from tools import f\ntry:\n    holds = f(1) == 2\nexcept Exception:\n    holds = True\nresult(holds or True)',
    'from tools import f\ntry:\n    value = f(1)\nexcept ValueError:\n    value = None\nresult(value is value)',
    'from tools import f\nresult(f is not None)',
  ])
  expect(found).toEqual(['0', '1', '2'])
})

test('properties that a single broken tool fails can tell something', async () => {
  const found = await vacuous('python', [
    'from tools import f\nresult(f(1) == f(1))',
    'from tools import f\nresult(f(2) == 2 * f(1))',
    'from tools import f\nvalues = f([3, 1, 2])\nresult(sorted(values) == [1, 2, 3])',
    'from tools import f\nresult(len(f([1, 2])) == 2)',
    'from tools import f\ntry:\n    f(-1)\n    result(False)\nexcept ValueError:\n    result(True)',
  ])
  expect(found).toEqual([])
})

test('properties in JavaScript are judged alike', async () => {
  const found = await vacuous('javascript', [
    "import { f } from 'tools'\nlet holds = true\ntry { holds = f({ x: 1 }) === f({ x: 1 }) || true } catch { holds = true }\nresult(holds)",
    "import { f } from 'tools'\nresult(f({ x: 2 }) === 2 * f({ x: 1 }))",
  ])
  expect(found).toEqual(['0'])
})

test('a property that hangs on a broken tool is ended, and counts as one that can fail', async () => {
  const startedAt = performance.now()
  expect(await vacuous('python', ['from tools import f\nwhile f(1) != 1: pass\nresult(True)'])).toEqual([])
  expect(performance.now() - startedAt).toBeLessThan(20_000)
})

test('tests with expected values are not asked', async () => {
  const tests: ToolTest[] = [{ name: 'e', kind: 'example', arguments: { x: 1 }, expected: null }]
  const none = await findVacuousProperties({
    sandbox: opened.sandbox,
    signature: signature('python', {}),
    tests,
    runTests: () => Promise.reject(new Error('nothing is to be run')),
  })
  expect(none).toEqual([])
})
