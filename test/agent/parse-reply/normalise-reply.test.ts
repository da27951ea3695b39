import { describe, expect, test } from 'vitest'
import { normaliseReply } from '../../../src/agent/parse-reply/normalise-reply.ts'

test('a byte order mark, CRLF and space around the reply go', () => {
  expect(normaliseReply('\uFEFF\r\n```json\r\n{}\r\n```\r\n')).toBe('```json\n{}\n```')
})

describe('thinking', () => {
  test.each([
    ['with both tags', '<think>hm\n```json\n{"draft": 1}\n```</think>\nYes.', 'Yes.'],
    ['several times', '<thinking>a</thinking>\n<think>c</think>d', 'd'],
    ['in capitals', '\n<Think>\na\n</Think>\n\nd', 'd'],
    ['nested', '<think>a <think>b</think> c</think>Yes.', 'Yes.'],
    ['that mentions an opening tag', '<think>They strip <think> tags.\n</think>\n\nYes.', 'Yes.'],
    ['that quotes both tags', '<think>So r"<think>.*?</think>" or `</think>`, it\'s done.</think>Yes.', 'Yes.'],
    ['that says "done"', '<think>I say "done".</think>"Yes", he said.', '"Yes", he said.'],
    ["that says 'done'", "<think>I say 'done'</think>Yes.", 'Yes.'],
    ['with the end of a fence before its end', '<think>a\n```py\nx\n```</think>```json\n{}\n```', '```json\n{}\n```'],
    ['without its opening tag', 'hm, so\n</think>\n\nYes.', 'Yes.'],
    ['without its opening tag and without a line end', 'It\'s "5".</think>Yes.', 'Yes.'],
    ['without its opening tag, after a draft', 'hm\n```json\n{"draft": 1}\n```\n</think>\nYes.', 'Yes.'],
    ['without its opening tag, right after a fence', 'hm\n```json\n{"draft": 1}\n```</think>\nYes.', 'Yes.'],
    ['that is empty', '</think>\n\nYes.', 'Yes.'],
    ['that never ends', '<think>hm, and then the tokens were used up', ''],
    ['escaped as HTML', '&lt;think&gt;hm&lt;/think&gt;Yes.', 'Yes.'],
  ])('goes: %s', (_what, reply, rest) => {
    expect(normaliseReply(reply)).toBe(rest)
  })

  const mentions = [
    '```python\ntag = "<think>"\n```',
    '```python s1\ntext = re.sub(r"<think>.*?</think>", "", text, flags=re.S)\n```',
    '```python\nsample = """\n<think>\na\n</think>\nb"""\n```',
    '~~~js\nconst end = text.indexOf(`</think>`)\n</think>\n~~~\nThat is it.',
    '{"steps": [], "answer": "One.</think>Two. <think>three</think>"}',
    '```json\n{"steps": [], "answer": "Begins with <think>.\\nEnds with\\n</think>\\n."}\n```',
    'The tag `</think>` ends the thinking, `<think>` begins it.',
    'Thinking ends with </think> and the answer follows.',
    'A reply looks so: <think>reasons</think>words.',
    'import re\n\ndef strip(text: str) -> str:\n    return re.sub(r"^.*</think>", "", text)',
    "import re\nend = text.find('</think>')",
  ]

  test.each(mentions)('is not what only speaks of it: %j', (reply) => {
    expect(normaliseReply(reply)).toBe(reply)
    expect(normaliseReply(`<think>So, hm.</think>\n${reply}`)).toBe(reply)
  })

  test('takes linear time, whatever the tags do', () => {
    const startedAt = performance.now()
    const pieces = [
      '<think>',
      '</think>',
      '<think></think>',
      ' </think>',
      '"</think>',
      '`<think>',
      '\n```\n</think>',
      '<thi',
    ]
    for (const piece of pieces) {
      for (const start of ['', '<think>', 'a ']) normaliseReply(start + piece.repeat(100_000))
    }
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })
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
