import { describe, expect, test } from 'vitest'
import { findCodeBlocks, findNamedCode, findProgram } from '../../../src/agent/parse-reply/find-code.ts'

const named = (reply: string, id: string): string | undefined => findNamedCode(findCodeBlocks(reply), id)?.code

describe('the code of a step', () => {
  test.each([
    ['the info string', '```python s1\nx = 1\n```'],
    ['the info string with a sign', '```python:s1\nx = 1\n```'],
    ['attributes', '```python {id="s1"}\nx = 1\n```'],
    ['the line before', '**s1**\n\n```python\nx = 1\n```'],
    ['a heading', '### Step s1: load the file\n```python\nx = 1\n```'],
    ['the info string alone', '```s1\nx = 1\n```'],
  ])('is found by its name in %s', (_where, reply) => {
    expect(named(reply, 's1')?.trim()).toBe('x = 1')
  })

  test('is found by a comment in its first line', () => {
    expect(named('```python\n# s1\nx = 1\n```', 's1')).toBe('# s1\nx = 1\n')
    expect(named('```js\n// step s1\nlet x\n```', 's1')).toBe('// step s1\nlet x\n')
  })

  test('is not mistaken for that of another step', () => {
    const reply = '```python s1\na\n```\n```python s11\nb\n```\n```python s1-b\nc\n```'
    expect(named(reply, 's1')).toBe('a\n')
    expect(named(reply, 's11')).toBe('b\n')
    expect(named(reply, 's2')).toBeUndefined()
  })

  test('is the later one where a model corrects itself', () => {
    expect(named('```python s1\nold\n```\nSorry, better:\n```python s1\nnew\n```', 's1')).toBe('new\n')
  })

  test('is never the plan, output or a command', () => {
    expect(findCodeBlocks('```json\n{"s1": 1}\n```\n```bash\nls\n```\n```\n{"s1": 2}\n```\n```python\n\n```')).toEqual(
      [],
    )
  })
})

describe('the program of a reply', () => {
  test('is the longest block of the language', () => {
    const reply =
      'First `import x`:\n```python\nimport x\n```\nAll:\n```python\nimport x\nprint(x)\n```\nUse:\n```bash\nrun\n```'
    expect(findProgram(reply, 'python')?.code).toBe('import x\nprint(x)\n')
  })

  test('may have no tag, a short tag, or the tag of the sister language', () => {
    expect(findProgram('```\nx = 1\n```', 'python')).toMatchObject({ code: 'x = 1\n', language: null })
    expect(findProgram('```py\nx = 1\n```', 'python')?.language).toBe('python')
    expect(findProgram('```ts\nlet x: number\n```', 'javascript')?.language).toBe('typescript')
    expect(findProgram('```python\nx = 1\n```', 'javascript')).toBeNull()
  })

  test('may come without any fence', () => {
    expect(findProgram('def f(x: int) -> int:\n    """Doubles."""\n    return 2 * x', 'python')?.code).toBe(
      'def f(x: int) -> int:\n    """Doubles."""\n    return 2 * x\n',
    )
    expect(findProgram('export default function f() {}', 'javascript')?.code).toBe('export default function f() {}\n')
    expect(findProgram('I would import pandas and define a function.', 'python')).toBeNull()
    expect(findProgram('', 'python')).toBeNull()
  })

  test('keeps tabs, unicode and blank lines as they are', () => {
    expect(findProgram('```python\nif True:\n\tä = "日本 🪓"\n\n\n\tprint(ä)\n```', 'python')?.code).toBe(
      'if True:\n\tä = "日本 🪓"\n\n\n\tprint(ä)\n',
    )
  })
})
