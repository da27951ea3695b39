import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BudgetMeter } from '../../../src/agent/run/budget-meter.ts'
import type { HandaxeError } from '../../../src/contracts/errors.ts'
import { DEFAULT_BUDGET, type Budget } from '../../../src/contracts/limits.ts'
import type { AttemptEstimate, Spending } from '../../../src/contracts/models.ts'

const never = new AbortController().signal

function openMeter(budget: Partial<Budget>): BudgetMeter {
  return new BudgetMeter({ ...DEFAULT_BUDGET, ...budget }, { clock: () => 0, onWarning: () => undefined })
}

/** US dollars a token in and out; null: the price is not known. */
type Price = { in: number; out: number } | null

function estimate(inputTokens: number, maxOutputTokens: number, price: Price = null): AttemptEstimate {
  return {
    model: price === null ? 'made/unpriced' : 'made/priced',
    inputTokens,
    maxOutputTokens,
    costOf: (tokens) => (price === null ? null : tokens.inputTokens * price.in + tokens.outputTokens * price.out),
  }
}

function used(inputTokens: number, outputTokens: number, costUsd: number | null = 0): Spending {
  return { usage: { inputTokens, outputTokens, cachedInputTokens: 0, reasoningTokens: 0, reported: true }, costUsd }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: HandaxeError) => error.code,
  )
}

/** Whether a promise is settled once everything that is due has been done. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const note = (): void => void (settled = true)
  promise.then(note, note)
  await new Promise((resolve) => setImmediate(resolve))
  return settled
}

describe('what an attempt may use is set aside before it begins', () => {
  test('near the end of the tokens the reply is bounded by what is left after the prompt', async () => {
    const meter = openMeter({ tokens: 20_000 })
    const attempt = await meter.openCall({ signal: never }).begin(estimate(5_000, 16_000))
    expect(attempt.maxOutputTokens).toBe(15_000)
    attempt.end(used(5_000, 14_999))
    expect(await codeOf(meter.openCall({ signal: never }).begin(estimate(1, 16_000)))).toBe('budget_tokens')
    expect(meter.usage.tokens).toBe(19_999)
  })

  test('near the end of the money by what can be paid', async () => {
    const meter = openMeter({ costUsd: 1 })
    const price = { in: 0.0001, out: 0.001 }
    const attempt = await meter.openCall({ signal: never }).begin(estimate(2_000, 16_000, price))
    expect(attempt.maxOutputTokens).toBe(800)
    attempt.end(used(2_000, 700, 0.9))
    const refused = meter.openCall({ signal: never }).begin(estimate(1_000, 16_000, price))
    await expect(refused).rejects.toMatchObject({ code: 'budget_cost', details: { allowed: 1, used: 1.001 } })
  })

  test('an attempt waits while another one holds what it needs, and has what that one left', async () => {
    const meter = openMeter({ tokens: 30_000 })
    const first = await meter.openCall({ signal: never }).begin(estimate(1_000, 16_000))
    const waiting = meter.openCall({ signal: never }).begin(estimate(1_000, 16_000))
    expect(await isSettled(waiting)).toBe(false)
    first.end(used(1_000, 2_000))
    expect((await waiting).maxOutputTokens).toBe(16_000)
  })

  test('models whose price is not known pass the bound of money one at a time', async () => {
    const meter = openMeter({ costUsd: 1 })
    const first = await meter.openCall({ signal: never }).begin(estimate(1_000, 16_000))
    const second = meter.openCall({ signal: never }).begin(estimate(1_000, 16_000))
    expect(await isSettled(second)).toBe(false)
    first.end(used(1_000, 500, 1.2))
    expect(await codeOf(second)).toBe('budget_cost')
    expect(meter.usage.costUsd).toBe(1.2)
  })

  test('models that were seen to send no bill run side by side', async () => {
    const meter = openMeter({ costUsd: 0.01 })
    const first = await meter.openCall({ signal: never }).begin(estimate(100, 16_000))
    first.end(used(100, 500, null))
    const begun = [1, 2, 3].map(() => meter.openCall({ signal: never }).begin(estimate(100, 16_000)))
    expect(await Promise.all(begun)).toHaveLength(3)
    expect(meter.usage).toMatchObject({ costUsd: 0, costKnown: false })
  })

  test('the wait ends with the run', async () => {
    const meter = openMeter({ tokens: 10_000 })
    await meter.openCall({ signal: never }).begin(estimate(1_000, 16_000))
    const ending = new AbortController()
    const waiting = meter.openCall({ signal: ending.signal }).begin(estimate(1_000, 16_000))
    expect(await isSettled(waiting)).toBe(false)
    ending.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })

  test('a search by meaning never waits', async () => {
    const meter = openMeter({ tokens: 10_000 })
    await meter.openCall({ signal: never }).begin(estimate(1_000, 16_000))
    expect(await codeOf(meter.openOptionalCall()?.begin(estimate(10, 0)) ?? Promise.resolve())).toBe('budget_tokens')
  })
})

describe('a call', () => {
  test('of which no attempt began is none', () => {
    const meter = openMeter({ modelCalls: 1 })
    meter.openCall({ signal: never }).end()
    expect(meter.usage.calls).toBe(0)
    meter.openCall({ signal: never })
    expect(() => meter.openCall({ signal: never })).toThrow(/budget of 1 model calls/)
  })

  test('adds up its attempts, and counts those that nobody told the end of by their prompt', async () => {
    const meter = openMeter({})
    const account = meter.openCall({ signal: never })
    const failed = await account.begin(estimate(100, 1_000, { in: 0.001, out: 0.01 }))
    failed.end(used(120, 30, 0.42))
    const refused = await account.begin(estimate(100, 1_000, { in: 0.001, out: 0.01 }))
    refused.end(null)
    const left = await account.begin(estimate(100, 1_000, { in: 0.001, out: 0.01 }))
    const spending = account.end()
    left.end(used(9_999, 9_999, 99))
    expect(spending).toMatchObject({ usage: { inputTokens: 220, outputTokens: 30, reported: false } })
    expect(spending?.costUsd).toBeCloseTo(0.52, 10)
    expect(meter.usage).toMatchObject({ calls: 1, inputTokens: 220, outputTokens: 30, estimated: true })
  })
})

interface PlannedAttempt {
  prompt: number
  /** By how much the prompt is longer than its estimate. */
  more: number
  wanted: number
  /** Share of what it may write that it writes. */
  share: number
  turns: number
  fails: boolean
}

