import { StringDecoder } from 'node:string_decoder'
import { constants } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { HandaxeError } from '../../contracts/errors.ts'
import type { Limits } from '../../contracts/limits.ts'
import type { Execution } from '../../contracts/sandbox.ts'
import { CapturedOutput } from '../captured-output.ts'
import type { Collected } from '../collect-artifacts.ts'
import { decideStatus, type Facts, type StopReason, type Verdict } from '../decide-status.ts'
import { encodeFrame, encodeJsonFrame } from '../frames.ts'
import { HostCalls } from '../host/host-calls.ts'
import { isCall, parseCall } from '../host/parse-call.ts'
import { claimedValue, parseClaim, type Claim, type ClaimedValue } from '../parse-claim.ts'
import { requestFrame } from '../request-frame.ts'
import { ArtifactReceiver } from './receive-artifacts.ts'
import type { RelayEvent } from './relay-messages.ts'
import type { RelayListener } from './relay-stream.ts'
import type { GuestEnd, RelayedGuest } from './relayed-guest.ts'
import { watchCpuTime } from './watch-cpu-time.ts'

/** A result frame holds the value and, in a failure, a message and a traceback that the guest has already cut. */
const FRAME_OVERHEAD_BYTES = 256 * 1024
/** More than the kernel holds for one channel: what was written before the end is counted to the last byte. */
const CHANNEL_BYTES = 1024 * 1024
/** setTimeout takes 31 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export interface RelayOutcome {
  verdict: Verdict
  claimed: ClaimedValue
  stdout: CapturedOutput
  stderr: CapturedOutput
  collected: Collected
  wallMs: number
  cpuMs: number
  peakMemoryBytes: number
}

export interface RelayRun {
  guest: RelayedGuest
  execution: Execution
  limits: Limits
  /** Folder for the artifacts. */
  target: string
  /** The sandbox is being closed. */
  closing: AbortSignal
}

/**
 * Hands the execution over, waits until it is over or has to be, asks the relay for the files, and then how the guest
 * ended: that, the host's own clock and its own counts decide the status.
 * Rejects with what `onOutput` throws, and with `sandbox_broken` where nobody can tell how it ended.
 */
export async function runThroughRelay(run: RelayRun): Promise<RelayOutcome> {
  const conversation = new Conversation(run)
  const { guest, limits, execution } = run
  const startedAt = performance.now()
  await conversation.hold()
  const heldMs = performance.now() - startedAt
  const seen = await guest.usage()
  const end = await conversation.finish()
  const usage = seen ?? end.usage ?? null
  const wallMs = Math.min(heldMs, end.usage?.wallMs ?? heldMs)
  const cpuMs = Math.max(0, (usage?.cpuMs ?? conversation.cpuMs) - guest.cpuMsBefore)
  const { claim, claimError, stopReason, farewell } = conversation
  const facts: Facts = { stopReason, outOfMemoryKills: end.outOfMemory ? 1 : 0, cpuMs, end: endOf(end, farewell) }
  const verdict = decideStatus(facts, claim, execution.call !== undefined, limits)
  if (stopReason === 'protocol' && claimError !== null && verdict.error !== undefined) {
    verdict.error.message = `the result could not be read: ${claimError.message.slice(0, 200)}`
  }
  return {
    verdict,
    claimed: verdict.status === 'ok' ? claimedValue(claim) : {},
    stdout: conversation.outputs.stdout,
    stderr: conversation.outputs.stderr,
    collected: conversation.files.end(),
    wallMs,
    cpuMs,
    peakMemoryBytes: Math.max(usage?.memoryBytes ?? 0, farewell?.peakMemoryBytes ?? 0),
  }
}

type Farewell = Extract<RelayEvent, { event: 'bye' }>

/**
 * Exit code 128 + n and signal n are told alike. The relay knows the difference; its word counts only for that,
 * and only where it fits: neither is ever `ok`.
 */
