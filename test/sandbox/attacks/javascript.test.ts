import { afterAll, beforeAll, expect } from 'vitest'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { testAttacks, type Attack } from '../support/attack.ts'
import { withoutPlaceOfRoot } from '../support/place-of-root.ts'

const MIB = 1024 * 1024
let opened: TestSandbox

beforeAll(async () => {
  opened = await openTestSandbox({ idleJavascript: 2 })
})
afterAll(() => opened.close())

/** The code of the error that `expression` (a promise, or a call that throws) ends with. */
function errorCodeOf(expression: string): string {
  return `try { const got = await (${expression}); result('no error: ' + String(got).slice(0, 100)) } catch (error) { result(error.code ?? error.message) }\n`
}

/** Sends bytes on the control connection as the harness would. */
const FORGE = `
import { writeSync } from 'node:fs'
const frame = (body, length = Buffer.byteLength(body)) => {
  const header = Buffer.alloc(4)
  header.writeUInt32BE(length)
  return Buffer.concat([header, Buffer.from(body)])
}
const send = (body, length) => writeSync(3, frame(body, length))
`
const FORGED = '{"type":"result","ok":true,"hasValue":true,"value":"forged","outputs":0}'

const PROCESSES: Attack[] = [
  {
    id: 'P1',
    title: 'a bomb of child processes stops at the limit',
    code: `
      import { spawn } from 'node:child_process'
      let refused = 0
      let started = 0
      for (let i = 0; i < 200; i++) {
        const child = spawn('sleep', ['100'], { stdio: 'ignore' })
        child.on('error', () => { refused++ })
        if (child.pid !== undefined) started++
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
      result({ started, refused })
      process.exit(0)
    `,
    expect({ status, value }) {
      expect(status).toBe('ok')
      const { started, refused } = value as { started: number; refused: number }
      expect(started).toBeLessThan(64)
      expect(started + refused).toBe(200)
    },
    withinMs: 10_000,
  },
  {
    id: 'P2',
    title: 'a detached child process ends with the execution',
    code: `
      import { spawn } from 'node:child_process'
      const child = spawn('sh', ['-c', 'sleep 1; echo alive >> /box/output/late; sleep 100'], { detached: true, stdio: 'ignore' })
      child.unref()
      result(child.pid > 1)
    `,
    expect(result) {
      expect(result).toMatchObject({ status: 'ok', value: true, artifacts: [] })
    },
    withinMs: 5_000,
  },
  {
    id: 'P3',
    title: 'a child that keeps stdout open does not keep the host waiting',
    code: `
      import { spawn } from 'node:child_process'
      spawn('sleep', ['100'], { stdio: 'inherit' }).unref()
      console.log('done')
      result(1)
    `,
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: 1 }),
    withinMs: 5_000,
  },
  {
    id: 'P4',
    title: 'stopping itself ends at the time limit',
    code: "import { execSync } from 'node:child_process'\ntry { execSync('kill -STOP 1; sleep 0.2; kill -STOP $$') } catch {}\nfor (;;);\n",
    execution: { limits: { wallMs: 700 } },
    expect: (result) => expect(result.status).toBe('timeout'),
    withinMs: 5_000,
  },
  {
    id: 'P5',
    title: 'ignored signals and caught exits do not keep it alive',
    code: "for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGXCPU', 'SIGALRM']) process.on(name, () => {})\nprocess.on('exit', () => { for (;;); })\nsetInterval(() => {}, 1)\n",
    execution: { limits: { wallMs: 500 } },
    expect: (result) => expect(result.status).toBe('timeout'),
    withinMs: 5_000,
  },
  {
    id: 'P6',
    title: 'kill(-1) and kill of its parent reach nobody outside',
    code: `
      const codes = [-1, 0, 2, 3, process.ppid].map((pid) => { try { process.kill(pid, pid === 0 ? 0 : 'SIGKILL'); return 'sent' } catch (error) { return error.code } })
      result(codes)
    `,
    // The first process of a namespace is out of reach of its own signals, and sees no other.
    expect: ({ status, value }) => {
      expect(status).toBe('ok')
      expect((value as string[])[0]).toBe('ESRCH')
    },
    withinMs: 5_000,
  },
  {
    id: 'P11',
    title: 'another program is still inside: no file of the host, no network, the same limits',
    code: `
      import { spawnSync } from 'node:child_process'
      const run = (...args) => { const { status, stdout, stderr } = spawnSync(args[0], args.slice(1), { encoding: 'utf8' }); return [status, stdout + stderr] }
      result([run('cat', '/etc/shadow'), run('ls', '/root'), run('sh', '-c', 'ulimit -c'), run('id', '-u'), run(process.execPath, '-p', 'process.pid > 1')])
    `,
    expect({ status, value }) {
      expect(status).toBe('ok')
      const [shadow, root, core, id, node] = value as [number, string][]
      expect(shadow?.[1]).toMatch(/No such file/)
      expect(root?.[1]).toMatch(/No such file/)
      expect(core?.[1].trim()).toBe('0')
      expect(id?.[1].trim()).toBe('1000')
      expect(node?.[1].trim()).toBe('true')
    },
  },
  {
    id: 'P14',
    title: 'hundreds of worker threads meet the limit of processes',
    needs: 'cgroups',
    code: `
      import { Worker } from 'node:worker_threads'
      const outcome = await new Promise((resolve) => {
        for (let i = 0; i < 300; i++) {
          const worker = new Worker('setInterval(() => {}, 1000)', { eval: true, resourceLimits: { maxOldGenerationSizeMb: 4 } })
          worker.on('error', (error) => resolve(error.code))
        }
      })
      result(outcome)
    `,
    expect({ status, error }) {
      expect(['error', 'out-of-memory']).toContain(status)
      if (status === 'error') expect(error?.message).toMatch(/EAGAIN|ERR_WORKER/)
    },
    withinMs: 20_000,
  },
  {
    id: 'P15',
    title: 'an abort is told as the end that it was',
    code: 'process.abort()\n',
    expect(result) {
      expect(result.status).toBe('killed')
      expect(result.signal).toMatch(/^SIG/)
    },
    withinMs: 5_000,
  },
]