const planned: fc.Arbitrary<PlannedAttempt> = fc.record({
  prompt: fc.integer({ min: 1, max: 3_000 }),
  more: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2_000 })),
  wanted: fc.integer({ min: 1, max: 32_000 }),
  share: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  turns: fc.integer({ min: 0, max: 6 }),
  fails: fc.boolean(),
})

/** Plays calls of several attempts side by side, each taking some turns of the event loop. */
async function play(meter: BudgetMeter, calls: PlannedAttempt[][], price: { in: number; out: number }) {
  const underWay = new Set<PlannedAttempt>()
  let beyond = { tokens: 0, costUsd: 0 }
  await Promise.all(
    calls.map(async (attempts) => {
      for (const attempt of attempts) {
        const account = (() => {
          try {
            return meter.openCall({ signal: never })
          } catch {
            return null
          }
        })()
        if (account === null) return
        // Before it is awaited: its share is set aside at once, beside those that end meanwhile.
        underWay.add(attempt)
        const admitted = await account.begin(estimate(attempt.prompt, attempt.wanted, price)).catch(() => null)
        if (admitted === null) {
          underWay.delete(attempt)
          return void account.end()
        }
        expect(admitted.maxOutputTokens).toBeGreaterThan(0)
        for (let turn = 0; turn < attempt.turns; turn += 1) await new Promise((resolve) => setImmediate(resolve))
        const input = attempt.prompt + attempt.more
        const output = Math.floor(admitted.maxOutputTokens * attempt.share)
        // What those under way may still be longer than they were estimated, is what nobody could know.
        const unknown = [...underWay].reduce((sum, { more }) => sum + more, 0)
        if (unknown > beyond.tokens) beyond = { tokens: unknown, costUsd: unknown * price.in }
        admitted.end(attempt.fails && output === 0 ? null : used(input, output, input * price.in + output * price.out))
        underWay.delete(attempt)
        account.end()
      }
    }),
  )
  return beyond
}

test('in no sequence of calls a bound is passed by more than prompts were longer than estimated', async () => {
  const sequences = fc.array(fc.array(planned, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 })
  const budgets = fc.record({
    tokens: fc.integer({ min: 1, max: 120_000 }),
    costUsd: fc.double({ min: 0.001, max: 3, noNaN: true }),
    modelCalls: fc.integer({ min: 1, max: 12 }),
  })
  const prices = fc.record({
    in: fc.double({ min: 0, max: 2e-5, noNaN: true }),
    out: fc.double({ min: 0, max: 5e-5, noNaN: true }),
  })
  await fc.assert(
    fc.asyncProperty(sequences, budgets, prices, async (calls, budget, price) => {
      const meter = openMeter(budget)
      const beyond = await play(meter, calls, price)
      expect(meter.usage.calls).toBeLessThanOrEqual(budget.modelCalls)
      expect(meter.usage.tokens).toBeLessThanOrEqual(budget.tokens + beyond.tokens)
      expect(meter.usage.costUsd).toBeLessThanOrEqual(budget.costUsd + beyond.costUsd + 1e-9)
      // All is settled: what is left can be had again.
      const hasRoom = meter.usage.tokens + 2 <= budget.tokens && meter.usage.costUsd < budget.costUsd - 1e-9
      if (meter.passed() === null && meter.remainingCalls > 0 && hasRoom) {
        const last = meter.openCall({ signal: never }).begin(estimate(1, 1, { in: 0, out: 0 }))
        expect((await last).maxOutputTokens).toBe(1)
      }
    }),
    { numRuns: 300 },
  )
})