function endOf({ exitCode }: GuestEnd, farewell: Farewell | null): Facts['end'] {
  const number = exitCode - 128
  const signal = Object.entries(constants.signals).find(([, value]) => value === number)?.[0]
  const saysExit = farewell?.signal === null && farewell.exitCode === exitCode
  return signal === undefined || saysExit ? { exitCode, signal: null } : { exitCode: null, signal }
}

/** What is said between the host and one guest, from the hand-over to the end. */
class Conversation {
  readonly outputs: { stdout: CapturedOutput; stderr: CapturedOutput }
  readonly files: ArtifactReceiver
  claim: Claim | null = null
  claimError: Error | null = null
  stopReason: StopReason | null = null
  farewell: Farewell | null = null
  /** As last seen by the watch over the CPU time. */
  cpuMs = 0

  readonly #run: RelayRun
  readonly #hostCalls: HostCalls
  readonly #decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') }
  readonly #ended = new Set<string>()
  #isOver = false
  #isFinishing = false
  #listenerError: Error | null = null
  #over: () => void = () => {}
  #closed: () => void = () => {}
  #endTimer: NodeJS.Timeout | undefined
  #heardAt = 0

  constructor(run: RelayRun) {
    this.#run = run
    const { capturedBytes } = run.limits
    this.outputs = { stdout: new CapturedOutput(capturedBytes), stderr: new CapturedOutput(capturedBytes) }
    this.files = new ArtifactReceiver(run.target, run.limits)
    const send = (json: string) => run.guest.send(encodeJsonFrame(json))
    this.#hostCalls = new HostCalls(run.execution.host ?? [], run.limits, send)
  }

