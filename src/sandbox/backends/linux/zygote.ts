import { spawn, type ChildProcess } from 'node:child_process'
import { Readable, type Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { HandaxeError } from '../../../contracts/errors.ts'
import type { Limits } from '../../../contracts/limits.ts'
import type { GuestNetwork } from '../../egress/execution-proxy.ts'
import { INFO_DESCRIPTOR } from './bubblewrap.ts'
import type { Launcher } from './cgroup-tier.ts'
import { explainRefusal } from './explain-refusal.ts'

const START_TIMEOUT_MS = 60_000
const PING_EVERY_MS = 2_000
/** Pings without an answer before a zygote counts as stuck: 16 s, so that a busy machine does not look like one. */
const UNANSWERED_PINGS = 8
const LINE_LIMIT = 64 * 1024
const STDERR_LIMIT = 8 * 1024

const number = z.number().finite()
const report = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('up'),
    threads: number,
    packages: z.record(z.string(), z.string()),
    shown: z.array(z.string()),
  }),
  z.object({ event: z.literal('forked'), slot: number, pid: number }),
  z.object({
    event: z.literal('dead'),
    slot: number,
    exitCode: number.nullable(),
    signal: number.nullable(),
    cpuMs: number,
    peakMemoryBytes: number,
  }),
  z.object({ event: z.literal('inputs'), slot: number, hidden: z.boolean() }),
  z.object({ event: z.literal('released'), slot: number }),
  z.object({ event: z.literal('failed'), do: z.string(), slot: number.nullable().optional(), message: z.string() }),
  z.object({ event: z.literal('pong') }),
])

export type ZygoteReport = z.infer<typeof report>
export type GuestKind = 'python' | 'javascript'

export type ZygoteCommand =
  | {
      do: 'slot'
      slot: number
      /** Who it is in the zygote's namespace. */
      user: number
      token: string
      guest: GuestKind
      limits: Limits
      warm: boolean
      nodeFlags: string[]
      network: GuestNetwork | null
    }
  | { do: 'kill' | 'inputs' | 'release'; slot: number }
  | { do: 'ping' }

export interface ZygoteConfiguration {
  trees: string[]
  paths: string[]
  /** Where the packages of an environment are, in Python. */
  environmentPath?: string | null
  modules: string[]
  cgroups: string[]
  memoryByCgroup: boolean
}

/** The warm parent of the executions, as the host sees it: a child process that obeys lines and reports in lines. */
export class Zygote {
  /** Settles when the process is gone, with what it said last. */
  readonly gone: Promise<string>
  readonly up: Promise<Extract<ZygoteReport, { event: 'up' }>>
  /** Process id on the host. */
  processId = 0
  onReport: (report: ZygoteReport) => void = () => {}

  readonly #child: ChildProcess
  readonly #commands: Writable
  readonly #bubblewrapPath: string
  #unanswered = 0
  #pending = ''
  #stderr = ''
  #resolveUp: (up: Extract<ZygoteReport, { event: 'up' }>) => void = () => {}
  readonly #watchdog: NodeJS.Timeout

