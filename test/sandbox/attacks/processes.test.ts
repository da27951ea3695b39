import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { testAttacks } from '../support/attack.ts'
import { survivors, ticksNow } from '../support/survivors.ts'
import { PROCESSES } from './tables/processes.ts'

let opened: TestSandbox

beforeAll(async () => {
  opened = await openTestSandbox()
})
afterAll(() => opened.close())

testAttacks(() => opened, PROCESSES)

test('I1: the look for survivors sees an execution that is alive, and nothing of it afterwards', async () => {
  let alive: string[] = []
  let namespace = ''
  let at = 0
  await opened.sandbox.execute({
    language: 'python',
    code: "import os, time\nos.fork()\nif os.getpid() == 1: print(os.readlink('/proc/self/ns/pid'), flush=True)\ntime.sleep(0.5)",
    onOutput(_, text) {
      namespace = text.trim()
      at = ticksNow()
      alive = survivors(namespace, at)
    },
  })
  expect(alive).toHaveLength(2)
  await vi.waitFor(() => expect(survivors(namespace, at)).toEqual([]), { timeout: 5_000, interval: 10 })
})
