import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { COMPILE_CACHE } from '../../support/compile-cache.ts'

/** A process of the project's Node that runs a file of this folder. */
export function startProcess(file: string, args: string[]): ChildProcess {
  const env = { ...process.env, ...COMPILE_CACHE }
  return spawn(process.execPath, [join(import.meta.dirname, file), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** All that it wrote, when it has ended. Rejects where it failed by itself. */
export async function outputOf(child: ChildProcess): Promise<string> {
  let output = ''
  let errors = ''
  child.stdout?.on('data', (piece: Buffer) => (output += piece.toString()))
  child.stderr?.on('data', (piece: Buffer) => (errors += piece.toString()))
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  child.once('close', (code, signal) => {
    if (code === 0 || signal !== null) resolve(output)
    else reject(new Error(`The process ended with ${code}: ${errors}`))
  })
  child.once('error', reject)
  return promise
}

/** Starts a process that writes events without end, kills it so long after its first report, and gives its reports. */
export async function killedWriter(path: string, runId: string, afterMs: number): Promise<string[]> {
  const child = startProcess('write-events.ts', [path, runId, '100000'])
  const output = outputOf(child)
  await new Promise((resolve) => child.stdout?.once('data', resolve))
  await sleep(afterMs)
  child.kill('SIGKILL')
  // What stands after the last line break was not reported to the end.
  return (await output).split('\n').slice(0, -1)
}

/** Mounts a small file system of its own; gives what unmounts it, or null where this user may not mount. */
export function mountSmall(folder: string, bytes: number): { remountReadOnly(): void; unmount(): void } | null {
  const run = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0
  if (process.getuid?.() !== 0) return null
  if (!run('mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'handaxe-test', folder)) return null
  return {
    remountReadOnly: () => {
      if (!run('mount', '-o', 'remount,ro', folder)) throw new Error(`${folder} was not remounted`)
    },
    unmount: () => {
      if (!run('umount', folder) && !run('umount', '-l', folder)) throw new Error(`${folder} was not unmounted`)
    },
  }
}
