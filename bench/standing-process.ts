import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A process that is warm and answers a line with a line: its own time is the time from one to the other. */
export interface StandingProcess {
  /** In milliseconds. */
  run(): Promise<number>
  close(): Promise<void>
}

/** Settles when it has said `ready`. Rejects, here and later, where it answers something else than `expected`. */
export async function startStanding(
  command: string,
  args: string[],
  environment: Record<string, string>,
  expected: string,
): Promise<StandingProcess> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: environment })
  const lines = createInterface({ input: child.stdout })
  // Without this a process that has ended would be waited for without end.
  const ended = once(lines, 'close').then(() => ['its end'])
  const nextLine = async () => String((await Promise.race([once(lines, 'line'), ended]))[0])
  const first = await nextLine()
  if (first !== 'ready') throw new Error(`${command} began with ${first}`)
  return {
    async run() {
      const startedAt = performance.now()
      const answer = nextLine()
      child.stdin.write('\n')
      const value = await answer
      const tookMs = performance.now() - startedAt
      if (value !== expected) throw new Error(`${command} answered ${value}`)
      return tookMs
    },
    async close() {
      child.stdin.end()
      await once(child, 'close')
    },
  }
}
