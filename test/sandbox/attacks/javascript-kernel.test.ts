import { existsSync } from 'node:fs'
import { afterAll, beforeAll, test } from 'vitest'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { testAttacks, type Attack } from '../support/attack.ts'
import { openBystander } from '../support/bystander.ts'
import { FOREIGN_CALL, FROM_JAVASCRIPT, inJavascript } from '../support/in-javascript.ts'
import { FILES } from './tables/files.ts'
import { KERNEL } from './tables/kernel.ts'
import { networkAttacks } from './tables/network.ts'
import { PROCESSES } from './tables/processes.ts'

// Attacks on the kernel need calls that Node does not make: a Python that Node starts makes them, under the same filter.

let opened: TestSandbox
const service = openBystander()

beforeAll(async () => {
  opened = await openTestSandbox({ idlePython: 1 })
})
afterAll(() => opened.close())

const items: Attack[] = [...KERNEL, ...networkAttacks(service), ...FILES, ...PROCESSES].filter(
  ({ id, language }) => language === undefined && FROM_JAVASCRIPT.includes(id),
)

if (process.arch !== 'x64')
  test.skip(`the numbers of system calls are those of x86-64, not of ${process.arch}`, () => {})
else if (!existsSync('/usr/bin/python3')) test.skip('needs the machine to have /usr/bin/python3', () => {})
else {
  testAttacks(() => opened, [...items.map(inJavascript), FOREIGN_CALL])
}
