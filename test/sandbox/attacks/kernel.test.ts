import { afterAll, beforeAll, test } from 'vitest'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { testAttacks } from '../support/attack.ts'
import { KERNEL } from './tables/kernel.ts'

let opened: TestSandbox

beforeAll(async () => {
  opened = await openTestSandbox({ idleJavascript: 0 })
})
afterAll(() => opened.close())

if (process.arch === 'x64') testAttacks(() => opened, KERNEL)
else test.skip(`the numbers of system calls in these tests are those of x86-64, and this is ${process.arch}`, () => {})
