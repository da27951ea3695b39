import { describe, expect, test } from 'vitest'
import { planRetry } from '../../src/models/plan-retry.ts'
import { createProblem } from '../../src/models/problem.ts'
import type { Problem, ProblemKind } from '../../src/models/problem.ts'

const POLICY = { retries: 3, backoffMs: 500 }
const FAR = { nowMs: 0, deadlineAt: 3_600_000, random: 1 }
const of = (kind: ProblemKind, facts: Partial<Problem> = {}): Problem => createProblem(kind, 'text', facts)

describe('the plan after a failed attempt', () => {
  test('waits double each time, and never more than half a minute', () => {
    const policy = { retries: 20, backoffMs: 500 }
    const waits = [1, 2, 3, 9].map((count) =>
      planRetry(
        Array.from({ length: count }, () => of('overloaded')),
        policy,
        FAR,
      ),
    )
    expect(waits).toEqual([500, 1_000, 2_000, 30_000].map((waitMs) => ({ action: 'wait', waitMs })))
  })

  test('spreads the waits over the upper half of each', () => {
    expect(planRetry([of('connection')], POLICY, { ...FAR, random: 0 })).toEqual({ action: 'wait', waitMs: 250 })
    expect(planRetry([of('connection')], POLICY, { ...FAR, random: 0.5 })).toEqual({ action: 'wait', waitMs: 375 })
  })

  test('keeps a wait that the provider asks for, a minute and a half as well as none', () => {
    for (const retryAfterMs of [0, 1_000, 90_000, 1_800_000]) {
      expect(planRetry([of('overloaded', { retryAfterMs })], POLICY, FAR)).toEqual({
        action: 'wait',
        waitMs: retryAfterMs,
      })
    }
  })

  test('does not begin a wait that would end after the deadline', () => {
    const problems = [of('overloaded', { retryAfterMs: 90_000 })]
    const at = (deadlineAt: number) => planRetry(problems, POLICY, { nowMs: 0, deadlineAt, random: 0 })
    expect(at(90_000)).toEqual({ action: 'fail', reason: 'deadline', waitMs: 90_000 })
    expect(at(90_001)).toEqual({ action: 'wait', waitMs: 90_000 })
  })

  test('ends after the allowed number of retries', () => {
    const three = [of('overloaded'), of('connection'), of('garbage')]
    expect(planRetry(three, POLICY, FAR).action).toBe('wait')
    expect(planRetry([...three, of('overloaded')], POLICY, FAR)).toMatchObject({ action: 'fail', reason: 'exhausted' })
    expect(planRetry([of('overloaded')], { retries: 0, backoffMs: 1 }, FAR)).toMatchObject({ reason: 'exhausted' })
  })

  test.each(['empty', 'timeout'] as const)('tries again only once after %s', (kind) => {
    expect(planRetry([of(kind)], POLICY, FAR).action).toBe('wait')
    expect(planRetry([of(kind), of(kind)], POLICY, FAR)).toMatchObject({ action: 'fail', reason: 'exhausted' })
    expect(planRetry([of('connection'), of(kind)], POLICY, FAR).action).toBe('wait')
  })

  test.each([
    'authentication',
    'unknown-model',
    'rejected',
    'unpaid',
    'not-an-api',
    'too-large',
    'cut-prompt',
  ] as const)('never tries again after %s', (kind) => {
    expect(planRetry([of(kind)], POLICY, FAR)).toEqual({ action: 'fail', reason: 'final', waitMs: 0 })
  })

  test('never tries again where the problem itself says so', () => {
    expect(planRetry([of('connection', { retryable: false })], POLICY, FAR)).toMatchObject({ reason: 'final' })
  })
})
