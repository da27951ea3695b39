/** Executed in a user-mode Linux that has cgroup version 2: uses the sandbox and prints the outcomes as JSON. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openSandbox } from '../../../src/sandbox/open-sandbox.ts'
import type { Execution } from '../../../src/contracts/sandbox.ts'

const ROOT = '/sys/fs/cgroup/handaxe'
const MIB = 1024 * 1024
/** Everything takes ten to a hundred times as long in there. */
const limits = { wallMs: 120_000 }
const PROGRAMS: Record<string, Execution> = {
  value: { language: 'python', code: 'result([1, 2])' },
  javascript: { language: 'javascript', code: 'result(42)' },
  memory: {
    language: 'python',
    code: 'x = bytearray(200 << 20)\nresult(len(x))',
    limits: { ...limits, memoryBytes: 64 * MIB },
  },
  memoryTogether: {
    language: 'python',
    code: 'import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n        x = bytearray(40 << 20); time.sleep(100)\ntime.sleep(100)',
    limits: { ...limits, memoryBytes: 96 * MIB },
  },
  processes: {
    language: 'python',
    code: 'import os, time\nn = 0\ntry:\n    while n < 50:\n        if os.fork() == 0: time.sleep(100)\n        n += 1\nexcept OSError as error:\n    result([n < 8, error.errno])',
    limits: { ...limits, processes: 8 },
  },
  cpuTogether: {
    language: 'python',
    code: 'import os\nos.fork()\nos.fork()\nwhile True: pass',
    limits: { ...limits, cpuMs: 400 },
  },
  daemon: {
    language: 'python',
    code: "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1000)\nresult('left one')",
    limits,
  },
  after: { language: 'python', code: 'result(7)' },
}

const [stateFolder = '', pythonPath = ''] = process.argv.slice(2)
const sandbox = await openSandbox({
  pythonPath: pythonPath === '' ? null : pythonPath,
  stateFolder,
  environment: process.env,
  idlePython: 1,
  idleJavascript: 0,
})
const instance = readdirSync(ROOT).find((name) => name.startsWith('sandbox-')) ?? ''
const outcomes: Record<string, unknown> = { guarantees: sandbox.guarantees }
for (const [name, execution] of Object.entries(PROGRAMS)) {
  const { status, value, error, usage } = await sandbox.execute(execution)
  outcomes[name] = { status, value, error: error?.type, usage }
}
const slots = readdirSync(join(ROOT, instance)).filter((name) => name.startsWith('slot-'))
outcomes['slots'] = slots.map((name) => {
  const read = (file: string) => readFileSync(join(ROOT, instance, name, file), 'utf8').trim()
  return [read('memory.swap.max'), read('memory.oom.group'), read('pids.max')]
})
outcomes['here'] = readFileSync('/proc/self/cgroup', 'utf8').trim()
await sandbox.close()
outcomes['left'] = existsSync(join(ROOT, instance)) ? readdirSync(join(ROOT, instance)) : []
outcomes['state'] = readdirSync(stateFolder)
process.stdout.write(JSON.stringify(outcomes))
