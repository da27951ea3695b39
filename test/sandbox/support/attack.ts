import { expect } from 'vitest'
import type { Execution, ExecutionResult } from '../../../src/contracts/sandbox.ts'
import type { TestSandbox } from '../../support/open-test-sandbox.ts'
import { watchBusyness } from './busyness.ts'
import type { Observer } from './host-baseline.ts'
import { testItem, type Item } from './invariants.ts'

export interface Attack {
  /** Its number in the attack list. */
  id: string
  /** What is tried, and what must come of it. */
  title: string
  language?: Execution['language']
  code: string
  execution?: Partial<Execution>
  /** The exact safe outcome. */
  expect: (result: ExecutionResult, opened: TestSandbox, execute: Item['execute']) => void | Promise<void>
  /** Longest time that the attack may take, from the hand-over of the code until all of it is over. */
  withinMs?: number
  /** The code ends before its first line: it cannot announce itself. */
  neverRuns?: boolean
  /** What it asserts holds where memory and CPU are bounded for all processes together: here as root, by cgroups. */
  needs?: 'cgroups'
}

/** The ceilings of the attacks hold on a machine that has this many tasks for each processor. */
const USUALLY_BUSY = 4

/** One test for each attack: its own expectation, and what must hold after every one of them. */
export function testAttacks(getOpened: () => TestSandbox, attacks: readonly Attack[], observer?: Observer): void {
  for (const attack of attacks) {
    const isLacking = attack.needs === 'cgroups' && process.getuid?.() !== 0
    testItem(
      `${attack.id}: ${attack.title}${isLacking ? ' (skipped: needs cgroups, run as root)' : ''}`,
      getOpened,
      async ({ opened, execute }) => {
        const { language = 'python', code, execution = {} } = attack
        const busiest = watchBusyness()
        const startedAt = performance.now()
        const result = await execute({ language, code, ...execution })
        const tookMs = performance.now() - startedAt - result.usage.startupMs
        await attack.expect(result, opened, execute)
        if (attack.withinMs !== undefined)
          expect(tookMs).toBeLessThan(attack.withinMs * Math.max(2, busiest() / USUALLY_BUSY))
      },
      {
        skip: isLacking,
        ...(attack.neverRuns === undefined ? {} : { neverRuns: attack.neverRuns }),
        ...(observer === undefined ? {} : { observer }),
      },
    )
  }
}

/** A Python program whose value is the name of the error that `expression` raises, or its value as text. */
export function errorOf(...statements: string[]): string {
  const tries = statements.map(
    (statement) => `
try:
    outcome = ${statement}
    found.append('no error: ' + repr(outcome)[:100])
except OSError as error:
    found.append(errno.errorcode.get(error.errno, str(error.errno)))
except BaseException as error:
    found.append(type(error).__name__)
`,
  )
  return `import errno, os, sys, socket, ctypes\nfound = []\n${SYSTEM_CALL}${tries.join('')}\nresult(found)\n`
}

/** `call(number, …)` in Python: a system call by number, with the error as an OSError. */
const SYSTEM_CALL = `
_libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    value = _libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if value == -1:
        raise OSError(ctypes.get_errno(), 'system call')
    return value
`
