import { existsSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Execution, ExecutionResult, ExecutionStatus } from '../../src/contracts/sandbox.ts'
import { openTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'
import { EXECUTIONS_AT_ONCE, SOAK_EXECUTIONS } from '../support/sizes.ts'
import { expectBaseline, LINUX_HOST, takeBaseline } from './support/host-baseline.ts'
import { descendants, zygotesBelow } from './support/host-state.ts'

const AT_A_TIME = 8
const MIB = 1024 * 1024
/** A good deal above what a busy machine needs for any of them: such a one is told with all that is known of it. */
const SLOW_MS = 5_000
/** The wall limit of 30 s, and a busy machine: what takes longer hangs. */
const HANGING_MS = 60_000

interface Hostile {
  code: string
  limits?: Execution['limits']
  statuses: ExecutionStatus[]
}

const HOSTILE: Hostile[] = [
  { code: 'while True: pass', limits: { cpuMs: 100 }, statuses: ['timeout'] },
  { code: 'import time\ntime.sleep(100)', limits: { wallMs: 150 }, statuses: ['timeout'] },
  { code: 'x = bytearray(1 << 30)', limits: { memoryBytes: 96 * MIB }, statuses: ['out-of-memory', 'error'] },
  {
    code: 'import os\ntry:\n    while True:\n        if os.fork() == 0:\n            os.setsid()\n            while True: pass\nexcept OSError:\n    pass',
    limits: { cpuMs: 300, processes: 16 },
    statuses: ['ok', 'timeout'],
  },
  { code: "while True: print('x' * 10_000)", limits: { outputBytes: 100_000 }, statuses: ['output-limit'] },
  { code: 'import os\nos.kill(os.getpid(), 11)\nos.abort()', statuses: ['killed', 'no-result'] },
  { code: 'import os\nos.closerange(0, 100)\nos._exit(3)', statuses: ['error'] },
  { code: "import os\nos.write(3, b'\\xff' * 5000)\nos._exit(0)", statuses: ['error'] },
  {
    code: "import os\nfor name in range(50): os.symlink('/etc/passwd', f'/box/output/{name}')\nos.mkfifo('/box/output/fifo')",
    statuses: ['ok'],
  },
  { code: "open('/dev/shm/x', 'wb').write(b'x' * (200 << 20))", statuses: ['error', 'out-of-memory'] },
]

test(
  `M9: ${SOAK_EXECUTIONS} executions, every tenth of them hostile, leave everything as it was`,
  () =>
    withNothingLeft(async (opened) => {
      const tookMs: number[] = []
      let next = 0
      const worker = async () => {
        while (next < SOAK_EXECUTIONS) tookMs.push(await executeOne(opened, next++))
      }
      await Promise.all(Array.from({ length: AT_A_TIME }, worker))
      expect(tookMs).toHaveLength(SOAK_EXECUTIONS)
      if (SOAK_EXECUTIONS >= 1_000) tellDistribution(tookMs)
    }, AT_A_TIME),
  60_000 + SOAK_EXECUTIONS * 2_000,
)

test(
  `${EXECUTIONS_AT_ONCE} executions at once, every tenth of them hostile, are all right, and leave everything as it was`,
  () =>
    withNothingLeft(async (opened) => {
      await Promise.all(Array.from({ length: EXECUTIONS_AT_ONCE }, (_, index) => executeOne(opened, index)))
    }, EXECUTIONS_AT_ONCE),
  240_000,
)

async function withNothingLeft(act: (opened: TestSandbox) => Promise<void>, maxConcurrent: number): Promise<void> {
  const opened = await openTestSandbox({ idleJavascript: 0, maxConcurrent })
  try {
    // First what fills caches once: it is not a leak.
    await Promise.all(Array.from({ length: 20 }, (_, index) => executeOne(opened, index)))
    const before = await takeBaseline(opened.folder, LINUX_HOST)
    await act(opened)
    await expectBaseline(opened.folder, LINUX_HOST, before)
    if (SOAK_EXECUTIONS >= 1_000) console.log('before', before, 'after', await LINUX_HOST.look(opened.folder))
  } finally {
    await opened.close()
  }
  expect(zygotesBelow(join(opened.folder, 'state'))).toEqual([])
  expect(descendants(process.pid)).toEqual([])
  expect(existsSync(opened.folder)).toBe(false)
}

/** Every tenth is hostile. The time it took, all included. */
async function executeOne({ sandbox, folder }: TestSandbox, index: number): Promise<number> {
  const hostile = index % 10 === 9 ? HOSTILE[Math.floor(index / 10) % HOSTILE.length] : undefined
  const { code, limits = {}, statuses } = hostile ?? { code: `result(${index} * 2)`, statuses: ['ok' as const] }
  const startedAt = performance.now()
  const artifactsFolder = join(folder, 'artifacts')
  const result = await sandbox.execute({ language: 'python', code, limits, artifactsFolder })
  const tookMs = performance.now() - startedAt
  if (tookMs > SLOW_MS) tellSlow(index, code, tookMs, result)
  expect(statuses, code).toContain(result.status)
  expect(result.value).toBe(hostile === undefined ? index * 2 : undefined)
  expect(tookMs, code).toBeLessThan(HANGING_MS)
  return tookMs
}

/** Where its time went: waiting for a sandbox, running, or what comes afterwards. */
function tellSlow(index: number, code: string, tookMs: number, { status, usage }: ExecutionResult): void {
  const { startupMs, wallMs, cpuMs } = usage
  const afterwardsMs = tookMs - startupMs - wallMs
  const load = loadavg().map((value) => value.toFixed(1))
  console.error('slow:', { at: new Date(), index, code, status, tookMs, startupMs, wallMs, cpuMs, afterwardsMs, load })
}

function tellDistribution(tookMs: number[]): void {
  const sorted = tookMs.toSorted((one, other) => one - other)
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
  console.log('milliseconds:', { p50: at(0.5), p95: at(0.95), p99: at(0.99), p999: at(0.999), slowest: at(1) })
}
