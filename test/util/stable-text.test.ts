import { expect, test } from 'vitest'
import { stableText } from '../../src/util/stable-text.ts'
import type { JsonValue } from '../../src/contracts/json.ts'

test('the order of keys is nothing, that of a list counts', () => {
  expect(stableText({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}')
  expect(stableText([1, 2])).not.toBe(stableText([2, 1]))
})

test('keys that are numbers or hostile are keys like others', () => {
  const value = JSON.parse('{"__proto__": 1, "10": 2, "9": 3}') as JsonValue
  expect(stableText(value)).toContain('"10":2')
  expect(stableText(value)).not.toBe(stableText({ '9': 3, '10': 2 }))
})
