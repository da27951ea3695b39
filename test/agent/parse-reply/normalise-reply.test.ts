import { expect, test } from 'vitest'
import { normaliseReply } from '../../../src/agent/parse-reply/normalise-reply.ts'

test('a byte order mark, CRLF and space around the reply go', () => {
  expect(normaliseReply('\uFEFF\r\n```json\r\n{}\r\n```\r\n')).toBe('```json\n{}\n```')
})

test('thinking goes, also with its opening tag missing or never closed', () => {
  expect(normaliseReply('<think>hm\n```json\n{"draft": 1}\n```</think>\nYes.')).toBe('Yes.')
  expect(normaliseReply('<thinking>a</thinking>b<think>c</think>d')).toBe('bd')
  expect(normaliseReply('hm, so\n</think>\n\nYes.')).toBe('Yes.')
  expect(normaliseReply('<think>hm, and then the tokens were used up')).toBe('')
})

test('code that only mentions the tag stays whole', () => {
  expect(normaliseReply('```python\ntag = "<think>"\n```')).toBe('```python\ntag = "<think>"\n```')
})

test('a reply that was escaped as HTML on its way is unescaped, one that only mentions entities is not', () => {
  expect(normaliseReply('```json\n{&quot;a&quot;: &quot;x &amp;&lt; y&quot;}\n```')).toBe(
    '```json\n{"a": "x &< y"}\n```',
  )
  const code = '```python\nassert escape("<") == "&lt;"\n```'
  expect(normaliseReply(code)).toBe(code)
})

test('an empty reply stays empty', () => {
  expect(normaliseReply(' \r\n ')).toBe('')
})
