import { describe, expect, test } from 'vitest'
import { assignCode } from '../../../src/agent/parse-reply/assign-code.ts'
import { findCodeBlocks } from '../../../src/agent/parse-reply/find-code.ts'

function assigned(reply: string, names = ['s1', 's2', 's11']): Record<string, string> {
  const found = assignCode(findCodeBlocks(reply), names)
  return Object.fromEntries(Array.from(found, ([name, block]) => [name, block.code.trim()]))
}

const block = (info: string, code: string): string => `\`\`\`${info}\n${code}\n\`\`\``

describe('the info string', () => {
  test.each([
    'python s1',
    'python:s1',
    'python, s1',
    'python S1',
    'python {id="s1"}',
    'python step=s1',
    'python step: s1',
    "python title='s1'",
    'python title="s1: the mean"',
    'python #s1',
    '{.python #s1}',
    'python s1.py',
    'python (s1)',
    'python s1 needs=s2',
    'python needs=s2 step=s1',
    'python s1 (after s2)',
    'python (after s2) s1',
    's1',
  ])('names the block: %s', (info) => {
    expect(assigned(block(info, 'x = 1'))).toEqual({ s1: 'x = 1' })
  })

  test.each([
    ['a comment that names another step', '', '# the maximum, to be shown beside s1\ny'],
    ['a comment that begins with another step', '', '# s1: its maximum\ny'],
    ['a heading of another step', '### Step s1, continued', 'y'],
    ['the sentence before it', 'Beside s1 we show the maximum:', 'y'],
    ['a sentence that begins with another step', 's1:', 'y'],
  ])('is not outvoted by %s', (_what, before, code) => {
    const reply = `${block('python s1', 'x')}\n\n${before}\n\n${block('python s2', code)}`
    expect(assigned(reply)).toEqual({ s1: 'x', s2: code })
    const turned = `${before}\n\n${block('python s2', code)}\n\n${block('python s1', 'x')}`
    expect(assigned(turned)).toEqual({ s1: 'x', s2: code })
  })

  test('of one block leaves no say to the signs of others', () => {
    const reply = `${block('python s1', 'x')}\n\nA check of s2:\n${block('python', '# s2\ny')}`
    expect(assigned(reply)).toEqual({ s1: 'x' })
  })

  test('names no step whose name is a part of it', () => {
    const reply = [block('python s1', 'a'), block('python s11', 'b'), block('python s1-b', 'c')].join('\n')
    expect(assigned(reply)).toEqual({ s1: 'a', s11: 'b' })
  })

  test('may name what reads like a word of the language, or a phrase', () => {
    expect(assigned(block('js js', 'x'), ['js'])).toEqual({ js: 'x' })
    expect(assigned(block('python scales with its input', 'x'), ['scales with its input'])).toEqual({
      'scales with its input': 'x',
    })
  })

  test('of the later block counts, where a model corrects itself', () => {
    const reply = `${block('python s1', 'old')}\nSorry, better:\n${block('python s1', 'new')}`
    expect(assigned(reply)).toEqual({ s1: 'new' })
  })
})

describe('without any name in an info string', () => {
  test.each([
    ['bold', '**s1**', 'x'],
    ['a heading', '### Step s1: load the file', 'x'],
    ['a sentence', 'Now the code for step s1:', 'x'],
    ['a comment', '', '# s1\nx'],
    ['a comment with a title', '', '# step s1: load s2 too\nx'],
  ])('%s before the block names it', (_what, before, code) => {
    expect(assigned(`${before}\n\n${block('python', code)}`)).toEqual({ s1: code })
  })

  test('a mention is no name', () => {
    const mean = block('python', 'mean')
    const maximum = block('python', '# the maximum, to be shown beside s1\nmaximum')
    expect(assigned(`${mean}\n${maximum}`)).toEqual({})
    expect(assigned(`**s1**\n${mean}\n**s2**\n${maximum}`)).toMatchObject({ s1: 'mean' })
    expect(assigned(`Beside s1, the maximum:\n${block('python', 'x')}`)).toEqual({})
    expect(assigned(`s1 gives the mean, this the maximum:\n${block('python', 'x')}`)).toEqual({})
    expect(assigned(`s1 and s2:\n${block('python', 'x')}`)).toEqual({})
    expect(assigned(block('python', '# s1.value.json has the mean\nx'))).toEqual({})
  })

  test('signs that contradict one another name nothing', () => {
    expect(assigned(`### s1\n${block('python', '# s2: the maximum\nx')}`)).toEqual({})
  })
})

test('hostile info strings and lines cost linear time', () => {
  const startedAt = performance.now()
  const names = Array.from({ length: 50 }, (_, index) => `s${index}`)
  for (const piece of ['s1', 'step=', '((', '"', 'step ', '# ', 'a=']) {
    assigned(
      `${piece.repeat(30_000)}\n${block(`python ${piece.repeat(30_000)}`, `# ${piece.repeat(30_000)}\nx`)}`,
      names,
    )
  }
  expect(performance.now() - startedAt).toBeLessThan(5000)
})
