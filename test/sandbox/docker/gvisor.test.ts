import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestSandbox } from '../../support/open-test-sandbox.ts'
import { errorOf } from '../support/attack.ts'
import { ask, hasEngine, IMAGE, openDocker, openTestDocker, WITHOUT_ENGINE } from './support/engine.ts'

/** The runtime has to work, not only to be registered: old ones do not on new kernels. */
const problem = await findProblem()

/** Seen with Debian 12's of 2022 on Linux 6.18: its kernel gives up when a program imports pandas, and when Node starts. */
const isOld =
  problem === null &&
  Number(/20\d\d/.exec(spawnSync('runsc', ['--version'], { encoding: 'utf8' }).stdout)?.[0] ?? 0) < 2024

async function findProblem(): Promise<string | null> {
  if (!hasEngine) return WITHOUT_ENGINE
  const { Runtimes } = (await ask('GET', '/v1.41/info')).body as { Runtimes: Record<string, unknown> }
  if (Runtimes['runsc'] === undefined) return 'the engine has no runtime runsc'
  try {
    const options = { docker: { image: IMAGE, runtime: 'runsc' }, idlePython: 0, idleJavascript: 0 }
    await (await openDocker(join(tmpdir(), 'handaxe-gvisor'), options)).close()
    return null
  } catch (error) {
    return `runsc does not start here: ${(error as Error).message.split('\n')[0]?.slice(0, 150)}`
  }
}

describe.skipIf(problem !== null)(`gVisor${problem === null ? '' : ` (skipped: ${problem})`}`, () => {
  let opened: TestSandbox
  beforeAll(async () => {
    opened = await openTestDocker({ docker: { image: IMAGE, runtime: 'runsc' }, idleJavascript: 0 })
  })
  afterAll(() => opened.close())

  test('the guarantees say so, and the kernel is its own', async () => {
    expect(opened.sandbox.guarantees).toMatchObject({ isolation: 'gvisor', systemCalls: 'own-kernel' })
    const { value, guarantees } = await opened.sandbox.execute({
      language: 'python',
      code: "result(open('/proc/version').read())",
    })
    expect(value).toMatch(/^Linux version 4\.4\.0 /)
    expect(guarantees.isolation).toBe('gvisor')
  })

  test('the allow-list holds in front of it too', async () => {
    const code = errorOf('socket.socket(socket.AF_UNIX)', 'call(73, 1, 2)', 'call(999)', "open('/proc/1/mem', 'r+b')")
    const { value } = await opened.sandbox.execute({ language: 'python', code })
    expect(value).toEqual(['EPERM', 'EPERM', 'ENOSYS', 'EACCES'])
  })

  test.skipIf(isOld)(
    'values, errors, inputs, artifacts and limits are as everywhere (needs a runsc of 2024 or newer)',
    async () => {
      const { sandbox } = opened
      const array = await sandbox.execute({
        language: 'python',
        code: "import numpy\nopen('/box/output/a', 'w').write(open('/box/input/x').read())\nresult(numpy.arange(3).sum())",
        inputs: [{ name: 'x', content: 'text' }],
      })
      expect(array).toMatchObject({ status: 'ok', value: 3, artifacts: [{ name: 'a', bytes: 4 }] })
      expect(await sandbox.execute({ language: 'python', code: '1 / 0' })).toMatchObject({ status: 'error' })
      const loop = { language: 'python' as const, code: 'while True: pass', limits: { wallMs: 500 } }
      expect(await sandbox.execute(loop)).toMatchObject({ status: 'timeout' })
    },
  )

  test.skipIf(isOld)('pandas and Node run (needs a runsc of 2024 or newer; Debian 12 has one of 2022)', async () => {
    const table = await opened.sandbox.execute({
      language: 'python',
      code: "import pandas\nresult(pandas.DataFrame({'a': [1, 2]}).a.sum())",
    })
    expect(table).toMatchObject({ status: 'ok', value: 3 })
    const javascript = await opened.sandbox.execute({ language: 'javascript', code: 'result(6 * 7)' })
    expect(javascript).toMatchObject({ status: 'ok', value: 42 })
  })
})
