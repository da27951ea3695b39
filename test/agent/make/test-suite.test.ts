import { describe, expect, test } from 'vitest'
import type { ScriptedStep } from '../../../src/testing/index.ts'
import { eventsOf } from '../open-test-agent.ts'
import { json, RANGE, RANGE_PROPERTY, RANGE_TESTS, rangeCode, rangePlan, rangeTests } from '../scripted-replies.ts'
import { useTestAgent } from '../use-test-agent.ts'

// Each test has a library of its own.
const setup = useTestAgent({ each: true })

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
    const { result, events } = await setup.subject.play(
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
      setup.request,
    )
    expect(result).toMatchObject({ status: 'succeeded', made: [{ saved: true }], usage: { calls: 5 } })
    expect(eventsOf(events, 'tests-written').at(-1)).toMatchObject({
      dropped: [{ name: 'wants two numbers', reason: 'One number gives 0.' }],
    })
    const kept = await setup.subject.library.get('value_range')
    expect(kept.tests.map((one) => one.name)).not.toContain('wants two numbers')
    // Those that are left, and the value of the first use.
    expect(kept.tests).toHaveLength(5)
  })

  test('stays where the reviewer finds it right, and is put before them only once', async () => {
    const { result } = await setup.subject.play(
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
      setup.request,
    )
    expect(result).toMatchObject({ answer: 'No.', made: [] })
  })

  test('stays where the reviewer gives no verdict, which is told', async () => {
    const mute = (): ScriptedStep => ({ role: 'reviewer', reply: 'Hm.' })
    const { events } = await setup.subject.play(
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
      setup.request,
    )
    expect(eventsOf(events, 'warning')).toMatchObject([
      { code: 'model_reply_invalid', message: expect.stringContaining('wants two numbers') },
    ])
    expect(eventsOf(events, 'tool-saved')).toHaveLength(1)
  })
})

describe('tests that cannot be used', () => {
  test('are sent back to the tester before any code is written', async () => {
    const { events } = await setup.subject.play(
      [
        { reply: rangePlan },
        { role: 'tester', reply: json({ tests: RANGE_TESTS.tests.slice(0, 2) }) },
        { role: 'tester', match: /at least 3 are needed/, reply: rangeTests },
        { role: 'coder', reply: rangeCode() },
      ],
      setup.request,
    )
    expect(eventsOf(events, 'model-reply-rejected')).toMatchObject([{ role: 'tester', purpose: 'write-tests' }])
  })
})