  /** Settles when the execution has ended by itself or has to be ended. */
  async hold(): Promise<void> {
    const { guest, execution, limits, closing } = this.#run
    const over = new Promise<void>((resolve) => (this.#over = resolve))
    const onAbort = () => this.#stop('aborted')
    const onClosing = () => this.#stop('closed')
    execution.signal?.addEventListener('abort', onAbort, { once: true })
    closing.addEventListener('abort', onClosing, { once: true })
    const timer = setTimeout(
      () => this.#stop('wall-time'),
      Math.min(limits.wallMs + guest.pace.graceMs, LONGEST_TIMER_MS),
    )
    const stopWatching = watchCpuTime(guest, limits.cpuMs, (cpuMs) => {
      this.cpuMs = Math.max(this.cpuMs, cpuMs)
      if (cpuMs - guest.cpuMsBefore >= limits.cpuMs) this.#stop('cpu-time')
    })
    const frameLimit = Math.max(limits.valueBytes, limits.hostInputBytes) + FRAME_OVERHEAD_BYTES
    guest.use(this.#listener(), encodeFrame(requestFrame(execution, limits)), frameLimit)
    await over
    this.#isOver = true
    guest.endNetwork?.()
    this.#hostCalls.end()
    clearTimeout(timer)
    clearTimeout(this.#endTimer)
    stopWatching()
    execution.signal?.removeEventListener('abort', onAbort)
    closing.removeEventListener('abort', onClosing)
  }

  /** Ends what is left, takes the files, and asks how it ended. */
  async finish(): Promise<GuestEnd> {
    const { guest, limits } = this.#run
    this.#isFinishing = true
    const closed = new Promise<void>((resolve) => (this.#closed = resolve))
    if (guest.isClosed) this.#closed()
    else {
      const { artifactBytes, artifactCount } = limits
      const collect = this.stopReason !== 'closed' && this.#listenerError === null && this.claim?.outputs !== 0
      const drainBytes = Math.max(limits.capturedBytes, CHANNEL_BYTES)
      guest.stop({ do: 'stop', collect, artifactBytes, artifactCount, drainBytes })
      await this.#orSilence(closed)
    }
    if (this.#listenerError !== null) throw this.#listenerError
    try {
      return await guest.end()
    } catch (error) {
      if (HandaxeError.isInstance(error)) throw error
      throw new HandaxeError('sandbox_broken', 'Nobody can tell how the execution ended', {
        hint: 'Execute it again; run `handaxe doctor` if it stays like this',
        cause: error,
      })
    }
  }

  /** A program may have ended or stopped the relay: then it is ended with the relay, and its files are lost. */
  async #orSilence(closed: Promise<void>): Promise<void> {
    const { guest, limits } = this.#run
    const { stopMs, slowestBytesPerMs } = guest.pace
    this.#heardAt = performance.now()
    const deadline = this.#heardAt + 2 * stopMs + limits.artifactBytes / slowestBytesPerMs
    const isClosed = closed.then(() => true)
    for (;;) {
      const left = Math.min(deadline, this.#heardAt + stopMs) - performance.now()
      if (left <= 0) break
      const timer = new AbortController()
      const waited = delay(left, false, { signal: timer.signal }).catch(() => false)
      const done = await Promise.race([isClosed, waited])
      timer.abort()
      if (done) return
    }
    await guest.kill()
  }

  #listener(): RelayListener {
    return {
      onBody: (body: Buffer) => this.#onBody(body),
      onGarbage: (error: Error) => {
        this.claimError ??= error
        this.#stop('protocol')
      },
      onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => this.#onOutput(stream, chunk),
      onEvent: (event: RelayEvent) => this.#onEvent(event),
      onContent: (chunk: Buffer) => {
        this.#heardAt = performance.now()
        if (this.#isFinishing) this.files.onContent(chunk)
      },
      onStop: (reason) => this.#stop(reason),
      onClose: () => {
        this.#over()
        this.#closed()
      },
    }
  }

  #stop(reason: StopReason): void {
    if (this.#isOver || this.claim !== null || this.stopReason !== null) return
    this.stopReason = reason
    this.#over()
  }

  #onBody(body: Buffer): void {
    if (this.#isOver || this.claim !== null || this.stopReason !== null) return
    try {
      if (this.#hostCalls.areOffered && isCall(body)) return this.#hostCalls.answer(parseCall(body), body.length)
      this.claim = parseClaim(body)
    } catch (error) {
      this.claimError = error as Error
      return this.#stop('protocol')
    }
    this.#awaitOutputEnd()
  }

  #onEvent(event: RelayEvent): void {
    this.#heardAt = performance.now()
    if (event.event === 'end') {
      this.#ended.add(event.channel)
      if (this.#endTimer !== undefined) this.#awaitOutputEnd()
    } else if (event.event === 'dead') this.#awaitOutputEnd()
    else if (event.event === 'bye') this.farewell = event
    else if (this.#isFinishing) this.files.onEntry(event)
  }

  /** A process that the program has left behind may hold the output open: it is not waited for. */
  #awaitOutputEnd(): void {
    this.#endTimer ??= setTimeout(() => this.#over(), this.#run.guest.pace.outputEndMs)
    if (this.#ended.has('stdout') && this.#ended.has('stderr')) this.#over()
  }

  #onOutput(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this.#heardAt = performance.now()
    if (this.stopReason === 'output') return
    const captured = this.outputs[stream]
    const room = Math.max(0, this.#run.limits.outputBytes - captured.totalBytes)
    captured.add(chunk)
    if (room > 0) this.#tell(stream, this.#decoders[stream].write(chunk.subarray(0, room)))
    if (chunk.length > room) this.#stop('output')
  }

  /** A listener that throws ends the execution; its caller gets the error. */
  #tell(stream: 'stdout' | 'stderr', text: string): void {
    if (text === '' || this.#listenerError !== null) return
    try {
      this.#run.execution.onOutput?.(stream, text)
    } catch (error) {
      this.#listenerError = error as Error
      this.#over()
    }
  }
}