const CPU_AND_TIME: Attack[] = [
  {
    id: 'C1',
    title: 'an endless loop ends at the wall time',
    code: 'for (;;);\n',
    execution: { limits: { wallMs: 500 } },
    expect(result) {
      expect(result).toMatchObject({ status: 'timeout', error: { type: 'wallMs' }, signal: 'SIGKILL' })
      expect(result.usage.wallMs).toBeLessThan(4000)
    },
    withinMs: 5_000,
  },
  {
    id: 'C1',
    title: 'an endless loop ends at the CPU time',
    code: 'for (;;);\n',
    execution: { limits: { cpuMs: 300, wallMs: 20_000 } },
    expect(result) {
      expect(result.status).toBe('timeout')
      expect(result.usage.wallMs).toBeLessThan(5000)
    },
    withinMs: 8_000,
  },
  {
    id: 'C2',
    title: 'the CPU time of worker threads counts together',
    needs: 'cgroups',
    code: `
      import { Worker } from 'node:worker_threads'
      for (let i = 0; i < 3; i++) new Worker('for (;;);', { eval: true })
      setInterval(() => {}, 1000)
    `,
    execution: { limits: { cpuMs: 600, wallMs: 20_000 } },
    expect: (result) => expect(result.status).toBe('timeout'),
    withinMs: 10_000,
  },
  {
    id: 'C3',
    title: 'waiting for ever ends at the wall time',
    code: 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)\n',
    execution: { limits: { wallMs: 400 } },
    expect: (result) => expect(result.status).toBe('timeout'),
    withinMs: 5_000,
  },
  {
    id: 'C4',
    title: 'a catastrophic regular expression ends at the wall time',
    code: "result(/^(a+)+$/.test('a'.repeat(40) + 'b'))\n",
    execution: { limits: { wallMs: 500 } },
    expect: (result) => expect(result.status).toBe('timeout'),
    withinMs: 5_000,
  },
  {
    id: 'C4',
    title: 'endless microtasks end at the wall time',
    code: 'queueMicrotask(function again() { queueMicrotask(again) })\n',
    execution: { limits: { wallMs: 500 } },
    expect: (result) => expect(result.status).toBe('timeout'),
    withinMs: 5_000,
  },
  {
    id: 'C7',
    title: 'a slow end counts',
    code: "process.on('exit', () => { for (;;); })\nresult(1)\n",
    execution: { limits: { wallMs: 500 } },
    expect(result) {
      expect(result.status).toBe('timeout')
      expect(result.value).toBeUndefined()
    },
    withinMs: 5_000,
  },
]

