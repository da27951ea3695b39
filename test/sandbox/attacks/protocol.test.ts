import { afterAll, beforeAll } from 'vitest'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { testAttacks } from '../support/attack.ts'
import { PROTOCOL } from './tables/protocol.ts'

let opened: TestSandbox

beforeAll(async () => {
  opened = await openTestSandbox()
})
afterAll(() => opened.close())

testAttacks(() => opened, PROTOCOL)
