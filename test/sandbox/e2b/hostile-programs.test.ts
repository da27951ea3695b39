import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Limits } from '../../../src/contracts/limits.ts'
import type { ExecutionResult } from '../../../src/contracts/sandbox.ts'
import { KERNEL } from '../attacks/tables/kernel.ts'
import { fuzzDescriptors } from '../support/descriptor-programs.ts'
import { expectNeighboursUnharmed, NEIGHBOUR_ATTACKS } from '../support/neighbour-attacks.ts'
import { canMakeMachines, openTestE2b, WITHOUT_MACHINES, type TestE2b } from './support/open-test-e2b.ts'

const MIB = 1024 * 1024

describe.skipIf(!canMakeMachines)(`hostile programs in a cloud sandbox (${WITHOUT_MACHINES})`, () => {
  let opened: TestE2b

  beforeAll(async () => {
    opened = await openTestE2b({ idlePython: 2, idleJavascript: 0 })
  })
  afterAll(() => opened.close())

  const python = (code: string, limits: Partial<Limits> = {}): Promise<ExecutionResult> =>
    opened.sandbox.execute({ language: 'python', code, limits, artifactsFolder: join(opened.folder, 'artifacts') })

  // Slots of one cloud sandbox have one user: what the kernel counts for it is accepted, see SECURITY.md.
  for (const attack of NEIGHBOUR_ATTACKS.filter(({ needs }) => needs !== 'own-user')) {
    test(
      `a neighbour is left alone by ${attack.title}`,
      () => expectNeighboursUnharmed(opened.sandbox, attack),
      120_000,
    )
  }

  for (const language of ['python', 'javascript'] as const) {
    const fuzz = { language, seed: 4_711, programs: 8, atATime: 3, withinMs: 60_000 }
    test(
      `${language}: whatever a program does with its descriptors, it ends in time`,
      () => fuzzDescriptors(opened.sandbox, fuzz),
      240_000,
    )
  }

  test('output without end stops at its limit, soon', async () => {
    const startedAt = performance.now()
    const result = await python("import os\nwhile True: os.write(1, b'x' * 65536)", { outputBytes: MIB })
    expect(result).toMatchObject({ status: 'output-limit', signal: 'SIGKILL' })
    expect(result.stdout.totalBytes).toBeGreaterThan(MIB)
    expect(result.stdout.totalBytes).toBeLessThan(MIB + 128 * 1024)
    expect(performance.now() - startedAt).toBeLessThan(20_000)
  })

  test('a lot of output arrives whole, every byte of it', async () => {
    const code =
      "import os\ndata = bytes(range(256)) * 16384\nos.write(2, b'')\nwhile data:\n    data = data[os.write(1, data):]"
    const result = await python(code, { capturedBytes: 8 * MIB })
    expect(result).toMatchObject({ status: 'ok', stdout: { totalBytes: 4 * MIB, truncated: false } })
    expect(result.stdout.head).toBe(
      Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
        .toString('utf8')
        .repeat(16384),
    )
  })

  test('files of every byte and size arrive with their hashes', async () => {
    const result = await python(
      "import hashlib\nall_bytes = bytes(range(256)) * 40_000\nopen('/box/output/all', 'wb').write(all_bytes)\nfor n in range(40):\n    open(f'/box/output/n{n:02}', 'wb').write(bytes([n]) * n)\nresult(hashlib.sha256(all_bytes).hexdigest())",
    )
    expect(result.artifacts).toHaveLength(41)
    expect(result.artifacts[0]).toMatchObject({ name: 'all', bytes: 256 * 40_000, sha256: result.value })
    const path = result.artifacts[0]?.path ?? ''
    expect(
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    ).toBe(result.value)
  })

  test('hostile names, links, pipes, depths and sizes are dropped with their reasons', async () => {
    const result = await python(
      `
import os
os.chdir('/box/output')
open('good', 'w').write('1')
os.symlink('/etc/passwd', 'link')
os.symlink('/', 'root')
os.mkfifo('pipe')
open('new\\nline', 'w').close()
open('right\\u202eleft', 'w').close()
open(b'\\xff\\xfe', 'w').close()
open('back\\\\slash', 'w').close()
with open('sparse', 'wb') as file: file.truncate(60 << 20)
with open('sparse-2', 'wb') as file: file.truncate(60 << 20)
deep = '/'.join(['d'] * 20)
os.makedirs(deep)
open(deep + '/x', 'w').close()
`,
    )
    expect(result.status).toBe('ok')
    const dropped = Object.fromEntries(result.droppedArtifacts.map(({ name, reason }) => [name, reason]))
    expect(dropped).toMatchObject({
      link: 'not-regular',
      root: 'not-regular',
      pipe: 'not-regular',
      'sparse-2': 'too-large',
    })
    const reasons = result.droppedArtifacts.map(({ reason }) => reason)
    expect(reasons.filter((reason) => reason === 'unsafe-name')).toHaveLength(4)
    expect(reasons).toContain('too-deep')
    expect(result.artifacts.map(({ name }) => name)).toEqual(['good', 'sparse'])
  })

  test('nothing of the cloud, the host or the session is seen', async () => {
    const { value } = await python(`
import os
def outcome(act):
    try: return act()
    except OSError as error: return type(error).__name__
result([
    sorted(name for name in os.environ if 'E2B' in name or 'HANDAXE' in name or 'KEY' in name),
    outcome(lambda: os.listdir('/run/handaxe')), outcome(lambda: os.listdir('/var/lib/handaxe')),
    outcome(lambda: os.listdir('/slots')), outcome(lambda: os.listdir('/outputs')), os.listdir('/run'),
    sorted(int(name) for name in os.listdir('/proc') if name.isdigit()),
    os.getuid(), open('/proc/self/status').read().count('CapEff:\\t0000000000000000'),
])`)
    const missing = 'FileNotFoundError'
    expect(value).toEqual([[], missing, missing, missing, missing, [], [1], 1000, 1])
  })

  test('no socket, no namespace, no signal to anybody else', async () => {
    const { value } = await python(`
import ctypes, os, socket, subprocess
def outcome(act):
    try: return act()
    except OSError as error: return type(error).__name__
libc = ctypes.CDLL(None, use_errno=True)
result([outcome(lambda: socket.socket()), outcome(lambda: socket.socket(socket.AF_UNIX)), libc.unshare(0x10000000),
        libc.mount(b'x', b'/box', b'tmpfs', 0, None), outcome(lambda: os.kill(-1, 9))])`)
    expect(value).toEqual(['PermissionError', 'PermissionError', -1, -1, 'ProcessLookupError'])
  })

  test.skipIf(process.arch !== 'x64').each(KERNEL.map((attack) => [attack.id, attack.title, attack] as const))(
    '%s: %s (the numbers of system calls are those of x86-64)',
    async (_, __, { code, expect: expectOutcome }) => {
      await expectOutcome(await python(code), opened, (execution) => opened.sandbox.execute(execution))
    },
  )

  test('nothing of one execution is there in the next', async () => {
    await python(
      "import os\nfor folder in ('/tmp', '/box', '/dev/shm'): open(folder + '/left', 'w').write('x')\nif os.fork() == 0:\n    import time\n    time.sleep(60)",
    )
    const { value } = await python(
      "import os\nresult([os.path.exists(folder + '/left') for folder in ('/tmp', '/box', '/dev/shm')])",
    )
    expect(value).toEqual([false, false, false])
  })

  test('memory of all processes together is bounded', async () => {
    const startedAt = performance.now()
    const result = await python(
      'import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n        data = bytearray(os.urandom(1 << 20) * 60)\n        time.sleep(30)\n        os._exit(0)\ntime.sleep(30)',
      { memoryBytes: 128 * MIB },
    )
    expect(result).toMatchObject({ status: 'out-of-memory' })
    expect(performance.now() - startedAt).toBeLessThan(25_000)
  })

  test('CPU time of all processes together is bounded', async () => {
    const startedAt = performance.now()
    const result = await python('import os\nos.fork()\nos.fork()\nwhile True: pass', { cpuMs: 1000 })
    expect(result).toMatchObject({ status: 'timeout', error: { type: 'cpuMs' } })
    expect(performance.now() - startedAt).toBeLessThan(25_000)
  })

  test('processes are bounded, and time is for one that ignores every signal', async () => {
    const bomb = await python(
      'import os\ncount = 0\ntry:\n    while True:\n        if os.fork() == 0:\n            import time\n            time.sleep(60)\n        count += 1\nexcept OSError as error:\n    result([count < 20, type(error).__name__])',
      { processes: 20 },
    )
    expect(bomb.value).toEqual([true, 'BlockingIOError'])
    const stubborn = await python(
      'import signal\nfor number in range(1, 32):\n    try: signal.signal(number, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True: pass',
      { wallMs: 500 },
    )
    expect(stubborn).toMatchObject({ status: 'timeout', error: { type: 'wallMs' } })
    expect(stubborn.usage.wallMs).toBeLessThan(10_000)
  })

  test('frames of its own making decide nothing', async () => {
    const forged = await python(
      "import os\nos.write(3, b'\\xff\\xff\\xff\\xff' + b'x' * 100)\nimport time\ntime.sleep(30)",
    )
    expect(forged).toMatchObject({ status: 'error', error: { type: 'InvalidResult' } })
    const printed = await python('print(\'\\x00\\x00\\x00\\x10\\x03{"event":"bye"}\')\nresult(1)')
    expect(printed).toMatchObject({ status: 'ok', value: 1 })
  })

  test('functions of the host are called, from Python and JavaScript', async () => {
    const host = [
      {
        name: 'add',
        description: 'the sum',
        inputSchema: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } },
        execute: async (input: unknown) => (input as { a: number }).a + (input as { b: number }).b,
      },
    ]
    const { sandbox } = opened
    const one = await sandbox.execute({ language: 'python', code: 'import host\nresult(host.add(a=1, b=2))', host })
    expect(one).toMatchObject({ status: 'ok', value: 3 })
    const code = "import { add } from 'host'\nresult(await add({ a: 2, b: 3 }))"
    expect(await sandbox.execute({ language: 'javascript', code, host })).toMatchObject({ status: 'ok', value: 5 })
  })

  test('a network, an environment and a language that are not there are refused', async () => {
    const { sandbox } = opened
    const network = { mode: 'allow-list' as const, hosts: [{ host: 'example.com' }] }
    await expect(sandbox.execute({ language: 'python', code: '', network })).rejects.toMatchObject({
      code: 'invalid_arguments',
    })
    await expect(sandbox.execute({ language: 'python', code: '', environment: 'x' })).rejects.toMatchObject({
      code: 'invalid_arguments',
    })
  })
})
