import { existsSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { testAttacks, type Attack } from '../support/attack.ts'
import { openBystander } from '../support/bystander.ts'
import { FROM_JAVASCRIPT, inJavascript } from '../support/in-javascript.ts'
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
  testAttacks(() => opened, items.map(inJavascript))
  testAttacks(
    () => opened,
    [
      {
        id: 'K9',
        title: 'a call of 32-bit kind ends the process that makes it (from JavaScript)',
        language: 'javascript',
        code: `
import { spawnSync } from 'node:child_process'
const program = "import ctypes, mmap\\narea = mmap.mmap(-1, 4096, prot=7)\\narea.write(bytes.fromhex('b814000000cd80c3'))\\nctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(area)))()"
result(spawnSync('/usr/bin/python3', ['-c', program]).signal)
`,
        expect: (result) => expect(['SIGSYS', 'SIGSEGV']).toContain(result.value),
      },
    ],
  )
}
