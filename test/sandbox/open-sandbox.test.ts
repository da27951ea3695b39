import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'

let opened: TestSandbox

beforeAll(async () => {
  opened = await openTestSandbox()
})
afterAll(() => opened.close())

test('a Python program gives a value and its output', async () => {
  const result = await opened.sandbox.execute({
    language: 'python',
    code: "import pandas as pd\nprint('hello')\nresult(pd.DataFrame({'a': [1, 2, 3]}).a.std())",
  })
  expect(result).toMatchObject({ status: 'ok', value: 1, exitCode: 0, signal: null })
  expect(result.stdout).toEqual({ head: 'hello\n', tail: '', totalBytes: 6, truncated: false })
})

test('a TypeScript program gives a value and its output', async () => {
  const result = await opened.sandbox.execute({
    language: 'typescript',
    code: "const x: number = 4\nconsole.log('hello')\nresult(x * 2)",
  })
  expect(result).toMatchObject({ status: 'ok', value: 8 })
  expect(result.stdout.head).toBe('hello\n')
})
