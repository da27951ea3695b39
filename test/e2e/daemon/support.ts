import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ChildProcess } from 'node:child_process'
import { cgroupsOf, descendants, isAlive } from '../../sandbox/support/host-state.ts'
import { runCli, type CliOptions, type CliOutcome } from '../../support/run-cli.ts'

export interface DaemonState {
  pid: number
  version: string
  status: { executions: number; underWay: number; clients: number } | null
}

const ALWAYS = { HANDAXE_DAEMON: 'always' }

/** `handaxe exec -` through the daemon. */
export function execute(
  home: string,
  code: string,
  args: string[] = [],
  options: CliOptions = {},
): Promise<CliOutcome> {
  const environment = { ...ALWAYS, ...options.environment }
  return runCli(home, ['exec', ...args, '-'], { ...options, input: code, environment })
}

export async function listDaemons(home: string): Promise<DaemonState[]> {
  const { stdout } = await runCli(home, ['daemon', 'status', '--json'])
  return JSON.parse(stdout).daemons
}

export async function onlyDaemon(home: string): Promise<DaemonState> {
  const [first, ...more] = await listDaemons(home)
  if (first === undefined || more.length > 0) throw new Error(`${more.length + (first ? 1 : 0)} daemons run, not 1`)
  return first
}

export function stopDaemons(home: string): Promise<CliOutcome> {
  return runCli(home, ['daemon', 'stop', '--force'])
}

/** What a daemon has on the host, to be looked for when it is gone. */
export function traces(home: string, pid: number): { processes: number[]; cgroups: string[] } {
  const folders = readdirSync(join(home, 'state')).filter((name) => name.startsWith('sandbox-'))
  return { processes: [pid, ...descendants(pid)], cgroups: cgroupsOf(folders) }
}

/** What is left of a daemon: nothing, after `withinMs` at the latest. */
export async function leftovers(home: string, { processes, cgroups }: ReturnType<typeof traces>, withinMs = 15_000) {
  const look = () => ({
    processes: processes.filter(isAlive),
    cgroups: cgroups.filter((path) => existsSync(path)),
    files: readdirSync(join(home, 'state')).filter((name) => name !== 'daemon'),
    sockets: readdirSync(join(home, 'state', 'daemon')),
  })
  const isClean = (left: ReturnType<typeof look>) => Object.values(left).every((list) => list.length === 0)
  const until = performance.now() + withinMs
  for (;;) {
    const left = look()
    if (isClean(left) || performance.now() > until) return left
    await delay(50)
  }
}

export const NOTHING = { processes: [], cgroups: [], files: [], sockets: [] }

/** Calls back once, when the process has written `text`. */
export function onWritten(child: ChildProcess, text: string, act: () => void): void {
  let written = ''
  const listener = (piece: string): void => {
    written += piece
    if (!written.includes(text)) return
    child.stdout?.off('data', listener)
    act()
  }
  child.stdout?.on('data', listener)
}

export async function until(condition: () => boolean | Promise<boolean>, withinMs = 30_000): Promise<number> {
  const startedAt = performance.now()
  while (!(await condition())) {
    if (performance.now() - startedAt > withinMs) throw new Error(`not within ${withinMs} ms`)
    await delay(20)
  }
  return performance.now() - startedAt
}
