import { describe, expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../../../src/contracts/limits.ts'
import type { Execution, ExecutionResult } from '../../../src/contracts/sandbox.ts'
import { executeSteadily } from '../../../src/domain/failures/execute-steadily.ts'
import { Turnstile } from '../../../src/domain/failures/turnstile.ts'

const execution: Execution = { language: 'python', code: 'result(1)', limits: { wallMs: 1000, cpuMs: 1000 } }

function ended(
  status: ExecutionResult['status'],
  {
    cpuMs = 5,
    signal = null,
    limits = execution.limits,
  }: { cpuMs?: number; signal?: string | null; limits?: Execution['limits'] } = {},
): ExecutionResult {
  const nothing = { head: '', tail: '', totalBytes: 0, truncated: false }
  return {
    status,
    stdout: nothing,
    stderr: nothing,
    exitCode: null,
    signal,
    artifacts: [],
    droppedArtifacts: [],
    usage: { wallMs: 1000, cpuMs, peakMemoryBytes: 0, startupMs: 0 },
    limits: { ...DEFAULT_LIMITS, ...limits },
    guarantees: {} as ExecutionResult['guarantees'],
  }
}

/** Gives the results one after the other, and says with which limits each was asked for. */
function script(results: ExecutionResult[]): {
  execute: (one: Execution) => Promise<ExecutionResult>
  asked: number[]
} {
  const asked: number[] = []
  return {
    asked,
    async execute({ limits }) {
      asked.push(limits?.wallMs ?? 0)
      return results.shift() ?? ended('ok')
    },
  }
}

describe('an execution of a check', () => {
  test.each([
    ['was starved', ended('timeout', { cpuMs: 120 })],
    ['was killed from outside', ended('killed', { signal: 'SIGKILL' })],
  ])('that %s is made again, with more patience', async (_, first) => {
    const { execute, asked } = script([first])
    expect(await executeSteadily(execute, new Turnstile())(execution)).toMatchObject({ status: 'ok' })
    expect(asked).toEqual([1000, 3000])
  })

  test.each([
    ['used its CPU time', ended('timeout', { cpuMs: 990 })],
    ['raised', ended('error')],
    ['crashed', ended('killed', { signal: 'SIGSEGV' })],
    ['took too much memory', ended('out-of-memory')],
    ['ended well', ended('ok')],
  ])('that %s is made once', async (_, first) => {
    const { execute, asked } = script([first])
    expect(await executeSteadily(execute, new Turnstile())(execution)).toBe(first)
    expect(asked).toHaveLength(1)
  })

  test('is not repeated for ever where the machine starves every one', async () => {
    const { execute, asked } = script(Array.from({ length: 20 }, () => ended('timeout')))
    const steady = executeSteadily(execute, new Turnstile())
    for (let one = 0; one < 5; one += 1) expect((await steady(execution)).status).toBe('timeout')
    expect(asked).toEqual([1000, 3000, 1000, 3000, 1000, 1000, 1000])
  })

  test('is not repeated for a caller who has gone', async () => {
    const { execute, asked } = script([ended('killed')])
    await executeSteadily(execute, new Turnstile())({ ...execution, signal: AbortSignal.abort() })
    expect(asked).toHaveLength(1)
  })

  test('runs alone the second time: after those under way, before those that come later', async () => {
    const log: string[] = []
    let underWay = 0
    const first = new Set<string>()
    const execute = async ({ code }: Execution): Promise<ExecutionResult> => {
      underWay += 1
      const isFirst = !first.has(code)
      first.add(code)
      log.push(`${code} beside ${underWay - 1}`)
      await new Promise((resolve) => setTimeout(resolve, code === 'long' ? 60 : 10))
      underWay -= 1
      return code === 'slow' && isFirst ? ended('timeout') : ended('ok')
    }
    const steady = executeSteadily(execute, new Turnstile())
    const slow = steady({ ...execution, code: 'slow' })
    const long = steady({ ...execution, code: 'long' })
    await new Promise((resolve) => setTimeout(resolve, 30))
    const late = steady({ ...execution, code: 'late' })
    const results = await Promise.all([slow, long, late])
    expect(results.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok'])
    expect(log).toEqual(['slow beside 0', 'long beside 1', 'slow beside 0', 'late beside 0'])
  })

  test('lets others run where the one that ran alone was rejected', async () => {
    const turnstile = new Turnstile()
    await expect(turnstile.alone(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(await turnstile.beside(async () => 1)).toBe(1)
    expect(await turnstile.alone(async () => 2)).toBe(2)
  })
})
