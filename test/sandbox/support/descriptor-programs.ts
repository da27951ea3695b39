import * as fc from 'fast-check'
import { expect } from 'vitest'
import type { Execution, Sandbox } from '../../../src/contracts/sandbox.ts'

/** One thing that a program does with one of its descriptors: its name, and its number 0 to 3. */
interface Deed {
  act: string
  descriptor: number
  waitMs: number
  /** In a child process or thread that lives on beside the others. */
  beside: boolean
}

/** Python, after `descriptor = n`. Each of them may fail: the next comes all the same. */
const PYTHON_ACTS: Record<string, string> = {
  garbage: 'os.write(descriptor, os.urandom(8))',
  'large length': "os.write(descriptor, b'\\xff' * 8)",
  'many bytes': "os.write(descriptor, b'\\xff' * 100_000)",
  'half a frame': "os.write(descriptor, b'\\x00\\x00\\x00\\x20{')",
  'a false result': `
body = b'{"type":"result","ok":true,"hasValue":true,"value":"false","outputs":3}'
os.write(descriptor, struct.pack('>I', len(body)) + body)`,
  flood: 'while True: os.write(descriptor, bytes(65536))',
  close: 'os.close(descriptor)',
  'half-close for reading': 'socket.socket(fileno=os.dup(descriptor)).shutdown(socket.SHUT_RD)',
  'half-close for writing': 'socket.socket(fileno=os.dup(descriptor)).shutdown(socket.SHUT_WR)',
  shutdown: 'socket.socket(fileno=os.dup(descriptor)).shutdown(socket.SHUT_RDWR)',
  'not blocking': 'os.set_blocking(descriptor, False)',
  'a pipe in its place': 'os.dup2(os.pipe()[1], descriptor)',
  'another in its place': 'os.dup2((descriptor + 1) % 4, descriptor)',
  'descriptors in flight': "socket.send_fds(socket.socket(fileno=os.dup(descriptor)), [b'x'], [1, 2, 3])",
  'read on': 'os.read(descriptor, 1 << 16)',
  'held by a process of its own session': `
if os.fork() == 0:
    os.setsid()
    while True: time.sleep(1)`,
}

const JAVASCRIPT_ACTS: Record<string, string> = {
  'large length': 'fs.writeSync(descriptor, Buffer.alloc(8, 0xff))',
  'many bytes': 'fs.writeSync(descriptor, Buffer.alloc(100_000, 0xff))',
  'half a frame': "fs.writeSync(descriptor, Buffer.from('\\0\\0\\0 {'))",
  'a false result': `
const body = Buffer.from('{"type":"result","ok":true,"hasValue":true,"value":"false","outputs":3}')
const head = Buffer.alloc(4); head.writeUInt32BE(body.length); fs.writeSync(descriptor, Buffer.concat([head, body]))`,
  flood: 'for (;;) fs.writeSync(descriptor, Buffer.alloc(65536))',
  close: 'fs.closeSync(descriptor)',
  'half-close for writing': 'new net.Socket({ fd: descriptor }).end()',
  destroy: 'new net.Socket({ fd: descriptor }).destroy()',
  'read on': "new net.Socket({ fd: descriptor }).on('error', () => {}).on('data', () => {})",
}

const ENDINGS = {
  python: [
    'result(1)',
    '',
    'os._exit(0)',
    'while True: time.sleep(1)',
    "raise ValueError('no')",
    'os.kill(os.getpid(), 9)',
  ],
  javascript: [
    'result(1)',
    '',
    'process.reallyExit(0)',
    'await sleep(60_000)',
    "throw new Error('no')",
    'process.abort()',
  ],
} as const

function toPython({ act, descriptor, waitMs, beside }: Deed): string {
  const body = `
try:
    descriptor = ${descriptor}
    time.sleep(${waitMs / 1000})
${indent(PYTHON_ACTS[act] ?? 'pass', 4)}
except OSError:
    pass`
  return beside ? `if os.fork() == 0:\n${indent(body, 4)}\n    os._exit(0)` : body
}

function toJavascript({ act, descriptor, waitMs, beside }: Deed): string {
  const body = `try { const descriptor = ${descriptor}; await sleep(${waitMs}); ${JAVASCRIPT_ACTS[act] ?? ''} } catch {}`
  const imports =
    "const fs = require('node:fs'), net = require('node:net'); const sleep = (ms) => new Promise((r) => setTimeout(r, ms))"
  return beside ? `new Worker(${JSON.stringify(`${imports};(async () => { ${body} })()`)}, { eval: true })` : body
}

function indent(text: string, spaces: number): string {
  return text
    .trim()
    .split('\n')
    .map((line) => ' '.repeat(spaces) + line)
    .join('\n')
}

const HEADS = {
  python: 'import os, socket, struct, time\n',
  javascript: `import fs from 'node:fs'\nimport net from 'node:net'\nimport { Worker } from 'node:worker_threads'
import { setTimeout as sleep } from 'node:timers/promises'\n`,
}

/** Programs that do with each of their descriptors what they like, at moments that they choose. */
export function descriptorPrograms(language: 'python' | 'javascript'): fc.Arbitrary<string> {
  const acts = Object.keys(language === 'python' ? PYTHON_ACTS : JAVASCRIPT_ACTS)
  const render = language === 'python' ? toPython : toJavascript
  const deed = fc.record({
    act: fc.constantFrom(...acts),
    // The control channel more often than the others.
    descriptor: fc.constantFrom(0, 1, 2, 3, 3, 3),
    waitMs: fc.constantFrom(0, 0, 0, 1, 5, 20),
    beside: fc.boolean(),
  })
  return fc
    .tuple(fc.array(deed, { minLength: 1, maxLength: 5 }), fc.constantFrom<string>(...ENDINGS[language]))
    .map(([deeds, ending]) => `${HEADS[language]}${deeds.map(render).join('\n')}\n${ending}\n`)
}

export interface DescriptorFuzz {
  language: 'python' | 'javascript'
  seed: number
  programs: number
  atATime: number
  /** From the hand-over to the result. */
  withinMs: number
  execution?: Partial<Execution>
}

/** Runs so many programs and expects an end of each in time, a status that is none of a broken sandbox, and a next execution. */
export async function fuzzDescriptors(sandbox: Sandbox, fuzz: DescriptorFuzz): Promise<void> {
  const { language, seed, programs, atATime, withinMs } = fuzz
  const codes = fc.sample(descriptorPrograms(language), { numRuns: programs, seed })
  const run = async (code: string) => {
    const result = await inTime(
      sandbox.execute({ language, code, limits: { wallMs: 600, outputBytes: 1_000_000 }, ...fuzz.execution }),
      withinMs,
      code,
    )
    expect(['ok', 'error', 'timeout', 'killed', 'output-limit', 'no-result'], code).toContain(result.status)
  }
  const left = codes.values()
  await Promise.all(
    Array.from({ length: atATime }, async () => {
      for (const code of left) await run(code)
    }),
  )
  const next = await sandbox.execute({ language, code: 'result(42)' })
  expect(next).toMatchObject({ status: 'ok', value: 42 })
}

async function inTime<Value>(work: Promise<Value>, withinMs: number, code: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end within ${withinMs} ms of\n${code}`)), withinMs)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
