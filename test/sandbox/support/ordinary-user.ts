/** Executed by a test as an ordinary user: opens the sandbox, executes a few programs, prints the outcomes as JSON. */
import { openSandbox } from '../../../src/sandbox/open-sandbox.ts'
import type { Execution } from '../../../src/contracts/sandbox.ts'

const MIB = 1024 * 1024
const PROGRAMS: Record<string, Execution> = {
  value: { language: 'python', code: "print('hello')\nresult([1, 2])" },
  javascript: { language: 'typescript', code: 'const x: number = 20\nresult(x + 1)' },
  artifact: { language: 'python', code: "open('/box/output/a.txt', 'w').write('hello')" },
  link: { language: 'python', code: "import os\nos.symlink('/etc/passwd', '/box/output/a')" },
  input: {
    language: 'python',
    code: "result(open('/box/input/x.csv').read())",
    inputs: [{ name: 'x.csv', content: 'a,b\n' }],
  },
  files: {
    language: 'python',
    code: "import os\nresult([os.path.exists(p) for p in ('/root', '/home', '/host', '/slots')])",
  },
  network: { language: 'python', code: 'import socket\nsocket.socket()' },
  namespace: { language: 'python', code: 'import ctypes\nresult(ctypes.CDLL(None).unshare(0x10000000))' },
  forks: {
    language: 'python',
    code: 'import os, time\nn = 0\ntry:\n    while True:\n        if os.fork() == 0: time.sleep(60)\n        n += 1\nexcept OSError as e:\n    result(n < 64)',
  },
  memory: { language: 'python', code: 'x = bytearray(2 << 30)' },
  memoryTogether: {
    language: 'python',
    code: 'import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        x = bytearray(100 << 20); time.sleep(60)\ntime.sleep(20)',
    limits: { memoryBytes: 256 * MIB },
  },
  loop: { language: 'python', code: 'while True: pass', limits: { cpuMs: 300 } },
  sleep: { language: 'python', code: 'import time\ntime.sleep(60)', limits: { wallMs: 300 } },
  paths: {
    language: 'python',
    code: "result(''.join(open('/proc/self/' + name).read() for name in ('mountinfo', 'maps', 'environ')))",
    inputs: [{ name: 'x', content: '' }],
  },
  after: { language: 'python', code: 'result(42)' },
}

const [stateFolder = '', pythonPath = ''] = process.argv.slice(2)
const sandbox = await openSandbox({
  pythonPath: pythonPath === '' ? null : pythonPath,
  stateFolder,
  environment: process.env,
})
const outcomes: Record<string, unknown> = { guarantees: sandbox.guarantees, userId: process.getuid?.() }
for (const [name, execution] of Object.entries(PROGRAMS)) {
  const { status, value, error, artifacts, droppedArtifacts, usage, stdout } = await sandbox.execute(execution)
  outcomes[name] = {
    status,
    value,
    error: error?.type,
    artifacts: artifacts.length,
    droppedArtifacts,
    usage,
    out: stdout.head,
  }
}
await sandbox.close()
process.stdout.write(JSON.stringify(outcomes))
