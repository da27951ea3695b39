import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import type { Execution, ExecutionResult } from '../../../src/contracts/sandbox.ts'
import type { TestSandbox } from '../../support/open-test-sandbox.ts'
import { busyness, watchBusyness } from './busyness.ts'
import { expectBaseline, LINUX_HOST, takeBaseline, THIS_PROCESS, type Look, type Observer } from './host-baseline.ts'
import { survivors, ticksNow } from './survivors.ts'

/** Tells the host the pid namespace, so that the host can look whether anything is left of it. One line, no name kept. */
const ANNOUNCE = {
  python:
    "import os as _os; _os.write(2, ('NAMESPACE ' + _os.readlink('/proc/self/ns/pid') + '\\n').encode()); del _os\n",
  javascript:
    "import { readlinkSync as _read, writeSync as _write } from 'node:fs'; _write(2, 'NAMESPACE ' + _read('/proc/self/ns/pid') + '\\n')\n",
}
const NEXT: Record<'python' | 'javascript', string> = {
  python: 'import json\nresult(json.loads("[6, 7]"))',
  javascript: 'result(JSON.parse("[6, 7]"))',
}
const CANARY = 'untouched\n'
/** I5 asks for 250 ms from the deadline to the return of `execute`; what goes wrong never returns, so a stall is no failure. */
const LATE_MS = 2_500
const USUALLY_BUSY = 4
/** So many processes take as long to end as the 100 ms allow on a quiet machine. */
const DYING_TOGETHER = 16

export interface Item {
  opened: TestSandbox
  /** As of the sandbox; what is executed by this is looked after for survivors and for its time. */
  execute(execution: Execution): Promise<ExecutionResult>
  python(code: string, limits?: Execution['limits']): Promise<ExecutionResult>
  javascript(code: string, limits?: Execution['limits']): Promise<ExecutionResult>
}

export interface ItemOptions {
  observer?: Observer
  /** No execution in it gets to its first line, so none can announce itself. */
  neverRuns?: boolean
  /** Shown as a skip; the title has to say why. */
  skip?: boolean
  timeoutMs?: number
}

/** A test of one item of the attack list: its own expectations, and afterwards the five invariants. */
export function testItem(
  title: string,
  getOpened: () => TestSandbox,
  act: (item: Item) => Promise<void>,
  options: ItemOptions = {},
): void {
  test.skipIf(options.skip === true)(
    title,
    () => withInvariants(getOpened(), act, options),
    options.timeoutMs ?? 60_000,
  )
}

/**
 * What must hold after every item: (I1) no process of it is alive; (I2) canaries are neither read nor changed nor ended;
 * (I3) the next execution is right; (I4) the host is back to its baseline in processes, descriptors, mounts, cgroups,
 * temporary files and memory; (I5) each execution came back on time.
 */
async function withInvariants(
  opened: TestSandbox,
  act: (item: Item) => Promise<void>,
  { observer = LINUX_HOST, neverRuns = false }: ItemOptions,
): Promise<void> {
  const before = await baselineOf(opened, observer)
  // The last thing of all: what the item registers afterwards, such as servers to be closed, is done before.
  onTestFinished(() => expectBaseline(opened.folder, observer, before))
  const canary = plantCanary(opened.folder)
  const bystander = spawn('sleep', ['600'], { stdio: 'ignore' })
  const artifacts = await mkdtemp(join(opened.folder, 'artifacts-'))
  const watched: Watched[] = []
  try {
    const execute = (execution: Execution) => executeWatched(opened, execution, artifacts, watched)
    const python = (code: string, limits = {}) => execute({ language: 'python', code, limits })
    const javascript = (code: string, limits = {}) => execute({ language: 'javascript', code, limits })
    await act({ opened, execute, python, javascript })
    if (!neverRuns) for (const { namespace, at } of watched) await expectNothingLeft(namespace, at, observer)
    expect([bystander.exitCode, bystander.signalCode]).toEqual([null, null])
    expectUntouched(canary)
    for (const language of new Set(['python', ...watched.map((one) => one.language)] as const)) {
      const next = await opened.sandbox.execute({ language, code: NEXT[language], artifactsFolder: artifacts })
      expect(next).toMatchObject({ status: 'ok', value: [6, 7] })
    }
  } finally {
    if (bystander.exitCode === null && bystander.kill('SIGKILL')) await once(bystander, 'exit')
    rmSync(artifacts, { recursive: true, force: true })
    rmSync(canary, { force: true })
  }
}

