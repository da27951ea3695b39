import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { createHome, runCli } from '../support/run-cli.ts'
import { usePlainPython } from '../support/python.ts'

usePlainPython()

let home: string
beforeEach(() => {
  home = createHome()
})

const PRICES = `
export const price_of = {
  description: 'The last price of a share',
  inputSchema: { type: 'object', properties: { symbol: { type: 'string' } }, required: ['symbol'] },
  execute: async ({ symbol }) => {
    if (symbol === 'DB') throw new Error('connect postgres://admin:hunter2@db/crm failed')
    if (symbol !== 'AAPL') throw Object.assign(new Error('no such share: ' + symbol), { name: 'ProgramError' })
    return 135.35
  },
}
`

function exec(functions: string, program: string, ...more: string[]) {
  writeFileSync(join(home, 'prices.mjs'), functions)
  return runCli(home, ['exec', '--host-functions', 'prices.mjs', ...more, '-'], { input: program })
}

test('a program calls what a file exports; its errors are exceptions of the program', async () => {
  const program = [
    'import host',
    'print(host.price_of(symbol="AAPL") * 2)',
    'try:',
    '    host.price_of(symbol="ABC")',
    'except host.HostError as error:',
    '    print(error)',
    'try:',
    '    host.price_of(symbol="DB")',
    'except host.HostError as error:',
    '    print(error)',
    'try:',
    '    host.price_of(symbol=1)',
    'except host.HostError as error:',
    '    print("refused")',
  ].join('\n')
  const outcome = await exec(PRICES, program)
  expect(outcome, outcome.stderr).toMatchObject({ exitCode: 0 })
  expect(outcome.stdout).toBe('270.7\nno such share: ABC\nthe host function price_of failed\nrefused\n')
  // For the author of the function.
  expect(outcome.stderr).toContain(
    'host function price_of failed: Error: connect postgres://admin:hunter2@db/crm failed',
  )
})

test('so does one in JavaScript, and a daemon that is demanded refuses', async () => {
  const program = 'import host from "host"\nconsole.log(await host.priceOf({ symbol: "AAPL" }))'
  const outcome = await exec(PRICES, program, '--language', 'javascript')
  expect(outcome, outcome.stderr).toMatchObject({ exitCode: 0, stdout: '135.35\n' })
  const refused = await exec(PRICES, program, '--language', 'javascript', '--daemon', 'always')
  expect(refused).toMatchObject({ exitCode: 2, stdout: '' })
  expect(refused.stderr).toContain('The daemon does not offer host functions')
  await runCli(home, ['daemon', 'stop'])
})

test.each([
  ['a file that exports nothing', 'const a = 1', 'exports no host function'],
  ['something else among its exports', `${PRICES}\nexport const other = 5`, 'other of prices.mjs is no host function'],
  ['a file that throws', 'throw new Error("not today")', 'cannot be loaded: not today'],
  ['no JavaScript', 'def f(): pass', 'cannot be loaded'],
  [
    'a name that no language has',
    'export default { description: "d", inputSchema: {}, name: "a b", execute() {} }',
    "'a b'",
  ],
])('%s is refused with an example, and nothing runs', async (_, functions, message) => {
  const outcome = await exec(functions, 'print("ran")')
  expect(outcome).toMatchObject({ exitCode: 2, stdout: '' })
  expect(outcome.stderr).toContain(message)
})
