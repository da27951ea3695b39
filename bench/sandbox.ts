import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ExecutionLanguage, Sandbox } from '../src/contracts/sandbox.ts'
import { findCommand } from '../src/sandbox/backends/linux/find-command.ts'
import { openSandbox } from '../src/sandbox/open-sandbox.ts'
import { findPython } from '../test/support/python.ts'
import { lookAtDescendants, measureIdleChildren, type ChildMemory } from './idle-children.ts'
import { round, summarise, type Summary } from './measure.ts'
import { findPeers, PANDAS, startFloor, STATISTICS, type Peer } from './sandbox-peers.ts'

/** With their values. `a.std()` of 1, 2, 3 is 1. */
const PROGRAMS: Record<ExecutionLanguage, string> = {
  python: `${PANDAS}result(value)\n`,
  javascript: 'result([1, 2, 3].reduce((sum, one) => sum + one) / 6)\n',
  typescript: 'const values: number[] = [1, 2, 3]\nresult(values.reduce((sum, one) => sum + one) / 6)\n',
}
const LANGUAGES = Object.keys(PROGRAMS) as ExecutionLanguage[]
/** What each round measures of handaxe itself. */
const JOBS: [name: string, language: ExecutionLanguage, program: string][] = [
  ...LANGUAGES.map((language): (typeof JOBS)[number] => [language, language, PROGRAMS[language]]),
  ['pythonStatistics', 'python', `${STATISTICS}result(value)\n`],
]
const BURST = 50
const LONGEST_WAIT_MS = 3_000

interface Effort {
  samples: number
  bursts: number
  sustainedMs: number
}
const FULL: Effort = { samples: 200, bursts: 4, sustainedMs: 10_000 }
const QUICK: Effort = { samples: 10, bursts: 1, sustainedMs: 1_000 }

/** `--json` prints one object, `--quick` takes few samples: enough to see that it works, too few to quote. */
export async function runBench(args: string[]): Promise<void> {
  const pythonPath = findPython() ?? findCommand('python3', process.env['PATH'])
  if (pythonPath === null) throw new Error('No Python: run `handaxe setup`')
  const folder = await mkdtemp(join(tmpdir(), 'handaxe-bench-'))
  const sandbox = await openSandbox({ pythonPath, stateFolder: folder, environment: process.env })
  try {
    const peers = await findPeers(pythonPath, folder, process.env)
    const report = await measure(sandbox, pythonPath, peers, args.includes('--quick') ? QUICK : FULL)
    console.log(args.includes('--json') ? JSON.stringify(report) : render(report))
  } finally {
    await sandbox.close()
    await rm(folder, { recursive: true, force: true })
  }
}

interface Report extends Record<ExecutionLanguage, Summary & { perSecond: number; idleChildBytes: number | null }> {
  /** What those peers are given that have no pandas. */
  pythonStatistics: Summary
  burst: Summary & { wholeMs: number }
  peers: Record<string, Summary | null>
  missing: Record<string, string>
  floor: Summary
  ratios: Record<string, number | null>
  idleChild: Record<'python' | 'javascript', ChildMemory | null>
  load: { before: number; after: number }
}

async function measure(
  sandbox: Sandbox,
  pythonPath: string,
  peers: Record<string, Peer>,
  effort: Effort,
): Promise<Report> {
  const floor = await startFloor(pythonPath)
  const load = { before: loadavg()[0] ?? 0, after: 0 }
  const durations: Record<string, number[]> = {}
  const note = (name: string, tookMs: number) => (durations[name] ??= []).push(tookMs)
  try {
    await delay(1_000)
    // Two rounds more, first, that do not count: caches fill as they do for any user.
    for (let sample = -2; sample < effort.samples; sample++) {
      const noteUnlessFirst = sample < 0 ? () => {} : note
      // What another program has left in the processor's caches is not to be part of the next sample of ours.
      await poolFilled()
      await timed(sandbox, 'python')
      for (const [name, language, program] of JOBS) {
        await poolFilled()
        noteUnlessFirst(name, await timed(sandbox, language, program))
      }
      await poolFilled()
      noteUnlessFirst('floor', await floor.run())
      for (const [name, peer] of Object.entries(peers)) {
        if ('run' in peer && sample % (peer.every ?? 1) === 0) noteUnlessFirst(name, await peer.run())
      }
    }
  } finally {
    await floor.close()
    for (const peer of Object.values(peers)) if ('run' in peer) await peer.close?.()
  }
  await poolFilled()
  const idle = measureIdleChildren()
  const burst = await measureBursts(sandbox, effort.bursts)
  const perSecond: Record<string, number> = {}
  for (const language of LANGUAGES) perSecond[language] = await sustain(sandbox, language, effort.sustainedMs)
  load.after = loadavg()[0] ?? 0
  return toReport({ durations, peers, idle, burst, perSecond, load })
}

let full = 0

/** Until the pool has replaced what was used and its processes wait: as an idle machine would have it. */
async function poolFilled(): Promise<void> {
  const startedAt = performance.now()
  for (let quiet = 0; quiet < 3 && performance.now() - startedAt < LONGEST_WAIT_MS;) {
    await delay(15)
    const { count, areAsleep } = lookAtDescendants()
    quiet = areAsleep && count >= full ? quiet + 1 : 0
    if (quiet === 3) full = Math.max(full, count)
  }
}

