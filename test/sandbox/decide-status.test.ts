import { expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/contracts/limits.ts'
import { decideStatus, type Facts } from '../../src/sandbox/decide-status.ts'
import type { Claim } from '../../src/sandbox/parse-claim.ts'

const quiet: Facts = { stopReason: null, outOfMemoryKills: 0, cpuMs: 1, end: null }
const good: Claim = { ok: true, value: 1, notes: [], outputs: 0 }
const bad: Claim = { ok: false, error: { type: 'E', message: 'm', traceback: '' }, exitCode: null, outputs: 0 }

function status(facts: Partial<Facts>, claim: Claim | null, callAsked = false) {
  return decideStatus({ ...quiet, ...facts }, claim, callAsked, DEFAULT_LIMITS)
}

test('a claim counts where no fact speaks against it', () => {
  expect(status({}, good)).toEqual({ status: 'ok', exitCode: 0, signal: null })
  expect(status({}, bad)).toMatchObject({ status: 'error', exitCode: 1, error: { type: 'E' } })
  expect(status({}, { ...bad, exitCode: 7 })).toMatchObject({ status: 'error', exitCode: 7 })
})

test('facts win over a claim of success', () => {
  expect(status({ outOfMemoryKills: 1 }, good)).toMatchObject({ status: 'out-of-memory' })
  expect(status({ stopReason: 'wall-time' }, good)).toMatchObject({ status: 'timeout', error: { type: 'wallMs' } })
  expect(status({ stopReason: 'cpu-time' }, good)).toMatchObject({ status: 'timeout', error: { type: 'cpuMs' } })
  expect(status({ stopReason: 'output' }, good)).toMatchObject({ status: 'output-limit' })
  expect(status({ stopReason: 'aborted' }, good)).toMatchObject({ status: 'killed' })
  expect(status({ stopReason: 'protocol' }, null)).toMatchObject({ status: 'error', error: { type: 'InvalidResult' } })
})

test('without a claim the end of the process decides', () => {
  const ended = (exitCode: number | null, signal: string | null) => status({ end: { exitCode, signal } }, null)
  expect(ended(0, null)).toMatchObject({ status: 'no-result', exitCode: 0 })
  expect(ended(3, null)).toMatchObject({ status: 'error', exitCode: 3, error: { type: 'ExitCode' } })
  expect(ended(137, null)).toMatchObject({ status: 'error', exitCode: 137 })
  expect(ended(null, 'SIGSEGV')).toMatchObject({ status: 'killed', exitCode: null, signal: 'SIGSEGV' })
})

test('the kernel that ends a process for its CPU time makes it a timeout', () => {
  const end = { exitCode: null, signal: 'SIGKILL' }
  expect(status({ cpuMs: DEFAULT_LIMITS.cpuMs, end }, null)).toMatchObject({ status: 'timeout' })
})

test('a call needs a value, a program does not', () => {
  const none: Claim = { ok: true, value: undefined, notes: [], outputs: 0 }
  expect(status({}, none)).toMatchObject({ status: 'ok' })
  expect(status({}, none, true)).toMatchObject({ status: 'no-result' })
  expect(status({}, { ...none, value: null }, true)).toMatchObject({ status: 'ok' })
})

test('a signal that the program names is only its claim: no fact, no success', () => {
  const own: Claim = { ...bad, ok: false, exitCode: 143, signal: 'SIGTERM' }
  expect(status({}, own)).toMatchObject({ status: 'killed', exitCode: null, signal: 'SIGTERM' })
  expect(status({ stopReason: 'wall-time' }, own)).toMatchObject({ status: 'timeout' })
  expect(status({ outOfMemoryKills: 1 }, own)).toMatchObject({ status: 'out-of-memory' })
})
