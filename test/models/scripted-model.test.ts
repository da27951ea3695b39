import { describe, expect, test } from 'vitest'
import { HandaxeError } from '../../src/contracts/errors.ts'
import type { ModelDelta } from '../../src/contracts/models.ts'
import { scriptedGateway } from '../../src/testing/index.ts'
import { call } from './support/call.ts'
import { failureOf } from './support/failure.ts'

describe('a scripted model', () => {
  test('gives its replies in order and is finished when all are used', async () => {
    const gateway = scriptedGateway([{ reply: 'one' }, { reply: 'two' }])
    expect((await gateway.generate(call())).text).toBe('one')
    expect((await gateway.generate(call({ role: 'planner' }))).text).toBe('two')
    gateway.assertFinished()
    expect(gateway.calls.map(({ role }) => role)).toEqual(['coder', 'planner'])
  })

  test('gives a marked reply when its call comes, whatever stands before it', async () => {
    const gateway = scriptedGateway([
      { role: 'planner', reply: 'plan' },
      { role: 'coder', match: /median/i, reply: 'median code' },
      { match: (prompt, { difficulty }) => prompt.includes('mean') && difficulty === 'easy', reply: 'mean code' },
    ])
    expect((await gateway.generate(call())).text).toBe('mean code')
    expect((await gateway.generate(call({ messages: [{ role: 'user', content: 'A Median' }] }))).text).toBe(
      'median code',
    )
    expect((await gateway.generate(call({ role: 'planner' }))).text).toBe('plan')
    gateway.assertFinished()
  })

  test('matches a global expression afresh each time', async () => {
    const match = /mean/g
    const gateway = scriptedGateway([
      { match, reply: 'a' },
      { match, reply: 'b' },
    ])
    await gateway.generate(call())
    expect((await gateway.generate(call())).text).toBe('b')
  })

  test('computes a reply from the call', async () => {
    const gateway = scriptedGateway([{ reply: ({ messages }) => `You said: ${messages[0]?.content}` }])
    expect((await gateway.generate(call())).text).toBe('You said: A mean function')
  })

  test('streams text and reasoning in pieces that do not split characters', async () => {
    const text = `${'abc👋'.repeat(40)}`
    const deltas: ModelDelta[] = []
    const gateway = scriptedGateway([{ reply: text, reasoning: 'Because.' }])
    const reply = await gateway.generate(call({ onDelta: (delta) => deltas.push(delta) }))
    const pieces = deltas.filter(({ kind }) => kind === 'text').map((delta) => delta.text)
    expect(pieces.join('')).toBe(text)
    expect(pieces.length).toBeGreaterThan(3)
    expect(pieces.every((piece) => piece.isWellFormed())).toBe(true)
    expect(deltas[0]).toEqual({ kind: 'reasoning', text: 'Because.' })
    expect(reply).toMatchObject({
      reasoning: 'Because.',
      finishReason: 'stop',
      tier: 'fast',
      role: 'coder',
      costUsd: 0,
    })
  })

  test('reports the usage that the step names and estimates the rest', async () => {
    const gateway = scriptedGateway([
      { reply: 'abcd', usage: { inputTokens: 1_000 }, costUsd: null, finishReason: 'length' },
    ])
    const reply = await gateway.generate(call({ escalation: 1 }))
    expect(reply.usage).toMatchObject({ inputTokens: 1_000, outputTokens: 1, reported: true })
    expect(reply).toMatchObject({ costUsd: null, finishReason: 'length', tier: 'strong' })
  })

  test('fails where the step says so', async () => {
    const gateway = scriptedGateway([{ error: new HandaxeError('model_unavailable', 'down') }])
    expect((await failureOf(gateway.generate(call()))).code).toBe('model_unavailable')
    gateway.assertFinished()
  })

  test('takes its time and is stopped in it by an abort', async () => {
    const gateway = scriptedGateway([
      { reply: 'late', delayMs: 80 },
      { reply: 'never', delayMs: 60_000 },
    ])
    expect((await gateway.generate(call())).wallMs).toBeGreaterThanOrEqual(75)
    const startedAt = Date.now()
    expect((await failureOf(gateway.generate(call({ signal: AbortSignal.timeout(50) })))).code).toBe('cancelled')
    expect(Date.now() - startedAt).toBeLessThan(5_000)
  })

  test('shows the prompt of a call that no step fits, and remembers it', async () => {
    const gateway = scriptedGateway([{ role: 'planner', reply: 'plan' }])
    const error = await failureOf(gateway.generate(call()))
    expect(error.code).toBe('replay_mismatch')
    expect(error.message).toContain('A mean function')
    expect(error.message).toContain('(planner)')
    expect(() => gateway.assertFinished()).toThrow(/No step of the script fits.*\n[^]*Left over: step 1 \(planner\)/)
  })

  test('complains about steps that are left over', async () => {
    const gateway = scriptedGateway([{ reply: 'one' }, { role: 'tester', match: /x/, reply: 'two' }])
    await gateway.generate(call())
    expect(() => gateway.assertFinished()).toThrow('Left over: step 2 (tester, /x/) → "two"')
  })

  test('complains about a call beyond the last step', async () => {
    const gateway = scriptedGateway([])
    expect((await failureOf(gateway.generate(call()))).message).toContain('No step is left')
    expect(() => gateway.assertFinished()).toThrow('not followed')
  })
})
