import { expect } from 'vitest'
import type { Attack } from './attack.ts'

/**
 * Items whose attack is made from JavaScript like this. Of the others of their sections the outcome is the end of the process
 * itself, or JavaScript has a form of its own.
 */
export const FROM_JAVASCRIPT: readonly string[] =
  'F7 F12 F15 F16 P7 P10 P12 N1 N2 N3 N4 N6 N7 N8 N9 K1 K2 K3 K4 K5 K6 K7 K8 K10 K11 K12 K14 K15 K16 K17 K19'.split(' ')

/** Its outcome is the end of the process, here of the one that Node started. */
export const FOREIGN_CALL: Attack = {
  id: 'K9',
  title: 'a call of 32-bit kind ends the process that makes it (from JavaScript)',
  language: 'javascript',
  code: `
import { spawnSync } from 'node:child_process'
const program = "import ctypes, mmap\\narea = mmap.mmap(-1, 4096, prot=7)\\narea.write(bytes.fromhex('b814000000cd80c3'))\\nctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(area)))()"
result(spawnSync('/usr/bin/python3', ['-c', program]).signal)
`,
  expect: (result) => expect(['SIGSYS', 'SIGSEGV']).toContain(result.value),
}

/** `result` for a Python that is no harness: the value goes to whoever started it. */
const PRELUDE = `
import json as _json
def result(value):
    open('/tmp/claim', 'w').write(_json.dumps(value))
`

/**
 * The same attack from the place of a JavaScript execution, whose jail is another process: Node starts the machine's
 * Python for it. Only for attacks whose outcome is their value.
 */
export function inJavascript(attack: Attack): Attack {
  // Not a copy: the code of some attacks is only known when their test runs.
  const other: Attack = Object.create(attack, {
    title: { value: `${attack.title} (from JavaScript)` },
    language: { value: 'javascript' },
    code: { get: () => startPython(attack.code) },
  })
  return other
}

function startPython(code: string): string {
  return `
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
const { stderr, signal } = spawnSync('/usr/bin/python3', ['-c', ${JSON.stringify(PRELUDE + code)}], { encoding: 'utf8' })
if (existsSync('/tmp/claim')) result(JSON.parse(readFileSync('/tmp/claim', 'utf8')))
else throw new Error(signal ?? stderr)
`
}