  constructor({ command, args, environment }: Launcher, configuration: ZygoteConfiguration, bubblewrapPath = '') {
    this.#bubblewrapPath = bubblewrapPath
    // cwd /: the working folder of the host must not stay open inside. Nothing of the host's environment goes in.
    this.#child = spawn(command, args, { cwd: '/', env: environment, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] })
    const { stdin: commands, stdout: reports, stderr: errors } = this.#child
    const info = this.#child.stdio[INFO_DESCRIPTOR]
    if (commands === null || reports === null || errors === null || !(info instanceof Readable)) {
      throw new TypeError('A child process without its pipes')
    }
    this.#commands = commands
    // A write to a process that is gone: `gone` reports that.
    commands.on('error', () => {})
    reports.setEncoding('utf8').on('data', (text: string) => this.#read(text))
    errors.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_LIMIT)
    })
    const infoText = readAll(info)
    this.gone = new Promise((resolve) => {
      this.#child.on('error', (error) => resolve(error.message))
      this.#child.on('close', (code, signal) => resolve(this.#stderr.trim() || `ended by ${signal ?? `code ${code}`}`))
    })
    this.up = this.#start(infoText)
    // Whoever opens the sandbox awaits `up`; a zygote that dies later is reported by `gone`.
    this.up.catch(() => {})
    this.send(configuration)
    this.#watchdog = setInterval(() => this.#watch(), PING_EVERY_MS).unref()
    void this.gone.then(() => clearInterval(this.#watchdog))
  }

  send(command: ZygoteCommand | ZygoteConfiguration): void {
    this.#commands.write(`${JSON.stringify(command)}\n`)
  }

  /** Ends the process and, through the kernel, every process below it. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async #start(infoText: Promise<string>): Promise<Extract<ZygoteReport, { event: 'up' }>> {
    const up = new Promise<Extract<ZygoteReport, { event: 'up' }>>((resolve) => {
      this.#resolveUp = resolve
    })
    const timer = new AbortController()
    try {
      const failed = this.gone.then((reason) => Promise.reject(unavailable(reason, this.#bubblewrapPath)))
      const late = delay(START_TIMEOUT_MS, undefined, { signal: timer.signal, ref: false }).then(() =>
        Promise.reject(new HandaxeError('sandbox_unavailable', 'The sandbox did not start within a minute')),
      )
      failed.catch(() => {})
      late.catch(() => {})
      const first = await Promise.race([up, failed, late])
      if (first.threads !== 1) {
        throw new HandaxeError('sandbox_unavailable', `A package started ${first.threads - 1} threads when imported`, {
          hint: 'Use the packages of `handaxe setup`',
        })
      }
      this.processId = z.object({ 'child-pid': number }).parse(JSON.parse(await infoText))['child-pid']
      return first
    } catch (error) {
      this.kill()
      throw error
    } finally {
      timer.abort()
    }
  }

  #read(text: string): void {
    this.#unanswered = 0
    this.#pending += text
    const lines = this.#pending.split('\n')
    this.#pending = lines.pop() ?? ''
    if (this.#pending.length > LINE_LIMIT) this.#distrust()
    for (const line of lines) {
      const message = parseReport(line)
      if (message === null) return this.#distrust()
      if (message.event === 'up') this.#resolveUp(message)
      else this.onReport(message)
    }
  }

  /** It speaks for the kernel: one that sends what it should not send is not believed any more. */
  #distrust(): void {
    this.#pending = ''
    this.#stderr += '\nsent a report that cannot be read'
    this.kill()
  }

  #watch(): void {
    if (++this.#unanswered > UNANSWERED_PINGS) {
      this.#stderr += '\ndid not answer any more'
      return this.kill()
    }
    this.send({ do: 'ping' })
  }
}

function parseReport(line: string): ZygoteReport | null {
  try {
    return report.parse(JSON.parse(line))
  } catch {
    // Not JSON, or not a report: the caller ends the process.
    return null
  }
}

function readAll(stream: Readable): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    stream.setEncoding('utf8').on('data', (piece: string) => (text = (text + piece).slice(0, LINE_LIMIT)))
    stream.on('close', () => resolve(text))
  })
}

/** Why bubblewrap or what it starts did not come up, and what to do about it. A stack of ours is no sentence: it goes into the details. */
export function unavailable(reason: string, bubblewrapPath = '', root = '/'): HandaxeError {
  const isForbidden = /user namespace|uid map|new namespace|Operation not permitted|Permission denied/i
  const said = reason.includes('Traceback (most recent call last)')
    ? (reason.trimEnd().split('\n').at(-1) ?? reason)
    : reason
  const found = explainRefusal(bubblewrapPath, root)
  // In a chroot the first mount fails with another word than elsewhere.
  const refusal = isForbidden.test(said) || found.cause === 'chroot' ? found : null
  const message = refusal === null ? said : `${refusal.problem} (${said})`
  return new HandaxeError('sandbox_unavailable', `The sandbox did not start: ${message}`, {
    hint: refusal?.remedy ?? 'Run `handaxe doctor`',
    details: { reason },
  })
}
