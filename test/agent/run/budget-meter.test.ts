import { describe, expect, test } from 'vitest'
import { BudgetMeter, type BudgetWarning } from '../../../src/agent/run/budget-meter.ts'
import { DEFAULT_BUDGET, type Budget } from '../../../src/contracts/limits.ts'

function open(budget: Partial<Budget>): { meter: BudgetMeter; warnings: BudgetWarning[]; tick: (ms: number) => void } {
  let now = 1_000_000
  const warnings: BudgetWarning[] = []
  const meter = new BudgetMeter(
    { ...DEFAULT_BUDGET, ...budget },
    { clock: () => now, onWarning: (warning) => warnings.push(warning) },
  )
  return { meter, warnings, tick: (ms) => (now += ms) }
}

const never = new AbortController().signal

/** A call of one attempt, that used so much. */
function spend(meter: BudgetMeter, inputTokens: number, outputTokens: number, costUsd: number | null = 0): void {
  const usage = { inputTokens, outputTokens, cachedInputTokens: 0, reasoningTokens: 0, reported: true }
  meter.count({ usage, costUsd })
}

function openCall(meter: BudgetMeter): void {
  meter.openCall({ signal: never })
}

function codeOf(act: () => void): string {
  try {
    act()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'none'
}

describe('a bound of the budget', () => {
  test('on calls stops the call after the last one', () => {
    const { meter } = open({ modelCalls: 2 })
    openCall(meter)
    openCall(meter)
    expect(codeOf(() => openCall(meter))).toBe('budget_calls')
    expect(meter.usage.calls).toBe(2)
  })

  test('on tokens refuses everything after a reply that went beyond', () => {
    const { meter } = open({ tokens: 100 })
    spend(meter, 10, 80)
    expect(meter.passed()).toBeNull()
    spend(meter, 10, 1)
    expect(meter.passed()?.code).toBe('budget_tokens')
    expect(codeOf(() => meter.beginExecution())).toBe('budget_tokens')
    expect(codeOf(() => openCall(meter))).toBe('budget_tokens')
  })

  test('on cost counts what is known, and says that something is not', () => {
    const { meter } = open({ costUsd: 0.1 })
    spend(meter, 1, 1, 0.06)
    spend(meter, 1, 1, null)
    expect(meter.usage).toMatchObject({ costUsd: 0.06, costKnown: false })
    spend(meter, 1, 1, 0.05)
    expect(codeOf(() => openCall(meter))).toBe('budget_cost')
  })

  test('of nothing lets nothing through', () => {
    expect(codeOf(() => openCall(open({ costUsd: 0 }).meter))).toBe('budget_cost')
    expect(codeOf(() => openCall(open({ modelCalls: 0 }).meter))).toBe('budget_calls')
    expect(codeOf(() => open({ executions: 0 }).meter.beginExecution())).toBe('budget_executions')
  })

  test('on executions and on time', () => {
    const { meter, tick } = open({ executions: 1, wallMs: 1000 })
    meter.beginExecution()
    expect(codeOf(() => meter.beginExecution())).toBe('budget_executions')
    tick(1000)
    expect(meter.deadlineAt).toBe(1_001_000)
    expect(codeOf(() => openCall(meter))).toBe('budget_time')
  })

  test('is warned of once, at four fifths', () => {
    const { meter, warnings, tick } = open({ modelCalls: 5, tokens: 1000, wallMs: 1000 })
    for (let call = 0; call < 5; call += 1) openCall(meter)
    spend(meter, 700, 99)
    expect(warnings).toEqual([{ limit: 'modelCalls', used: 4, allowed: 5 }])
    spend(meter, 0, 1)
    tick(800)
    meter.warnOfTime()
    meter.warnOfTime()
    expect(warnings.slice(1)).toEqual([
      { limit: 'tokens', used: 800, allowed: 1000 },
      { limit: 'wallMs', used: 800, allowed: 1000 },
    ])
  })

  test('names itself, its size and what to raise', () => {
    const { meter } = open({ modelCalls: 0 })
    expect(() => openCall(meter)).toThrow(/budget of 0 model calls/)
    try {
      openCall(meter)
    } catch (error) {
      expect(error).toMatchObject({ hint: expect.stringContaining('budget.modelCalls'), details: { allowed: 0 } })
    }
  })
})
