import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Execution, ExecutionResult } from '../../../src/contracts/sandbox.ts'
import type { TestSandbox } from '../../support/open-test-sandbox.ts'

export interface Attack {
  /** Its number in the attack list. */
  id: string
  /** What is tried, and what must come of it. */
  title: string
  language?: Execution['language']
  code: string
  execution?: Partial<Execution>
  /** The exact safe outcome. */
  expect: (result: ExecutionResult, opened: TestSandbox) => void | Promise<void>
  /** Longest time that the attack may take, all included. */
  withinMs?: number
  /** The code ends before its first line: it cannot announce itself. */
  neverRuns?: boolean
  /** What it asserts holds where memory and CPU are bounded for all processes together: here as root, by cgroups. */
  needs?: 'cgroups'
}

/** Tells the host the pid namespace, so that the host can look whether anything is left of it. */
const ANNOUNCE = {
  python: "import os as _os\n_os.write(2, ('NAMESPACE ' + _os.readlink('/proc/self/ns/pid') + '\\n').encode())\n",
  javascript:
    "import { readlinkSync as _read, writeSync as _write } from 'node:fs'\n_write(2, 'NAMESPACE ' + _read('/proc/self/ns/pid') + '\\n')\n",
}
const CANARY = 'untouched\n'
/** A busy test machine is allowed more than the 100 ms that hold on a quiet one. */
const SURVIVAL_MS = 1_000

/** One test for each attack: its own expectation, and what must hold after every one of them. */
export function testAttacks(getOpened: () => TestSandbox, attacks: readonly Attack[]): void {
  for (const attack of attacks) {
    const isLacking = attack.needs === 'cgroups' && process.getuid?.() !== 0
    test.skipIf(isLacking)(
      `${attack.id}: ${attack.title}${isLacking ? ' (skipped: needs cgroups, run as root)' : ''}`,
      async () => {
        const opened = getOpened()
        const canary = join(opened.folder, 'canary')
        await writeFile(canary, CANARY)
        const startedAt = performance.now()
        const { result, announced } = await execute(opened, attack)
        const tookMs = performance.now() - startedAt
        await attack.expect(result, opened)
        if (attack.withinMs !== undefined) expect(tookMs).toBeLessThan(attack.withinMs)
        if (attack.neverRuns !== true) await expectNothingLeft(announced)
        expect(await readFile(canary, 'utf8')).toBe(CANARY)
        await expectStillGood(opened)
      },
    )
  }
}

/** The kernel gives the number of a namespace to another one as soon as it is free: the time tells them apart. */
interface Announced {
  namespace: string
  /** In clock ticks since the machine started. */
  at: number
}

async function execute(
  opened: TestSandbox,
  attack: Attack,
): Promise<{ result: ExecutionResult; announced: Announced }> {
  const language = attack.language ?? 'python'
  const own = attack.execution ?? {}
  const announce = language === 'python' ? ANNOUNCE.python : ANNOUNCE.javascript
  const announced: Announced = { namespace: '', at: 0 }
  const result = await opened.sandbox.execute({
    language,
    code: announce + attack.code,
    ...own,
    onOutput(stream, text) {
      const namespace = /NAMESPACE (pid:\[\d+\])/.exec(text)?.[1]
      if (announced.namespace === '' && namespace !== undefined) Object.assign(announced, { namespace, at: ticksNow() })
      own.onOutput?.(stream, text)
    },
  })
  return { result, announced }
}

/** I1: no process of the execution is alive. */
async function expectNothingLeft({ namespace, at }: Announced): Promise<void> {
  expect(namespace).toMatch(/^pid:/)
  await vi.waitFor(() => expect(survivors(namespace, at)).toEqual([]), { timeout: SURVIVAL_MS, interval: 10 })
}

/** Processes in the namespace, unless its first process started after the announcement: then it is a new one. */
export function survivors(namespace: string, at: number): string[] {
  const inside = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && linkOf(`/proc/${name}/ns/pid`) === namespace,
  )
  const first = inside.find((name) => /^NSpid:.*\t1$/m.test(textOf(`/proc/${name}/status`)))
  return first !== undefined && startOf(first) >= at ? [] : inside
}

export function ticksNow(): number {
  return Math.floor(Number(textOf('/proc/uptime').split(' ')[0]) * 100)
}

function startOf(name: string): number {
  const stat = textOf(`/proc/${name}/stat`)
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    // Ended since the folder was read.
    return ''
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    // Ended since the folder was read.
    return ''
  }
}

/** I3: the next execution is as good as ever. */
async function expectStillGood(opened: TestSandbox): Promise<void> {
  const next = await opened.sandbox.execute({ language: 'python', code: 'import json\nresult(json.loads("[6, 7]"))' })
  expect(next).toMatchObject({ status: 'ok', value: [6, 7] })
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
