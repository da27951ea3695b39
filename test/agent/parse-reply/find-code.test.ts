import { describe, expect, test } from 'vitest'
import { findCodeBlocks, findProgram } from '../../../src/agent/parse-reply/find-code.ts'

describe('a block of code', () => {
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
