import { describe, expect, test } from 'vitest'
import type { Execution, ExecutionResult, Sandbox } from '../../../src/contracts/sandbox.ts'
import { SpendingLimit, SpendingSpent } from '../../../src/domain/failures/spending-limit.ts'

const execution: Execution = { language: 'python', code: '' }

/** Takes that long, or ends when it is told to. */
function sandboxOf(ms: number): Sandbox & { aborted: number } {
  const sandbox = {
    guarantees: {} as Sandbox['guarantees'],
    aborted: 0,
    execute: ({ signal }: Execution) =>
      new Promise<ExecutionResult>((resolve) => {
        const end = (status: ExecutionResult['status']): void => resolve({ status } as ExecutionResult)
        const timer = setTimeout(() => end('ok'), ms)
        signal?.addEventListener('abort', () => {
          sandbox.aborted += 1
          clearTimeout(timer)
          end('killed')
        })
      }),
    close: () => Promise.resolve(),
  }
  return sandbox
}

describe('what checks may spend', () => {
  test('ends with its executions', async () => {
    const limit = new SpendingLimit({ executions: 2, wallMs: 10_000 })
    const bound = limit.bound(sandboxOf(1))
    await Promise.all([bound.execute(execution), bound.execute(execution)])
    await expect(bound.execute(execution)).rejects.toThrow(SpendingSpent)
    await expect(bound.execute(execution)).rejects.toThrow('its 2 executions are used up')
    expect(limit.remainingExecutions).toBe(0)
  })

  test('ends with its time, also in the middle of an execution', async () => {
    const sandbox = sandboxOf(5000)
    const bound = new SpendingLimit({ executions: 100, wallMs: 80 }).bound(sandbox)
    const startedAt = Date.now()
    await expect(bound.execute(execution)).rejects.toThrow(SpendingSpent)
    expect(Date.now() - startedAt).toBeLessThan(2000)
    expect(sandbox.aborted).toBe(1)
    await expect(bound.execute(execution)).rejects.toThrow('are used up')
  })

  test('counts time only while something is under way', async () => {
    const bound = new SpendingLimit({ executions: 100, wallMs: 400 }).bound(sandboxOf(10))
    await bound.execute(execution)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect((await bound.execute(execution)).status).toBe('ok')
  })

  test('ends for a reason of the caller’s', async () => {
    let left = 1
    const limit = new SpendingLimit({
      executions: 100,
      wallMs: 1000,
      stop: () => (left-- > 0 ? null : 'the rest is for the answer'),
    })
    const bound = limit.bound(sandboxOf(1))
    await bound.execute(execution)
    await expect(bound.execute(execution)).rejects.toThrow('the rest is for the answer')
  })

  test('leaves an abort of the caller’s to the caller', async () => {
    const bound = new SpendingLimit({ executions: 100, wallMs: 10_000 }).bound(sandboxOf(5000))
    expect((await bound.execute({ ...execution, signal: AbortSignal.timeout(20) })).status).toBe('killed')
  })
})
