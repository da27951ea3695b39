import { afterAll, beforeAll, expect, test } from 'vitest'
import { boundSandbox } from '../../src/admission/bound-sandbox.ts'
import { borrowTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'

let opened: TestSandbox
beforeAll(async () => {
  opened = await borrowTestSandbox()
})
afterAll(() => opened.close())

test('its limits hold against those that are asked for, and closing it closes nothing', async () => {
  const bound = boundSandbox(opened.sandbox, { cpuMs: 300 })
  const startedAt = performance.now()
  const result = await bound.sandbox.execute({ language: 'python', code: 'while True: pass', limits: { cpuMs: 9000 } })
  expect(result).toMatchObject({ status: 'timeout', limits: { cpuMs: 300 } })
  expect(performance.now() - startedAt).toBeLessThan(9000)
  await bound.sandbox.close()
  expect(await bound.sandbox.execute({ language: 'python', code: 'result(1)' })).toMatchObject({
    status: 'ok',
    value: 1,
  })
  expect(bound.executions).toBe(2)
  expect(bound.slowest.cpuMs).toBeGreaterThanOrEqual(200)
})
