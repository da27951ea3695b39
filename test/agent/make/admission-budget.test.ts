import { describe, expect, test } from 'vitest'
import { openAdmissionGate } from '../../../src/app/open-admission-gate.ts'
import type { ScriptedStep } from '../../../src/testing/index.ts'
import { eventsOf } from '../open-test-agent.ts'
import { json, makeRange, rangeCode } from '../scripted-replies.ts'
import { useTestAgent } from '../use-test-agent.ts'

const keep: ScriptedStep = { role: 'reviewer', reply: json({ verdict: 'keep' }) }

describe('checks that may use little', () => {
  const setup = useTestAgent({
    each: true,
    over: { admission: openAdmissionGate(), admissionBudget: { executions: 6, wallMs: 60_000 } },
  })

  test('end with the tool kept as it stands, which the record says, and the review is made all the same', async () => {
    const { result, events } = await setup.subject.play([...makeRange, keep], setup.request)
    expect(result).toMatchObject({
      status: 'succeeded',
      answer: 'The prices spread over **7.50**.',
      usage: { calls: 4 },
    })
    // Five tests, the use, and what the checks may use.
    expect(result.usage.executions).toBeLessThanOrEqual(5 + 1 + 6)
    const { state, admission } = await setup.subject.library.get('value_range')
    expect(state).toBe('verified')
    expect(admission?.review).toMatchObject({ verdict: 'accept' })
    expect(admission?.stopped).toBe('kept as it stands, not compared further: its 6 executions are used up')
    expect(eventsOf(events, 'tool-checked')[0]?.checks.stopped).toContain('not compared further')
  })

  test('have one account for all versions of the code', async () => {
    const reject: ScriptedStep = {
      role: 'reviewer',
      reply: json({ verdict: 'reject', reasons: [{ kind: 'wrong', line: 15, text: 'wrong for NaN' }] }),
    }
    const better = rangeCode('float(max(values)) - float(min(values))')
    const { result } = await setup.subject.play(
      [...makeRange, reject, { role: 'coder', reply: better }, keep],
      setup.request,
    )
    expect(result.status).toBe('succeeded')
    expect(result.usage.executions).toBeLessThanOrEqual(2 * 5 + 1 + 6)
  })
})

describe('a run whose executions are nearly used up', () => {
  const setup = useTestAgent({ each: true, over: { admission: openAdmissionGate() } })

  test('keeps those that the answer needs from the checks', async () => {
    const { result } = await setup.subject.play([...makeRange, keep], setup.request, { budget: { executions: 16 } })
    expect(result).toMatchObject({ status: 'succeeded', answer: 'The prices spread over **7.50**.', error: null })
    expect((await setup.subject.library.get('value_range')).admission?.stopped).toContain('for the answer')
  })
})

describe('time that checks may use', () => {
  const setup = useTestAgent({
    each: true,
    over: { admission: openAdmissionGate(), admissionBudget: { executions: 150, wallMs: 30 } },
  })

  test('ends them as well, soon', async () => {
    const startedAt = Date.now()
    const { result } = await setup.subject.play([...makeRange, keep], setup.request)
    expect(result.status).toBe('succeeded')
    expect((await setup.subject.library.get('value_range')).admission?.stopped).toContain('s are used up')
    expect(Date.now() - startedAt).toBeLessThan(30_000)
  })
})
