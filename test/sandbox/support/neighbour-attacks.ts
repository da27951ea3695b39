import { expect } from 'vitest'
import type { Execution, ExecutionResult, Sandbox } from '../../../src/contracts/sandbox.ts'

/** What one program tries on what it may share with another one, and what that one must still be able to do. */
export interface NeighbourAttack {
  title: string
  language?: 'python' | 'javascript'
  /** It ends by itself, or says how much it has got and holds that. */
  code: string
  /** How much it may or must have got, to have done what it could. */
  expectCount?: (count: number) => void
  /** Python of a neighbour that runs while the attacker holds what it has got, and sets `value` to `True`. */
  neighbour?: string
  /** It holds where each execution has a user of its own on the host (as root), or at least a user namespace. */
  needs?: 'own-user' | 'own-user-namespace'
  /** Of one that may stop itself for good. */
  wallMs?: number
}

const SIGNAL_ALL = `
import os, signal, time
for number in (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGRTMIN, signal.SIGKILL):
    if number not in (signal.SIGSTOP, signal.SIGKILL):
        signal.signal(number, signal.SIG_IGN)
    for send in (lambda: os.kill(0, number), lambda: os.killpg(os.getpgrp(), number), lambda: os.kill(-1, number)):
        try:
            send()
        except OSError:
            pass
`

/** Says how much it has got, and holds it until the neighbour is done and it is ended. */
const HOLD = "\nprint('count', count)\nimport time\ntime.sleep(60)\n"

export const NEIGHBOUR_ATTACKS: NeighbourAttack[] = [
  { title: 'signals to its group, its session and all that it sees', code: SIGNAL_ALL, wallMs: 5_000 },
  {
    title: 'the same signals from a child, to the group that it was born in',
    code: `import os\nif os.fork() == 0:\n${SIGNAL_ALL.replaceAll('\n', '\n    ')}\n    os._exit(0)\nimport time\ntime.sleep(0.5)\nprint('count', 1)`,
    wallMs: 5_000,
  },
  {
    title: 'the same signals from Node',
    language: 'javascript',
    code: `
for (const signal of ['SIGSTOP', 'SIGTSTP', 'SIGHUP', 'SIGKILL']) {
  for (const target of [0, -process.pid, -1]) {
    try { process.kill(target, signal) } catch {}
  }
}
result(1)`,
    wallMs: 5_000,
  },
  {
    title: 'the group of another one joined',
    code: `
import os
refused = 0
for group in range(2, 400):
    try:
        os.setpgid(0, group)
    except OSError:
        refused += 1
print('count', refused)`,
    expectCount: (count) => expect(count).toBe(398),
  },
  {
    title: 'all processes that it may have',
    code: `
import os, time
count = 0
for _ in range(500):
    try:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        count += 1
    except OSError:
        break
${HOLD}`,
    neighbour: `
import subprocess
value = [subprocess.run(['/bin/true']).returncode for _ in range(5)] == [0] * 5`,
  },
  {
    title: 'the size of pipes raised',
    code: `
import fcntl, os
count = 0
for size in (4096, 1 << 16, 1 << 20):
    try:
        fcntl.fcntl(os.pipe()[1], 1031, size)
        count += 1
    except PermissionError:
        pass
${HOLD}`,
    expectCount: (count) => expect(count).toBe(0),
    neighbour: "value = os.write(os.pipe()[1], b'x' * 65536) == 65536",
  },
  {
    title: 'pipes until the kernel gives only small ones',
    code: `
import fcntl, os
count = 0
import time
for _ in range(14):
    if os.fork() == 0:
        try:
            while True: os.pipe()
        except OSError:
            pass
        time.sleep(60)
        os._exit(0)
time.sleep(0.5)
count = fcntl.fcntl(os.pipe()[1], 1032)
${HOLD}`,
    expectCount: (count) => expect(count).toBeLessThan(65_536),
    neighbour: 'value = fcntl.fcntl(os.pipe()[1], 1032) == 65536',
    needs: 'own-user',
  },
  {
    title: 'descriptors on their way until no more may be sent',
    code: `
import os, socket
count = 0
pairs = [socket.socketpair() for _ in range(10)]
try:
    for one, _ in pairs:
        for _ in range(200):
            socket.send_fds(one, [b'x'], [0])
            count += 1
except OSError as error:
    pass
${HOLD}`,
    expectCount: (count) => expect(count).toBeLessThan(2_000),
    neighbour: "one, other = socket.socketpair(); value = socket.send_fds(one, [b'x'], [0]) == 1",
    needs: 'own-user',
  },
  {
    title: 'signals that wait until no more may',
    needs: 'own-user-namespace',
    code: `
import os, signal
count = 0
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
while libc.sigqueue(os.getpid(), int(signal.SIGRTMIN), None) == 0 and count < 5000:
    count += 1
${HOLD}`,
    expectCount: (count) => expect(count).toBeLessThan(5_000),
    neighbour: `
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])
libc = ctypes.CDLL(None)
value = [libc.sigqueue(os.getpid(), int(signal.SIGRTMIN), None) for _ in range(50)] == [0] * 50`,
  },
  {
    title: 'the flags of its input changed',
    code: `
import fcntl, os
count = fcntl.fcntl(0, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND)
${HOLD}`,
    neighbour: 'value = fcntl.fcntl(0, fcntl.F_GETFL) & (os.O_NONBLOCK | os.O_APPEND) == 0',
  },
  {
    title: 'locks on a file that both can read',
    code: `
import fcntl, struct
count = 0
file = open('/usr/bin/env', 'rb')
try:
    fcntl.fcntl(file, fcntl.F_SETLK, struct.pack('hhqqi', fcntl.F_RDLCK, 0, 0, 0, 0))
    count = 1
except OSError:
    pass
${HOLD}`,
    neighbour: `
file = open('/usr/bin/env', 'rb')
value = fcntl.fcntl(file, fcntl.F_SETLK, struct.pack('hhqqi', fcntl.F_RDLCK, 0, 0, 0, 0)) is not None`,
  },
]

