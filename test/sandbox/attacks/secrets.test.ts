import { afterAll, beforeAll } from 'vitest'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { testAttacks } from '../support/attack.ts'
import { SECRET, SECRETS } from './tables/secrets.ts'

let opened: TestSandbox

beforeAll(async () => {
  process.env['HANDAXE_TEST_SECRET'] = SECRET
  opened = await openTestSandbox()
})
afterAll(async () => {
  delete process.env['HANDAXE_TEST_SECRET']
  await opened.close()
})

testAttacks(() => opened, SECRETS)
