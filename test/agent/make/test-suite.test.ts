import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Request } from '../../../src/contracts/run.ts'
import type { ScriptedStep } from '../../../src/testing/index.ts'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { eventsOf, openTestAgent, type TestAgent } from '../open-test-agent.ts'
import {
  json,
  PRICES,
  RANGE,
  RANGE_PROPERTY,
  RANGE_TESTS,
  rangeCode,
  rangePlan,
  rangeTests,
} from '../scripted-replies.ts'

let opened: TestSandbox
let subject: TestAgent
let request: Request

beforeAll(async () => {
  opened = await openTestSandbox()
})
afterAll(() => opened.close())
// Each test has a library of its own.
beforeEach(async () => {
  subject = await openTestAgent(opened.sandbox)
  request = { text: 'How far do the prices spread?', files: [await subject.file('prices.csv', PRICES)] }
})
afterEach(() => subject.close())

describe('a test that two versions of the code agree against', () => {
  // The specification says that one number gives 0; this test wants an error.
  const tests = json({
    tests: [
      ...RANGE_TESTS.tests.filter((one) => one.name !== 'one number has no range'),
      { name: 'wants two numbers', kind: 'error', arguments: { values: [7] }, raises: 'ValueError' },
    ],
  })
  const start: ScriptedStep[] = [
    { reply: rangePlan },
    { role: 'tester', reply: `${tests}\n${RANGE_PROPERTY}` },
    { role: 'coder', reply: rangeCode() },
  ]
  const same = rangeCode('float(max(values)) - float(min(values))')

  test('is put before a reviewer, who sees no code and may drop it with a reason that is recorded', async () => {
    const { result, events } = await subject.play(
      [
        ...start,
        { role: 'coder', match: /expected ValueError, but it returned 0/, reply: same },
        {
          role: 'reviewer',
          match: (prompt) =>
            prompt.includes('wants two numbers') &&
            prompt.includes(RANGE.description) &&
            !prompt.includes('def value_range'),
          reply: `It says that one number gives 0.\n${json({ verdict: 'drop', reason: 'One number gives 0.' })}`,
        },
      ],
      request,
    )
    expect(result).toMatchObject({ status: 'succeeded', made: [{ saved: true }], usage: { calls: 5 } })
    expect(eventsOf(events, 'tests-written').at(-1)).toMatchObject({
      dropped: [{ name: 'wants two numbers', reason: 'One number gives 0.' }],
    })
    const kept = await subject.library.get('value_range')
    expect(kept.tests.map((one) => one.name)).not.toContain('wants two numbers')
    expect(kept.tests).toHaveLength(4)
  })

  test('stays where the reviewer finds it right, and is put before them only once', async () => {
    const { result } = await subject.play(
      [
        ...start,
        { role: 'coder', reply: same },
        { role: 'reviewer', reply: json({ verdict: 'keep', reason: 'A range needs two numbers.' }) },
        {
          role: 'coder',
          match: /A reviewer found this test right: A range needs two numbers\./,
          reply: rangeCode('float(max(values) - min(values)) + 0'),
        },
        { role: 'coder', reply: rangeCode('float(max(values) - min(values)) - 0') },
        {
          role: 'planner',
          match: /could not be made/,
          reply: json({ understanding: 'u', difficulty: 'easy', steps: [], answer: 'No.' }),
        },
      ],
      request,
    )
    expect(result).toMatchObject({ answer: 'No.', made: [] })
  })

  test('stays where the reviewer gives no verdict, which is told', async () => {
    const mute = (): ScriptedStep => ({ role: 'reviewer', reply: 'Hm.' })
    const { events } = await subject.play(
      [
        ...start,
        { role: 'coder', reply: same },
        mute(),
        mute(),
        mute(),
        {
          role: 'coder',
          reply: rangeCode(
            'float(max(values) - min(values)) if len(values) > 1 else _fail()\n\n\ndef _fail() -> float:\n    raise ValueError("values has one number only")',
          ),
        },
      ],
      request,
    )
    expect(eventsOf(events, 'warning')).toMatchObject([
      { code: 'model_reply_invalid', message: expect.stringContaining('wants two numbers') },
    ])
    expect(eventsOf(events, 'tool-saved')).toHaveLength(1)
  })
})

describe('tests that cannot be used', () => {
  test('are sent back to the tester before any code is written', async () => {
    const { events } = await subject.play(
      [
        { reply: rangePlan },
        { role: 'tester', reply: json({ tests: RANGE_TESTS.tests.slice(0, 2) }) },
        { role: 'tester', match: /at least 3 are needed/, reply: rangeTests },
        { role: 'coder', reply: rangeCode() },
      ],
      request,
    )
    expect(eventsOf(events, 'model-reply-rejected')).toMatchObject([{ role: 'tester', purpose: 'write-tests' }])
  })
})