const NEIGHBOUR_HEAD = 'import ctypes, fcntl, os, signal, socket, struct\nvalue = None\n'

/**
 * Runs the attack beside others: one in each language that only waits, and one that needs what the attacker holds. All must
 * be right, and so must the next ones, which get what was warm and idle meanwhile.
 */
export async function expectNeighboursUnharmed(sandbox: Sandbox, attack: NeighbourAttack): Promise<void> {
  const neighbours = [
    begin(sandbox, 'python', "import time\nprint('up')\ntime.sleep(1.5)\nresult('alive')"),
    begin(
      sandbox,
      'javascript',
      "console.log('up')\nawait new Promise((done) => setTimeout(done, 1500))\nresult('alive')",
    ),
  ]
  await Promise.all(neighbours.map(({ said }) => said))
  const attacker = begin(sandbox, attack.language ?? 'python', attack.code, attack.wallMs)
  const said = await attacker.said
  attack.expectCount?.(Number(/count (\d+)/.exec(said)?.[1]))
  if (attack.neighbour !== undefined) {
    const code = `${NEIGHBOUR_HEAD}${attack.neighbour}\nresult(value)`
    const beside = await sandbox.execute({ language: 'python', code, limits: LIMITS })
    expect(beside).toMatchObject({ status: 'ok', value: true })
  }
  attacker.end()
  await attacker.result
  for (const { result } of neighbours) expect(await result).toMatchObject({ status: 'ok', value: 'alive' })
  const next = await Promise.all([1, 2, 3].map((number) => begin(sandbox, 'python', `result(${number})`).result))
  expect(next.map(({ status, value }) => [status, value])).toEqual([1, 2, 3].map((number) => ['ok', number]))
}

const LIMITS = { wallMs: 30_000 }

/** `said`: what it has printed first, or nothing where it has ended without. */
function begin(sandbox: Sandbox, language: Execution['language'], code: string, wallMs = LIMITS.wallMs) {
  const abort = new AbortController()
  const first = Promise.withResolvers<string>()
  const result: Promise<ExecutionResult> = sandbox.execute({
    language,
    code,
    limits: { wallMs },
    signal: abort.signal,
    onOutput: (_, text) => first.resolve(text),
  })
  const said = Promise.race([first.promise, result.then(() => '')])
  return { said, result, end: () => abort.abort() }
}