const MEMORY: Attack[] = [
  {
    id: 'M1',
    title: 'a heap of objects ends as out of memory',
    needs: 'cgroups',
    code: 'const all = []\nfor (let i = 0; ; i++) all.push({ i, list: [i, i] })\n',
    execution: { limits: { memoryBytes: 192 * MIB } },
    expect(result) {
      expect(result).toMatchObject({ status: 'out-of-memory', error: { type: 'memoryBytes' } })
      expect(result.usage.peakMemoryBytes).toBeLessThanOrEqual(192 * MIB)
    },
    withinMs: 15_000,
  },
  {
    id: 'M1',
    title: 'buffers outside of the heap end as out of memory',
    code: 'const all = []\nfor (;;) all.push(Buffer.alloc(16 << 20, 1))\n',
    expect: (result) => expect(result.status).toBe('out-of-memory'),
    withinMs: 15_000,
  },
  {
    id: 'M2',
    title: 'the memory of child processes counts together',
    code: `
      import { spawn } from 'node:child_process'
      for (let i = 0; i < 6; i++) spawn(process.execPath, ['-e', 'const b = Buffer.alloc(60 << 20, 1); setInterval(() => b, 1000)'])
      setInterval(() => {}, 1000)
    `,
    execution: { limits: { memoryBytes: 256 * MIB, wallMs: 5_000 } },
    // The kernel ends one of the children; the program itself may go on until its time is over.
    expect: (result) => expect(result.status).toBe('out-of-memory'),
    withinMs: 15_000,
  },
  {
    id: 'M4',
    title: 'a terabyte of address space that is not touched harms nobody',
    code: 'try { new ArrayBuffer(2 ** 40); result("made") } catch (error) { result(error.name) }\n',
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: expect.stringMatching(/RangeError|made/) }),
  },
  {
    id: 'M1',
    title: 'a text of a gigabyte is an error of the language',
    code: "try { 'x'.repeat(2 ** 30) } catch (error) { result(error.name) }\n",
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: 'RangeError' }),
  },
]

const NETWORK: Attack[] = [
  ['N1', 'TCP', "new Promise((resolve, reject) => net.connect(443, '1.1.1.1').on('error', reject))"],
  [
    'N1',
    'TCP over IPv6',
    "new Promise((resolve, reject) => net.connect(443, '2606:4700:4700::1111').on('error', reject))",
  ],
  ['N4', 'a port of the host', "new Promise((resolve, reject) => net.connect(5432, '127.0.0.1').on('error', reject))"],
  [
    'N2',
    'UDP',
    "new Promise((resolve, reject) => dgram.createSocket('udp4').on('error', reject).send('x', 53, '8.8.8.8', (error) => error && reject(error)))",
  ],
  ['N5', 'the metadata service', "fetch('http://169.254.169.254/').catch((error) => { throw error.cause })"],
  ['N6', 'a unix socket', "new Promise((resolve, reject) => net.connect('/var/run/docker.sock').on('error', reject))"],
  ['N10', 'listening', "new Promise((resolve, reject) => net.createServer().on('error', reject).listen(0))"],
].map(([id = '', title, expression = '']) => ({
  id,
  title: `${title} fails at once`,
  language: 'javascript' as const,
  code: `import dgram from 'node:dgram'\nimport net from 'node:net'\n${errorCodeOf(expression)}`,
  expect({ status, value, usage }) {
    expect(status).toBe('ok')
    expect(value).toMatch(/^(?:EPERM|EACCES|ENETUNREACH|EAFNOSUPPORT|ENOENT)$/)
    expect(usage.wallMs).toBeLessThan(3000)
  },
}))

NETWORK.push({
  id: 'N2',
  title: 'a name is looked up nowhere',
  code: `import dns from 'node:dns/promises'\n${errorCodeOf("dns.lookup('example.com')")}`,
  expect({ status, value, usage }) {
    expect(status).toBe('ok')
    expect(value).toMatch(/^(?:EAI_AGAIN|ENOTFOUND|EAI_FAIL|EPERM)$/)
    expect(usage.wallMs).toBeLessThan(3000)
  },
})

