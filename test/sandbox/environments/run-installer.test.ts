import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { runInstaller } from '../../../src/sandbox/environments/run-installer.ts'
import { isAlive } from '../support/host-state.ts'

const options = { cwd: '/', environment: { PATH: process.env['PATH'] } }

test('gives exit code and output, and lines without control characters and credentials', async () => {
  const lines: string[] = []
  const script = String.raw`printf 'from https://user:pass@host/x\n\033[2Jtwo\r\n'; printf 'error\n' >&2; exit 3`
  const outcome = await runInstaller('sh', ['-c', script], { ...options, onLine: (line) => lines.push(line) })
  expect(outcome).toMatchObject({ exitCode: 3, stderr: 'error\n' })
  expect(lines.sort()).toEqual(['[2Jtwo', 'error', 'from https://host/x'])
})

test('a command that is not there has exit code 127', async () => {
  expect(await runInstaller('handaxe-no-such-command', [], options)).toMatchObject({ exitCode: 127 })
})

test('arguments are no shell: nothing in them is expanded', async () => {
  const outcome = await runInstaller('printf', ['%s', '$(id) `id` > x'], options)
  expect(outcome.stdout).toBe('$(id) `id` > x')
})

test('an abort ends the command and all that it started, at once', async () => {
  const controller = new AbortController()
  const pids: number[] = []
  const script = 'sleep 60 & echo $!; echo $$; wait'
  const running = runInstaller('sh', ['-c', script], {
    ...options,
    signal: controller.signal,
    onLine: (line) => pids.push(Number(line)),
  })
  await expect.poll(() => pids.length).toBe(2)
  const started = performance.now()
  controller.abort()
  await expect(running).rejects.toMatchObject({ code: 'cancelled' })
  expect(performance.now() - started).toBeLessThan(3000)
  // The grandchild ends a moment later; as a zombie it stays where the first process reaps nobody, as in many containers.
  for (let wait = 0; wait < 20 && pids.some(isAlive); wait++) await delay(100)
  expect(pids.filter(isAlive)).toEqual([])
})

test('a flood of output is bounded, its end is kept', async () => {
  const script = 'i=0; while [ $i -lt 40000 ]; do echo "line number $i of a flood of many lines"; i=$((i+1)); done'
  const { stdout } = await runInstaller('sh', ['-c', script], options)
  expect(stdout.length).toBeLessThanOrEqual(1_000_000)
  expect(stdout).toMatch(/line number 39999 of a flood of many lines\n$/)
})