async function timed(sandbox: Sandbox, language: ExecutionLanguage, program = PROGRAMS[language]): Promise<number> {
  const startedAt = performance.now()
  const { status, value, error } = await sandbox.execute({ language, code: program })
  const tookMs = performance.now() - startedAt
  if (status !== 'ok' || value !== 1) throw new Error(`${language} gave ${status} ${value}: ${error?.message}`)
  return tookMs
}

/** Each of so many at once, from the asking of all to its own result; and until the last of them. */
async function measureBursts(sandbox: Sandbox, bursts: number): Promise<Report['burst']> {
  const durations: number[] = []
  const whole: number[] = []
  for (let count = 0; count < bursts; count++) {
    await poolFilled()
    const startedAt = performance.now()
    durations.push(...(await Promise.all(Array.from({ length: BURST }, () => timed(sandbox, 'python')))))
    whole.push(performance.now() - startedAt)
  }
  return { ...summarise(durations), wholeMs: summarise(whole).p50Ms }
}

/** Executions in a second, with four under way at any time. */
async function sustain(sandbox: Sandbox, language: ExecutionLanguage, forMs: number): Promise<number> {
  const startedAt = performance.now()
  let count = 0
  const worker = async () => {
    for (; performance.now() - startedAt < forMs; count++) await timed(sandbox, language)
  }
  await Promise.all([worker(), worker(), worker(), worker()])
  return round((count / (performance.now() - startedAt)) * 1000, 1)
}

function toReport(measured: {
  durations: Record<string, number[]>
  peers: Record<string, Peer>
  idle: ReturnType<typeof measureIdleChildren>
  burst: Report['burst']
  perSecond: Record<string, number>
  load: Report['load']
}): Report {
  const { durations, peers, idle, burst, perSecond, load } = measured
  const of = (name: string) => summarise(durations[name] ?? [])
  const idleChild = { python: middle(idle.python), javascript: middle(idle.javascript) }
  const one = (language: ExecutionLanguage) => ({
    ...of(language),
    perSecond: perSecond[language] ?? 0,
    idleChildBytes: idleChild[language === 'python' ? 'python' : 'javascript']?.privateBytes ?? null,
  })
  const report = { python: one('python'), javascript: one('javascript'), typescript: one('typescript') }
  const summaries = Object.entries(peers).map(([name, peer]) => [name, 'run' in peer ? of(name) : null] as const)
  const statistics = of('pythonStatistics')
  const ratio = (peerMs: number | undefined, own: Summary = report.python) =>
    peerMs === undefined ? null : round(peerMs / own.p50Ms, 1)
  const ofPeers = Object.fromEntries(summaries)
  return {
    ...report,
    pythonStatistics: statistics,
    burst,
    peers: ofPeers,
    missing: Object.fromEntries(
      Object.entries(peers).flatMap(([name, peer]) => ('missing' in peer ? [[name, peer.missing]] : [])),
    ),
    floor: of('floor'),
    ratios: {
      bubblewrapCold: ratio(ofPeers['bubblewrapCold']?.p50Ms),
      docker: ratio(ofPeers['docker']?.p50Ms),
      plainPython: ratio(ofPeers['plainPython']?.p50Ms),
      denoInBubblewrap: ratio(ofPeers['denoInBubblewrap']?.p50Ms, report.javascript),
      pyodideStatistics: ratio(ofPeers['pyodideStatistics']?.p50Ms, statistics),
      pyodideReusedStatistics: ratio(ofPeers['pyodideReusedStatistics']?.p50Ms, statistics),
      floor: round(report.python.p50Ms / of('floor').p50Ms, 2),
    },
    idleChild,
    load,
  }
}

function middle(children: ChildMemory[]): ChildMemory | null {
  const sorted = [...children].sort((one, other) => one.privateBytes - other.privateBytes)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}

function render(report: Report): string {
  const line = (name: string, { p50Ms, p95Ms, p99Ms, samples }: Summary, more = '') =>
    `${name.padEnd(24)} p50 ${p50Ms.toFixed(2)}  p95 ${p95Ms.toFixed(2)}  p99 ${p99Ms.toFixed(2)} ms  (${samples} samples)${more}`
  const mebibytes = (memory: ChildMemory | null) =>
    memory === null
      ? 'not readable'
      : `${round(memory.privateBytes / 2 ** 20, 1)} MiB of its own, ${round(memory.proportionalBytes / 2 ** 20, 1)} MiB proportional`
  return [
    ...LANGUAGES.map((name) => line(name, report[name], `  ${report[name].perSecond} per second`)),
    line('Python, statistics only', report.pythonStatistics),
    line(`burst of ${BURST}`, report.burst, `  all after ${report.burst.wholeMs.toFixed(0)} ms`),
    line('floor: fork, no jail', report.floor),
    ...Object.entries(report.peers).map(([name, peer]) =>
      peer === null ? `${name.padEnd(24)} not measured: ${report.missing[name]}` : line(name, peer),
    ),
    `idle child: Python ${mebibytes(report.idleChild.python)}; Node ${mebibytes(report.idleChild.javascript)}`,
    `ratios: ${JSON.stringify(report.ratios)}; load average ${report.load.before.toFixed(1)} before, ${report.load.after.toFixed(1)} after`,
  ].join('\n')
}