const PROTOCOL: Attack[] = [
  {
    id: 'R1',
    title: 'a forged result on stdout and stderr is only output',
    code: `${FORGE}
      writeSync(1, frame('${FORGED}'))
      writeSync(2, frame('${FORGED}'))
      for (;;);
    `,
    execution: { limits: { wallMs: 500 } },
    expect(result) {
      expect(result.status).toBe('timeout')
      expect(result.value).toBeUndefined()
      expect(result.stdout.head).toContain('forged')
    },
    withinMs: 5_000,
  },
  {
    id: 'R1',
    title: 'a forged result on the control connection is a claimed value; a status in it is not read',
    code: `${FORGE}\nsend('${FORGED.replace('}', ',"status":"ok"}')}')\nfor (;;);\n`,
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: 'forged' }),
    withinMs: 5_000,
  },
  {
    id: 'R2',
    title: 'of two results the first counts',
    code: `${FORGE}\nsend('${FORGED}')\nresult(2)\n`,
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: 'forged' }),
  },
  ...[
    ['a length of four gigabytes', "send('x', 0xffffffff)"],
    ['text that is not JSON', "send('{')"],
    ['a frame that is no result', 'send(\'{"type":"ready"}\')'],
    [
      'a value too deep',
      `send('{"type":"result","ok":true,"hasValue":true,"outputs":0,"value":' + '['.repeat(9999) + ']'.repeat(9999) + '}')`,
    ],
  ].map(([title, act]) => ({
    id: 'R2',
    title: `${title} ends the execution with an error`,
    code: `${FORGE}\n${act}\nfor (;;);\n`,
    expect: (result: { status: string; error?: { type: string } }) => {
      expect(result).toMatchObject({ status: 'error', error: { type: 'InvalidResult' } })
    },
    withinMs: 5_000,
  })),
  {
    id: 'R4',
    title: 'a key that would change prototypes is not in the value',
    code: `${FORGE}\nsend('{"type":"result","ok":true,"hasValue":true,"outputs":0,"value":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"a":1}}')\nfor (;;);\n`,
    expect({ value }) {
      expect(Object.keys(value as object)).toEqual(['constructor', 'a'])
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    },
  },
  {
    id: 'R3',
    title: 'endless output ends at its limit',
    code: "const line = 'x'.repeat(65536)\nfor (;;) process.stdout.write(line)\n",
    execution: { limits: { outputBytes: MIB } },
    expect(result) {
      expect(result.status).toBe('output-limit')
      expect(result.stdout.head.length + result.stdout.tail.length).toBeLessThanOrEqual(result.limits.capturedBytes)
    },
    withinMs: 10_000,
  },
  ...[1, 97, 124, 137].map((code): Attack => ({
    id: 'R8',
    title: `exit code ${code} that is chosen is an error with that code, and no limit`,
    code: `result('kept?')\nprocess.removeAllListeners()\nprocess.exit(${code})\n`,
    expect(result) {
      expect(result).toMatchObject({ status: 'error', exitCode: code, signal: null })
      expect(result.value).toBeUndefined()
    },
    withinMs: 5_000,
  })),
  {
    id: 'R8',
    title: 'exit code 0 instead of the value that was asked for is no result',
    code: 'export default () => { process.removeAllListeners(); process.exit(0) }\n',
    execution: { call: { function: 'run', arguments: {} } },
    expect: (result) => expect(result).toMatchObject({ status: 'no-result', exitCode: 0 }),
  },
  {
    id: 'R9',
    title: 'closing every descriptor leaves no result',
    code: "import { closeSync } from 'node:fs'\nfor (const fd of [0, 1, 2, 3]) closeSync(fd)\nresult(1)\n",
    expect: (result) => expect(result.status).toBe('no-result'),
    withinMs: 5_000,
  },
  {
    id: 'R13',
    title: 'the harness has no secret to be found: its files and its memory know only this program',
    code: `
      import { readFileSync, readdirSync } from 'node:fs'
      const files = readdirSync('/opt/guest/javascript')
      result({ files: files.length, secret: files.some((name) => /expected|token|api.?key/i.test(readFileSync('/opt/guest/javascript/' + name, 'utf8'))) })
    `,
    expect: ({ status, value }) => {
      expect(status).toBe('ok')
      expect(value).toMatchObject({ secret: false })
    },
  },
  {
    id: 'R18',
    title: 'a thrown object is described without calling anything of it',
    code: 'throw { __proto__: null, get constructor() { for (;;); }, toString() { for (;;); } }\n',
    expect: (result) => expect(result).toMatchObject({ status: 'error', error: { type: 'Object' } }),
    withinMs: 5_000,
  },
  {
    id: 'R19',
    title: 'a traceback names no file of the host or the harness',
    code: "function f() { throw new Error('x') }\nf()\n",
    expect({ error }) {
      expect(error?.traceback).toContain('/box/main.mjs')
      expect(error?.traceback).not.toMatch(/work|home|root|opt|node:|guest/)
    },
  },
]

