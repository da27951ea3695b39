import { describe, expect, test } from 'vitest'
import type { ScriptedStep } from '../../../src/testing/index.ts'
import { eventsOf, type FinishedRun } from '../open-test-agent.ts'
import { block, json, RANGE, RANGE_PROPERTY, RANGE_TESTS, rangeCode, rangePlan } from '../scripted-replies.ts'
import { useTestAgent } from '../use-test-agent.ts'

// Each test has a library of its own.
const setup = useTestAgent({ each: true })

// The specification says that one number gives 0; these tests want something else.
const wrong = { name: 'wants two numbers', kind: 'error', arguments: { values: [7] }, raises: 'ValueError' }
const wrongToo = { name: 'counts one number as itself', kind: 'example', arguments: { values: [3] }, expected: 3 }

function start(...wrongTests: object[]): ScriptedStep[] {
  const right = RANGE_TESTS.tests.filter((one) => one.name !== 'one number has no range')
  return [
    { reply: rangePlan },
    { role: 'tester', reply: `${json({ tests: [...right, ...wrongTests] })}\n${RANGE_PROPERTY}` },
    { role: 'coder', reply: rangeCode() },
  ]
}

const drops = (name: string): ScriptedStep => ({
  role: 'reviewer',
  match: (prompt) => prompt.includes(name) && prompt.includes(RANGE.description) && !prompt.includes('def value_range'),
  reply: json({ verdict: 'drop', reason: 'One number gives 0.' }),
})
const keeps = (): ScriptedStep => ({
  role: 'reviewer',
  reply: json({ verdict: 'keep', reason: 'A range needs two numbers.' }),
})
const givesUp: ScriptedStep = {
  role: 'planner',
  match: /could not be made/,
  reply: json({ understanding: 'u', difficulty: 'easy', steps: [], answer: 'No.' }),
}
const repairs = (reply: string): ScriptedStep => ({ role: 'coder', match: /reply with one sentence/, reply })

function purposes({ events }: FinishedRun): string[] {
  return eventsOf(events, 'model-called').map(({ purpose }) => purpose)
}

describe('an author who keeps to the code that failed a test', () => {
  const code = rangeCode()
  test.each([
    ['by sending it again', code],
    ['with another comment', code.replace('    if not', '    # As the specification says.\n    if not')],
    ['with a comment after the code', code.replace('is empty: a', 'is empty: a').replace('\n```', '  # right\n```')],
    [
      'with other indentation',
      code.replaceAll(/^ +(?="""Range|if|raise|return)/gm, (spaces) => spaces.replaceAll('    ', '  ')),
    ],
    ['with Windows lines and blanks', code.replaceAll(/(?<=python|\))\n/g, '\r\n\r\n')],
    ['in words', 'The test "wants two numbers" is wrong: the specification says that a single number gives 0.'],
    ['in words of another language', 'Der Test ist falsch, denn eine einzelne Zahl ergibt laut Beschreibung null.'],
    ['in words without spaces', '这个测试是错误的，因为规格说明单个数字的结果是零。'],
  ])('%s has the test put before a reviewer at once', async (_, reply) => {
    const run = await setup.subject.play([...start(wrong), repairs(reply), drops('wants two numbers')], setup.request)
    expect(run.result).toMatchObject({ status: 'succeeded', made: [{ saved: true }], usage: { calls: 5 } })
    expect(eventsOf(run.events, 'tests-written').at(-1)).toMatchObject({
      dropped: [{ name: 'wants two numbers', reason: 'One number gives 0.' }],
    })
    expect(await setup.subject.library.get('value_range')).toMatchObject({ state: 'verified' })
  })

  test('has each failing test put before the reviewer once, and what is left stands', async () => {
    const run = await setup.subject.play(
      [...start(wrong, wrongToo), repairs(code), drops('wants two numbers'), drops('counts one number as itself')],
      setup.request,
    )
    expect(run.result).toMatchObject({ status: 'succeeded', usage: { calls: 6 } })
    expect((await setup.subject.library.get('value_range')).tests.map(({ name }) => name)).not.toContain(wrong.name)
  })

  test('is told what the reviewer says of a test that stays, and mends the code then', async () => {
    const run = await setup.subject.play(
      [
        ...start(wrong),
        repairs('The specification says that one number gives 0, so that test is wrong.'),
        keeps(),
        {
          role: 'coder',
          match:
            /the same as before\.\n\nA reviewer found the test "wants two numbers" right: A range needs two numbers\./,
          reply: rangeCode(
            '_pair(values)\n\ndef _pair(values: list[float]) -> float:\n    if len(values) < 2:\n        raise ValueError("values has one number")\n    return float(max(values) - min(values))',
          ),
        },
      ],
      setup.request,
    )
    expect(run.result).toMatchObject({ status: 'succeeded', usage: { calls: 6 } })
  })

  test('for ever costs no more than the repairs and one review of each test', async () => {
    const run = await setup.subject.play(
      [...start(wrong), repairs(code), keeps(), repairs(code), repairs(code), givesUp],
      setup.request,
    )
    expect(run.result).toMatchObject({ answer: 'No.', made: [] })
    expect(purposes(run).filter((purpose) => purpose === 'review-test')).toHaveLength(1)
  })

  test('is not believed about all tests where two of them were found right', async () => {
    const more = [4, 5, 6].map((value) => ({
      ...wrongToo,
      name: `counts ${value} as itself`,
      arguments: { values: [value] },
      expected: value,
    }))
    const run = await setup.subject.play(
      [...start(...more), repairs(code), keeps(), keeps(), repairs(code), keeps(), repairs(code), givesUp],
      setup.request,
    )
    expect(purposes(run).filter((purpose) => purpose === 'review-test')).toHaveLength(3)
  })
})

describe('words in place of code', () => {
  test('are asked for code again where no test is left to look at', async () => {
    const run = await setup.subject.play(
      [
        ...start(wrong),
        repairs('The specification says that one number gives 0.'),
        keeps(),
        repairs('I still say that one number gives 0, whatever they think.'),
        { role: 'coder', match: /There is no python code/, reply: rangeCode('float(max(values) - min(values)) - 0') },
        repairs(rangeCode()),
        givesUp,
      ],
      setup.request,
    )
    expect(run.result.answer).toBe('No.')
  })

  test('are no code of a tool that nobody has written yet', async () => {
    const steps = start()
    const run = await setup.subject.play(
      [
        ...steps.slice(0, 2),
        { role: 'coder', reply: 'I find that the specification says nothing about this matter.' },
        { role: 'coder', match: /There is no python code/, reply: rangeCode() },
      ],
      setup.request,
    )
    expect(run.result.status).toBe('succeeded')
  })
})

test('a problem that no test found is no dispute: code that is no tool goes back as before', async () => {
  const untyped = block('def value_range(values):\n    return max(values) - min(values)', 'python')
  const run = await setup.subject.play(
    [
      ...start().slice(0, 2),
      { role: 'coder', reply: untyped },
      { role: 'coder', reply: untyped },
      { role: 'coder', match: /the same as before/, reply: rangeCode() },
    ],
    setup.request,
  )
  expect(purposes(run)).not.toContain('review-test')
  expect(run.result.status).toBe('succeeded')
})
