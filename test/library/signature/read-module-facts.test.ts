import { expect, test } from 'vitest'
import { parseModule } from '../../../src/library/signature/parse-module.ts'
import { readModuleFacts } from '../../../src/library/signature/read-module-facts.ts'

function factsOf(code: string) {
  const parsed = parseModule(code)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return readModuleFacts(parsed.program)
}

test.each([
  ['Array.prototype.total = function () {}', 'Array.prototype.total'],
  ["String.prototype['x'] ??= 1", 'String.prototype'],
  ["Object.defineProperty(Object.prototype, 'x', { value: 1 })", 'Object.prototype'],
  ['Object.assign(globalThis, { x: 1 })', 'globalThis'],
  ['Math.max = Math.min', 'Math.max'],
])('a change to what belongs to the language is a fact: %s', (code, name) => {
  expect(factsOf(code).patches).toEqual([{ name, line: 1 }])
})

test.each([
  'const total = Array.prototype.slice.call([1])',
  'const copy = Object.assign({}, { x: 1 })',
  'const map = {}; map.x = 1; map["y"] = 2',
  'class Own {}; Own.prototype.x = 1',
  'const mathematics = {}; mathematics.max = 1',
])('what is its own a module may change: %s', (code) => {
  expect(factsOf(code).patches).toEqual([])
})

test('numbers that are put together of literals are literals as well', () => {
  const values = factsOf('const limit = 1000 + 234.5; const x = 2 * (3 - 1); const y = limit + 1').literals
  expect(values.map(({ value }) => value)).toEqual(expect.arrayContaining([1234.5, 4, 1000, 234.5]))
})
