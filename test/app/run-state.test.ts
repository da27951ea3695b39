import { spawn } from 'node:child_process'
import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { runState, type Surroundings } from '../../src/app/run-state.ts'
import { readOwner, readStartTicks } from '../../src/util/run-owner.ts'

const owner = { bootId: 'boot-1', pidNamespace: '40', startTicks: '777' }
const running = { status: 'running' as const, host: 'here', processId: 10, owner }
const here: Surroundings = {
  host: 'here',
  bootId: 'boot-1',
  pidNamespace: '40',
  startTicks: (pid) => (pid === 10 ? '777' : null),
  exists: (pid) => pid === 10,
}

test.each<
  [string, Partial<Omit<typeof running, 'owner'>> & { owner?: typeof owner | null }, Partial<Surroundings>, string]
>([
  ['whose process is there', {}, {}, 'running'],
  ['whose process is gone', { processId: 11 }, {}, 'interrupted'],
  ['whose process’s id was given again', {}, { startTicks: () => '900' }, 'interrupted'],
  ['of before the machine was started again', {}, { bootId: 'boot-2' }, 'interrupted'],
  ['of another host', { host: 'there' }, { bootId: 'boot-2' }, 'unknown'],
  ['of another container on this machine', { host: 'c0ffee' }, { pidNamespace: '41' }, 'unknown'],
  ['of this machine under an earlier name', { host: 'old-name' }, {}, 'running'],
  ['of an older version, with a process', { owner: null }, {}, 'running'],
  ['of an older version, without one', { owner: null, processId: 11 }, {}, 'interrupted'],
  ['of an older version on another host', { owner: null, host: 'there' }, {}, 'unknown'],
])('a run %s', (_, record, surroundings, state) => {
  expect(runState({ ...running, ...record }, { ...here, ...surroundings })).toBe(state)
})

test('a run that has ended is what it ended as, wherever it was', () => {
  expect(runState({ ...running, status: 'cancelled', host: 'there' }, here)).toBe('cancelled')
})

test.skipIf(readOwner() === null)(
  'a real process, and the same one when it is gone (Linux tells when it started)',
  async () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'])
    const pid = child.pid ?? 0
    const startTicks = readStartTicks(pid) ?? ''
    const record = {
      status: 'running' as const,
      host: hostname(),
      processId: pid,
      owner: { ...readOwner()!, startTicks },
    }
    expect(runState(record)).toBe('running')
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
    expect(runState(record)).toBe('interrupted')
  },
)
