import { afterAll, beforeAll } from 'vitest'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { testAttacks } from '../support/attack.ts'
import { openBystander } from '../support/bystander.ts'
import { networkAttacks } from './tables/network.ts'

let opened: TestSandbox
const service = openBystander()

beforeAll(async () => {
  opened = await openTestSandbox()
})
afterAll(() => opened.close())

testAttacks(() => opened, networkAttacks(service))
