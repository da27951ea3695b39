import { expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../../../src/contracts/limits.ts'
import type { ExecutionResult } from '../../../src/contracts/sandbox.ts'
import { describeEnd } from '../../../src/domain/failures/describe-end.ts'

const MIB = 1024 * 1024
const limits = { ...DEFAULT_LIMITS, cpuMs: 10_000, wallMs: 20_000, memoryBytes: 512 * MIB }

function describeOf(
  status: ExecutionResult['status'],
  usage: Partial<ExecutionResult['usage']> = {},
  signal: string | null = null,
): string | null {
  return describeEnd({
    status,
    signal,
    limits,
    usage: { wallMs: 12_340, cpuMs: 10_020, peakMemoryBytes: 100 * MIB, startupMs: 0, ...usage },
  })
}

test('an end at a limit names the limit and what was used', () => {
  expect(describeOf('timeout')).toBe(
    'it used 10 s of CPU time in 12 s by the clock; 10 s of CPU time and 20 s by the clock are allowed',
  )
  expect(describeOf('timeout', { cpuMs: 150, wallMs: 20_004 })).toMatch(/^it used 0\.1 s of CPU time in 20 s/)
  expect(describeOf('out-of-memory', { peakMemoryBytes: 530 * MIB })).toBe(
    'it used 530 MiB of memory; 512 MiB are allowed',
  )
  expect(describeOf('output-limit')).toContain('8 MiB')
  expect(describeOf('killed', {}, 'SIGSEGV')).toBe('it was ended by SIGSEGV')
})

test('an end by itself needs no such words', () => {
  expect(describeOf('ok')).toBeNull()
  expect(describeOf('error')).toBeNull()
})
