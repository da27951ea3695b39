import { expect, test } from 'vitest'

interface RunProgram {
  run(command: string, args: string[], options?: { timeoutMs?: number }): { stdout: string }
}
// Plain JavaScript: it runs before the dependencies are there.
const { run } = (await import(
  String(new URL('../../scripts/run-program.mjs', import.meta.url))
)) as unknown as RunProgram

const inNode = (code: string) => () => run(process.execPath, ['-e', code])

test.each([
  ['above the stack of Node', "throw new TypeError('no pip: a is undefined')", /TypeError: no pip: a is undefined$/],
  [
    'below the traceback of Python, in the words of a program that another one called',
    "console.error('Traceback\\n  line 1\\nModuleNotFoundError: No module named pip\\nsome more')",
    /ModuleNotFoundError: No module named pip$/,
  ],
  [
    'of apt and debootstrap, on standard output',
    "console.log('I: Retrieving\\nE: Failed getting release file http://mirror/\\n')",
    /E: Failed getting release file http:\/\/mirror\/$/,
  ],
  ['nowhere: the last words', "console.error('1\\n2\\n3\\n4')", /failed: 2 3 4$/],
  ['nowhere, and there are no words', '', /failed: it said nothing$/],
])('the reason is found %s', (_, code, message) => {
  expect(inNode(`${code}\nprocess.exitCode = 1`)).toThrow(message)
})

test('a program that is not there, and one that does not end, are told as such', () => {
  expect(() => run('handaxe-is-not-this', [])).toThrow(/ENOENT/)
  expect(() => run('sh', ['-c', 'echo waiting; exec sleep 60'], { timeoutMs: 300 })).toThrow(
    /it took longer than 0.3 s; the last that it said: waiting$/,
  )
})
