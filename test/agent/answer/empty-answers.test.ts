import { describe, expect, test } from 'vitest'
import { eventsOf } from '../open-test-agent.ts'
import { block, json, scriptPlan } from '../scripted-replies.ts'
import { useTestAgent } from '../use-test-agent.ts'

const setup = useTestAgent()

const nothingLeft = (answer: string | null): string =>
  json({ understanding: 'u', difficulty: 'easy', steps: [], answer })

/** A tool whose right value may be nothing at all. */
function findPlan(type: string, over: object = {}): string {
  const specification = {
    name: `find_names_${type.replaceAll(/\W+/g, '_').toLowerCase()}`,
    language: 'python',
    description: 'Names that begin with a letter. Without any: nothing.',
    parameters: [{ name: 'letter', type: 'str', description: 'The letter' }],
    returns: { type, description: 'The names' },
    examples: [],
    ...over,
  }
  const step = { id: 's1', decision: 'make', goal: 'Find', needs: [], specification, arguments: { letter: 'q' } }
  return json({ understanding: 'u', difficulty: 'easy', steps: [step], answer: 'Found: {{s1|count}}' })
}

describe('nothing as the value of a tool that declares it', () => {
  test.each<[string, string, unknown, unknown]>([
    ['an empty list', 'list[str]', [], ['ann']],
    ['an empty text', 'str', '', 'ann'],
    ['null', 'str | None', null, 'ann'],
  ])('%s costs no further plan', async (_, type, nothing, something) => {
    const name = `find_names_${type.replaceAll(/\W+/g, '_').toLowerCase()}`
    const example = (letter: string, expected: unknown) => ({
      name: letter,
      kind: 'example',
      arguments: { letter },
      expected,
    })
    const python = (value: unknown): string => (value === null ? 'None' : JSON.stringify(value))
    const code = `def ${name}(letter: str) -> ${type}:
    """Names that begin with a letter.

    Args:
        letter: The letter.

    Returns:
        The names.
    """
    return ${python(something)} if letter == "a" else ${python(nothing)}`
    const { result, events } = await setup.subject.play(
      [
        { role: 'planner', reply: findPlan(type) },
        {
          role: 'tester',
          reply: json({ tests: [example('a', something), example('b', nothing), example('c', nothing)] }),
        },
        { role: 'coder', reply: block(code, 'python') },
        // A count of a text, or of null, is worded by a model.
        ...(type === 'list[str]' ? [] : [{ role: 'answerer' as const, reply: 'None.' }]),
      ],
      'Which names begin with q?',
    )
    expect(result.status).toBe('succeeded')
    expect(eventsOf(events, 'replanned')).toEqual([])
  })
})

describe('an answer with nothing in it', () => {
  test.each([
    ['a list with nothing in it', '[]', '{{s1}}'],
    ['an empty text', '""', '{{s1}}'],
    ['an empty list in the form of a list', '[]', ' {{s1|list}}\n'],
    ['nothing that is left to say', '[]', ''],
  ])('is given after one further plan: %s', async (_, value, answer) => {
    const { result } = await setup.subject.play(
      [{ reply: scriptPlan({ code: `result(${value})`, answer: '{{s1}}' }) }, { reply: nothingLeft(answer) }],
      'Only the names that begin with q, and no word beside them.',
    )
    expect(result).toMatchObject({ status: 'succeeded', answer: '', usage: { calls: 2 } })
  })

  test('is given by a model that says so', async () => {
    const { result, events } = await setup.subject.play(
      [
        { reply: scriptPlan({ code: 'result({"names": 0})', answer: null }) },
        { role: 'answerer', match: /`\(empty\)`|/, reply: '(empty)' },
      ],
      'Only the names that begin with q.',
    )
    expect(result).toMatchObject({ status: 'succeeded', answer: '' })
    expect(eventsOf(events, 'answer-delta')).toEqual([])
  })

  test('that was only left out beside steps is written by a model', async () => {
    const { result } = await setup.subject.play(
      [{ reply: scriptPlan({ code: 'result(3)', answer: '' }) }, { role: 'answerer', reply: 'Three.' }],
      'How many?',
    )
    expect(result.answer).toBe('Three.')
  })

  test('that is a reply with nothing in it is asked for again and counted', async () => {
    const { result, events } = await setup.subject.play(
      [
        { reply: scriptPlan({ code: 'result({"n": 3})', answer: null }) },
        { role: 'answerer', reply: '  ' },
        { role: 'answerer', match: /The reply was empty/, reply: '(empty is what it is not)' },
      ],
      'How many?',
    )
    expect(result).toMatchObject({ answer: '(empty is what it is not)', usage: { calls: 3 } })
    expect(eventsOf(events, 'model-reply-rejected')).toHaveLength(1)
  })

  test('is not what a sentence about nothing becomes', async () => {
    const { result } = await setup.subject.play(
      [
        { reply: scriptPlan({ code: 'result([])', answer: 'The names are {{s1}}.' }) },
        { reply: nothingLeft('The names are {{s1}}.') },
        { role: 'answerer', reply: 'There is no such name.' },
      ],
      'Which names begin with q?',
    )
    expect(result.answer).toBe('There is no such name.')
  })
})
