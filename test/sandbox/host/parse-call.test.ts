import { expect, test } from 'vitest'
import { isCall, parseCall } from '../../../src/sandbox/host/parse-call.ts'

const body = (text: string) => Buffer.from(text)

test('a call has an id, a name and an input', () => {
  const call = body('{"type":"call","id":7,"name":"search","input":{"query":"é"}}')
  expect(isCall(call)).toBe(true)
  expect(parseCall(call)).toEqual({ id: 7, name: 'search', input: { query: 'é' } })
  expect(isCall(body('{"type":"result","ok":true}'))).toBe(false)
  expect(isCall(body(''))).toBe(false)
})

test('the input becomes plain data', () => {
  const { input } = parseCall(
    body(
      '{"type":"call","id":0,"name":"f","input":{"__proto__":{"polluted":1},"a":1e999,"b":"\\ud800","constructor":{"prototype":{"x":1}},"list":[{"prototype":1,"c":{"constructor":1,"d":2}}]}}',
    ),
  )
  expect(input).toEqual({ a: { $number: 'Infinity' }, b: '\ufffd', list: [{ c: { d: 2 } }] })
  expect(JSON.stringify(input)).not.toMatch(/constructor|prototype/)
  expect(Object.getPrototypeOf(input)).toBe(Object.prototype)
})

test.each([
  ['an id that is no number', '{"type":"call","id":"7","name":"f","input":{}}'],
  ['a negative id', '{"type":"call","id":-1,"name":"f","input":{}}'],
  ['an id beyond the safe integers', '{"type":"call","id":1e300,"name":"f","input":{}}'],
  ['no id', '{"type":"call","name":"f","input":{}}'],
  ['a name that is no text', '{"type":"call","id":1,"name":["f"],"input":{}}'],
  ['a very long name', `{"type":"call","id":1,"name":"${'f'.repeat(10_000)}","input":{}}`],
  ['no input', '{"type":"call","id":1,"name":"f"}'],
  ['what is not JSON', '{"type":"call","id":1,'],
  [
    'an input nested a hundred thousand levels deep',
    `{"type":"call","id":1,"name":"f","input":${'['.repeat(1e5)}${']'.repeat(1e5)}}`,
  ],
])('%s is refused', (_, text) => {
  expect(() => parseCall(body(text))).toThrow(Error)
})

test('bytes that are not UTF-8 are refused', () => {
  const bytes = Buffer.concat([body('{"type":"call","id":1,"name":"f","input":"'), Buffer.from([0xff]), body('"}')])
  expect(() => parseCall(bytes)).toThrow(TypeError)
})
