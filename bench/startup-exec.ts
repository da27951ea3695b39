import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { findPython } from '../test/support/python.ts'
import { round, summarise, type Summary } from './measure.ts'

const SAMPLES = 30
/** Each ends the daemon and starts another one. */
const FIRST_SAMPLES = 8
const PLAIN = 'print(6 * 7)'
const PANDAS = 'import pandas as pd\nprint(pd.DataFrame({"a": [1, 2, 3]}).a.std())'

export interface ExecReport {
  /** No daemon runs: the call starts one. */
  first: Summary
  /** Any later call of a shell loop. */
  second: Summary
  secondPandas: Summary
  /** `--daemon never`. */
  direct: Summary
  python: Summary
  pythonPandas: Summary
  ratios: { python: number; pythonPandas: number; node: number }
  load: { before: number; after: number }
}

/** Whole processes of `handaxe exec`, beside `python3 -c` of the same line, interleaved. */
export function measureExec(handaxe: string, home: string): ExecReport {
  const python = findPython() ?? 'python3'
  const before = loadavg()[0] ?? 0
  writeFileSync(join(home, 'line.py'), PLAIN)
  writeFileSync(join(home, 'table-line.py'), PANDAS)
  const environment = { ...process.env, HANDAXE_HOME: home, HANDAXE_PYTHON: python, HANDAXE_DAEMON: 'always', CI: '' }
  const time = (command: string, args: string[]): number => {
    const startedAt = performance.now()
    const { status, stderr } = spawnSync(command, args, { env: environment, encoding: 'utf8', cwd: home })
    const durationMs = performance.now() - startedAt
    if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`)
    return durationMs
  }
  const exec = (...args: string[]) => time(process.execPath, [handaxe, 'exec', ...args])
  const stop = () => time(process.execPath, [handaxe, 'daemon', 'stop', '--force'])
  const durations = {
    first: [] as number[],
    second: [] as number[],
    secondPandas: [] as number[],
    direct: [] as number[],
    python: [] as number[],
    pythonPandas: [] as number[],
    node: [] as number[],
  }
  try {
    // The first round fills the compile cache and the page cache, as any first call does for a user.
    for (let sample = -1; sample < FIRST_SAMPLES; sample++) {
      stop()
      const durationMs = exec('line.py')
      if (sample >= 0) durations.first.push(durationMs)
    }
    for (let sample = -1; sample < SAMPLES; sample++) {
      const round: Record<Exclude<keyof typeof durations, 'first'>, number> = {
        second: exec('line.py'),
        secondPandas: exec('table-line.py'),
        node: time(process.execPath, ['-e', '0']),
        python: time(python, ['-c', PLAIN]),
        pythonPandas: time(python, ['-c', PANDAS]),
        direct: exec('--daemon', 'never', 'line.py'),
      }
      if (sample < 0) continue
      for (const [name, durationMs] of Object.entries(round)) durations[name as keyof typeof round].push(durationMs)
    }
  } finally {
    stop()
  }
  const of = (name: keyof typeof durations) => summarise(durations[name])
  const second = of('second')
  const secondPandas = of('secondPandas')
  const ratio = (one: Summary, other: Summary) => round(one.p50Ms / other.p50Ms, 2)
  return {
    first: of('first'),
    second,
    secondPandas,
    direct: of('direct'),
    python: of('python'),
    pythonPandas: of('pythonPandas'),
    ratios: {
      python: ratio(second, of('python')),
      pythonPandas: ratio(secondPandas, of('pythonPandas')),
      node: ratio(second, of('node')),
    },
    load: { before: round(before, 1), after: round(loadavg()[0] ?? 0, 1) },
  }
}

export function renderExec(report: ExecReport): string[] {
  const line = (name: string, { p50Ms, p95Ms }: Summary, more = '') =>
    `${name.padEnd(37)}${p50Ms.toFixed(1)} ms (p95 ${p95Ms.toFixed(1)} ms)${more}`
  const { ratios, load } = report
  return [
    line('handaxe exec, first call', report.first),
    line('handaxe exec, second call', report.second, `, ${ratios.python} times python3 -c`),
    line('handaxe exec, second call, pandas', report.secondPandas, `, ${ratios.pythonPandas} times python3 -c`),
    line('handaxe exec --daemon never', report.direct),
    line('python3 -c', report.python),
    line('python3 -c, pandas', report.pythonPandas),
    `load of the machine: ${load.before} before, ${load.after} after`,
  ]
}