/**
 * For a file of items that the host decides alone, by a proxy, with no execution in them: of the invariants there remain
 * that host code comes back (by the time limit of the test) and that the host is back to its baseline after each.
 */
export function expectHostBaselineAfterEach(): void {
  let before: Look | undefined
  beforeEach(async () => {
    before ??= await takeBaseline('', THIS_PROCESS)
    onTestFinished(() => expectBaseline('', THIS_PROCESS, before ?? {}))
  })
}

/** The kernel gives the number of a namespace to another one as soon as it is free: the time tells them apart. */
interface Watched {
  language: 'python' | 'javascript'
  namespace: string
  /** In clock ticks since the machine started. */
  at: number
}

async function executeWatched(
  { sandbox }: TestSandbox,
  execution: Execution,
  artifactsFolder: string,
  all: Watched[],
): Promise<ExecutionResult> {
  const language = execution.language === 'python' ? 'python' : 'javascript'
  const watched: Watched = { language, namespace: '', at: 0 }
  all.push(watched)
  const busiest = watchBusyness()
  const startedAt = performance.now()
  const running = sandbox.execute({
    artifactsFolder,
    ...execution,
    code: ANNOUNCE[language] + execution.code,
    onOutput(stream, text) {
      const namespace = /NAMESPACE (pid:\[\d+\])/.exec(text)?.[1]
      if (watched.namespace === '' && namespace !== undefined) Object.assign(watched, { namespace, at: ticksNow() })
      execution.onOutput?.(stream, text)
    },
  })
  // Also where it fails, so that nobody goes on looking.
  const slowness = running.then(busiest, busiest)
  const result = await running
  // Since the code was handed over: waiting for a sandbox is not part of the execution's time.
  const tookMs = performance.now() - startedAt - result.usage.startupMs
  const latestMs = result.limits.wallMs + LATE_MS * (await slowness)
  expect(tookMs, 'the execution came back late').toBeLessThan(latestMs)
  return result
}

const baselines = new WeakMap<TestSandbox, Promise<Look>>()

/** Once for each sandbox, after what fills caches: it is not a leak. */
function baselineOf(opened: TestSandbox, observer: Observer): Promise<Look> {
  const known = baselines.get(opened)
  if (known !== undefined) return known
  const taken = (async () => {
    for (const language of ['python', 'javascript', 'python'] as const) {
      await opened.sandbox.execute({ language, code: NEXT[language] })
    }
    return takeBaseline(opened.folder, observer)
  })()
  baselines.set(opened, taken)
  return taken
}

/** A file beside everything that belongs to the sandbox, whose next read would show in its access time. */
function plantCanary(folder: string): string {
  const file = join(folder, 'canary')
  writeFileSync(file, CANARY)
  utimesSync(file, 1_000_000, 2_000_000)
  return file
}

function expectUntouched(file: string): void {
  const { atimeMs, mtimeMs, size } = statSync(file)
  // With `relatime`, which every Linux has, an access time that lies before the last change moves with the first read.
  expect([atimeMs, mtimeMs, size]).toEqual([1_000_000_000, 2_000_000_000, CANARY.length])
  expect(readFileSync(file, 'utf8')).toBe(CANARY)
}

async function expectNothingLeft(namespace: string, at: number, { survivalMs }: Observer): Promise<void> {
  expect(namespace).toMatch(/^pid:/)
  const startedAt = performance.now()
  let busiest = 1
  let most = 0
  for (;;) {
    const alive = survivors(namespace, at)
    if (alive.length === 0) return
    busiest = Math.max(busiest, busyness())
    most = Math.max(most, alive.length)
    // On a busy machine the many of a fork bomb take each other's turns too: dying takes the processor some milliseconds.
    const allowedMs = survivalMs * busiest * (busiest > USUALLY_BUSY ? 1 + most / DYING_TOGETHER : 1)
    if (performance.now() - startedAt > allowedMs) return expect(alive, 'survivors').toEqual([])
    await delay(5)
  }
}
