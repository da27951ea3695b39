import { describe, expect, test } from 'vitest'
import { extractBlocks } from '../../../src/agent/parse-reply/extract-blocks.ts'

const contents = (reply: string): string[] => extractBlocks(reply).map((block) => block.content)

describe('fenced blocks of a reply', () => {
  test('are found with prose around them, in their order', () => {
    const blocks = extractBlocks('Sure!\n\n```json\n{"a": 1}\n```\nand the code\n```python s1\nx = 1\n```\nDone.')
    expect(blocks).toEqual([
      { language: 'json', info: 'json', lineBefore: 'Sure!', content: '{"a": 1}', closed: true },
      { language: 'python', info: 'python s1', lineBefore: 'and the code', content: 'x = 1', closed: true },
    ])
  })

  test('may lack a language, use tildes or four backticks, and be indented as in a list', () => {
    expect(contents('```\na\n```')).toEqual(['a'])
    expect(contents('~~~python\na\n```\nb\n~~~')).toEqual(['a\n```\nb'])
    expect(contents('````markdown\n```python\na\n```\n````')).toEqual(['```python\na\n```'])
    expect(contents('1. First\n   ```python\n   if a:\n       b\n   ```')).toEqual(['if a:\n    b'])
  })

  test('that are cut off at the end of the reply are marked as open', () => {
    expect(extractBlocks('```python\nx = 1\ny =')).toMatchObject([{ content: 'x = 1\ny =', closed: false }])
  })

  test('keep backticks that belong to the code', () => {
    const docstring = '```python\ndef f():\n    """Shows\n\n    ```python\n    f()\n    ```\n    """\n    return 1\n```'
    expect(contents(docstring)).toEqual([
      'def f():\n    """Shows\n\n    ```python\n    f()\n    ```\n    """\n    return 1',
    ])
    const markdown = '```python\ntext = """\n```json\n{}\n```\n"""\n```'
    expect(contents(markdown)).toEqual(['text = """\n```json\n{}\n```\n"""'])
    expect(contents('```js\nconst a = `x` + ```y```\n```')).toEqual(['const a = `x` + ```y```'])
  })

  test('end where the next one begins if their own end was forgotten', () => {
    expect(contents('```json\n{"a": 1}\n```python s1\nx = 1\n```')).toEqual(['{"a": 1}', 'x = 1'])
  })

  test('take their language from whatever stands behind the fence', () => {
    expect(extractBlocks('```Python {title="s1"}\na\n```')[0]).toMatchObject({
      language: 'python',
      info: 'Python {title="s1"}',
    })
    expect(extractBlocks('``` python   step-2 \na\n```')[0]).toMatchObject({
      language: 'python',
      info: 'python   step-2',
    })
    expect(extractBlocks('``` {.python #s1}\na\n```')[0]).toMatchObject({ language: 'python' })
  })

  test('are none in an empty reply, in prose, and where backticks are inline code', () => {
    expect(extractBlocks('')).toEqual([])
    expect(extractBlocks('Just prose with `code` in it.')).toEqual([])
    expect(extractBlocks('```inline``` code at the start of a line')).toEqual([])
  })

  test('are read from a megabyte in a moment', () => {
    const reply = `\`\`\`python\n${'x = 1 # ``` \n'.repeat(80_000)}\`\`\`\n${'```\n'.repeat(20_001)}`
    const startedAt = performance.now()
    const blocks = extractBlocks(reply)
    expect(blocks.length).toBeGreaterThan(1)
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })

  test('with thousands of fences that never close end in a moment', () => {
    const startedAt = performance.now()
    expect(extractBlocks('```python\n'.repeat(100_000)).length).toBe(100_000)
    expect(performance.now() - startedAt).toBeLessThan(15_000)
  })
})