const SECRETS: Attack[] = [
  {
    id: 'X1',
    title: 'the environment is small and the same everywhere',
    code: "import { readFileSync } from 'node:fs'\nresult({ names: Object.keys(process.env), raw: readFileSync('/proc/self/environ', 'utf8') })\n",
    expect({ status, value }) {
      expect(status).toBe('ok')
      const { names, raw } = value as { names: string[]; raw: string }
      expect(names.length).toBeLessThan(30)
      for (const [name, secret] of Object.entries(process.env)) {
        if (secret !== undefined && secret.length > 12 && !/^(?:PATH|LANG|TZ|HOME|USER)$/.test(name))
          expect(raw).not.toContain(secret)
      }
    },
  },
  {
    id: 'X2',
    title: 'no path of the host in the command line, the maps, the mounts or the program',
    code: `
      import { readFileSync, readlinkSync } from 'node:fs'
      const read = (path) => { try { return readFileSync(path, 'utf8') } catch (error) { return error.code } }
      result([process.execPath, process.argv, process.execArgv, readlinkSync('/proc/self/exe'), readlinkSync('/proc/self/cwd'), ...['cmdline', 'maps', 'mountinfo'].map((name) => read('/proc/self/' + name)), process.report?.getReport().header.commandLine])
    `,
    expect({ status, value }) {
      expect(status).toBe('ok')
      const text = withoutPlaceOfRoot(JSON.stringify(value).replaceAll(String.raw`\n`, '\n'))
      expect(text).not.toContain(process.cwd())
      expect(text).not.toContain(process.execPath)
      expect(text).not.toContain(opened.folder)
    },
  },
  {
    id: 'F1',
    title: 'files of the host are not there at all',
    code: `
      import { readFileSync } from 'node:fs'
      const codes = ['/etc/shadow', '/root/.bashrc', '/home', '/proc/kcore', '/var/run/docker.sock', '/proc/1/root/etc/shadow', '${process.cwd()}/package.json'].map((path) => { try { return readFileSync(path, 'utf8').length } catch (error) { return error.code } })
      result(codes)
    `,
    expect: (result) =>
      expect(result).toMatchObject({ status: 'ok', value: Array.from({ length: 7 }, () => 'ENOENT') }),
  },
  {
    id: 'F2',
    title: 'nothing of the system or the harness can be written',
    code: `
      import { writeFileSync } from 'node:fs'
      const codes = ['/x', '/usr/x', '/etc/passwd', '/opt/guest/javascript/guest.mjs', '/lib/x', '/box/input/x'].map((path) => { try { writeFileSync(path, 'x'); return 'written' } catch (error) { return error.code } })
      result(codes)
    `,
    expect: ({ value }) =>
      expect(value).toEqual(Array.from({ length: 6 }, () => expect.stringMatching(/EROFS|EACCES/))),
  },
  {
    id: 'K1',
    title: 'bindings of Node and addons give nothing more',
    code: `
      import { writeFileSync } from 'node:fs'
      const outcomes = []
      for (const attempt of [() => process.binding('spawn_sync'), () => { writeFileSync('/tmp/a.node', 'x'); process.dlopen({ exports: {} }, '/tmp/a.node') }, () => process.setuid(0), () => process.chdir('/root')]) {
        try { attempt(); outcomes.push('done') } catch (error) { outcomes.push(error.code ?? error.message) }
      }
      result([outcomes, process.getuid()])
    `,
    expect({ status, value }) {
      expect(status).toBe('ok')
      const [outcomes, user] = value as [string[], number]
      expect(outcomes.slice(2)).toEqual([expect.stringMatching(/EPERM|EINVAL/), 'ENOENT'])
      expect(user).toBe(1000)
    },
  },
]

testAttacks(
  () => opened,
  [...PROCESSES, ...CPU_AND_TIME, ...MEMORY, ...NETWORK, ...PROTOCOL, ...SECRETS].map((attack) => ({
    ...attack,
    language: 'javascript',
  })),
)
