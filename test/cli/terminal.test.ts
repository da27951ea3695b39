import { expect, test } from 'vitest'
import { safeText } from '../../src/cli/terminal.ts'

test.each([
  ['plain äöü 漢字 🙂\n\tx', 'plain äöü 漢字 🙂\n\tx'],
  ['\u001b[31mred\u001b[0m', '\\x1b[31mred\\x1b[0m'],
  ['\u001b]52;c;aGk=\u0007', '\\x1b]52;c;aGk=\\x07'],
  ['\u001b]8;;http://evil\u001b\\link', '\\x1b]8;;http://evil\\x1b\\link'],
  ['abc\u202ecba', 'abc\\u202ecba'],
  ['a\u0000b\u009bc', 'a\\x00b\\x9bc'],
  ['over\rwritten', 'over\\x0dwritten'],
  ['line\r\nline', 'line\nline'],
  ['', ''],
])('%j is shown as %j: nothing can steer the terminal', (text, expected) => {
  expect(safeText(text)).toBe(expected)
})
