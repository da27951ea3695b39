import { expect, test } from 'vitest'
import { stabiliseText } from '../../../src/agent/text/stabilise-text.ts'

test.each([
  ['<__main__.Box object at 0x7f3a2b1c9d10>', '<__main__.Box object at 0x…>'],
  ['<function outer.<locals>.<lambda> at 0x7f3a2b1c9d10>', '<function outer.<locals>.<lambda> at 0x…>'],
  ['<bound method Box.get of <Box object at 0x7f3a2b1c9d10>>', '<bound method Box.get of <Box object at 0x…>>'],
  ["<weakref at 0x7f3a2b1c9d10; to 'Box' at 0x7f3a2b1c9e20>", "<weakref at 0x…; to 'Box' at 0x…>"],
  ['<Future at 0x7f3a2b1c9d10 state=pending>', '<Future at 0x… state=pending>'],
  ['<code object f at 0x7f3a2b1c9d10, file "a.py", line 1>', '<code object f at 0x…, file "a.py", line 1>'],
  ['Thread 0x00007f3a2b1c9d10 (most recent call first):', 'Thread 0x… (most recent call first):'],
])('the address of an object goes: %s', (text, stable) => {
  expect(stabiliseText(text)).toBe(stable)
})

test.each([
  'expected "0x00ff00ff", got "0x00ff00fe"',
  'The word at 0x0040a1b2 is 0xDEADBEEF, the one at 0x0040a1b6 is 0.',
  'x <y at 0x0040a1b2, z',
  '<b>crash at 0x0040a1b2</b>',
  '{"colour": "0x336699", "txid": "0x5c504ed432cb51138bcf09aa5e8a410d"}',
])('a hexadecimal value stays: %s', (text) => {
  expect(stabiliseText(text)).toBe(text)
})

test('takes linear time for a text that is made to be slow', () => {
  const startedAt = performance.now()
  for (const piece of ['<a at 0x', '<a at ', '<<>> at 0x123456', ' at 0x123456>']) stabiliseText(piece.repeat(20_000))
  expect(performance.now() - startedAt).toBeLessThan(5000)
})
