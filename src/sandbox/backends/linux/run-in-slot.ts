import { StringDecoder } from 'node:string_decoder'
import type { JsonValue } from '../../../contracts/json.ts'
import type { Limits } from '../../../contracts/limits.ts'
import type { CapturedText, Execution } from '../../../contracts/sandbox.ts'
import { CapturedOutput } from '../../captured-output.ts'
import { decideStatus, type StopReason, type Verdict } from '../../decide-status.ts'
import { encodeFrame, encodeJsonFrame } from '../../frames.ts'
import { HostCalls } from '../../host/host-calls.ts'
import { isCall, parseCall } from '../../host/parse-call.ts'
import { parseClaim, type Claim } from '../../parse-claim.ts'
import { requestFrame } from '../../request-frame.ts'
import { watchCpuTime, watchMemory } from './watch-usage.ts'
import type { Slot, SlotDeath, SlotListener } from './slot.ts'

/** A result frame holds the value and, in a failure, a message and a traceback that the guest has already cut. */
const FRAME_OVERHEAD_BYTES = 256 * 1024
/** How long the guest may take from its result to the end of its output: then it is ended, which ends them too. */
const OUTPUT_END_MS = 50

export interface SlotOutcome {
  verdict: Verdict
  value: JsonValue | undefined
  stdout: CapturedText
  stderr: CapturedText
  wallMs: number
  cpuMs: number
  peakMemoryBytes: number
  /** Entries in the output folder: what the guest says, or unknown. Zero means that nothing is collected. */
  outputs: number | null
  /** Broken from outside: the outcome says nothing about the code. */
  lost: boolean
}

export interface SlotRun {
  slot: Slot
  execution: Execution
  limits: Limits
  kill(): void
  /** The sandbox is being closed. */
  closing: AbortSignal
}

/**
 * Hands the execution over and settles when its outcome is certain: with the result frame, where all its output has come
 * and it left no files; otherwise with the end of its processes. Rejects only with what `onOutput` throws.
 */
export function runInSlot(run: SlotRun): Promise<SlotOutcome> {
  return new Promise((resolve, reject) => new Conversation(run, resolve, reject).begin())
}

/** What is said between the host and one slot, from the hand-over to the outcome. */
class Conversation implements SlotListener {
  readonly #run: SlotRun
  readonly #resolve: (outcome: SlotOutcome) => void
  readonly #reject: (error: Error) => void
  readonly #hostCalls: HostCalls
  readonly #decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') }
  readonly #outputs: { stdout: CapturedOutput; stderr: CapturedOutput }
  readonly #startedAt = performance.now()
  #claim: Claim | null = null
  #claimError: Error | null = null
  #stopReason: StopReason | null = null
  #isOver = false
  #endTimer: NodeJS.Timeout | undefined
  #unwatch: () => void = () => {}

  constructor(run: SlotRun, resolve: (outcome: SlotOutcome) => void, reject: (error: Error) => void) {
    const { execution, limits, slot } = run
    this.#run = run
    this.#resolve = resolve
    this.#reject = reject
    this.#outputs = {
      stdout: new CapturedOutput(limits.capturedBytes),
      stderr: new CapturedOutput(limits.capturedBytes),
    }
    this.#hostCalls = new HostCalls(execution.host ?? [], limits, (json) => slot.send(encodeJsonFrame(json)))
  }

  begin(): void {
    const { slot, execution, limits } = this.#run
    const frameLimit = Math.max(limits.valueBytes, limits.hostInputBytes) + FRAME_OVERHEAD_BYTES
    slot.use(this, encodeFrame(requestFrame(execution, limits)), frameLimit)
    // Only now: the guest is at work already, and nothing can be heard of it before this function has returned.
    this.#watch()
  }

  onBody(body: Buffer): void {
    const { slot, limits, kill } = this.#run
    if (this.#claim !== null || this.#stopReason !== null) return
    // A busy host may come to its timer late: what comes after the deadline is late all the same.
    if (performance.now() - this.#startedAt >= limits.wallMs) return this.#stop('wall-time')
    try {
      if (this.#hostCalls.areOffered && isCall(body)) return this.#hostCalls.answer(parseCall(body), body.length)
      this.#claim = parseClaim(body)
    } catch (error) {
      return this.onGarbage(error as Error)
    }
    // Node cannot shut its output down by itself; files are collected when nothing is left that could change them.
    if (this.#claim.outputs > 0 || slot.guest === 'javascript') kill()
    else {
      slot.drainOutput()
      if (this.#isOver) return
      this.#endTimer = setTimeout(kill, OUTPUT_END_MS)
    }
    this.#finishIfCertain()
  }

  onGarbage(error: Error): void {
    this.#claimError = error
    this.#stop('protocol')
  }

  onOutput(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    const captured = this.#outputs[stream]
    const room = Math.max(0, this.#run.limits.outputBytes - captured.totalBytes)
    captured.add(chunk)
    if (room > 0) this.#tell(stream, chunk.subarray(0, room))
    if (chunk.length > room) this.#stop('output')
  }

  onEnd(): void {
    this.#finishIfCertain()
  }

  onDeath(): void {
    this.#finishIfCertain()
  }

  /** Limits of time and memory, the caller's abort, the end of the sandbox. */
  #watch(): void {
    const { slot, execution, limits, closing } = this.#run
    const onAbort = () => this.#stop('aborted')
    const onClosing = () => this.#stop('closed')
    const wallTimer = setTimeout(() => this.#stop('wall-time'), limits.wallMs)
    const stopWatchingTime = watchCpuTime(slot, limits.cpuMs, () => this.#stop('cpu-time'))
    const stopWatchingMemory = watchMemory(slot, limits.memoryBytes, () => this.#stop('memory'))
    execution.signal?.addEventListener('abort', onAbort, { once: true })
    closing.addEventListener('abort', onClosing, { once: true })
    this.#unwatch = () => {
      clearTimeout(wallTimer)
      stopWatchingTime()
      stopWatchingMemory()
      execution.signal?.removeEventListener('abort', onAbort)
      closing.removeEventListener('abort', onClosing)
    }
  }

  #stop(reason: StopReason): void {
    if (this.#isOver || this.#claim !== null || this.#stopReason !== null) return
    this.#stopReason = reason
    if (reason === 'output') this.#run.slot.muteOutput()
    this.#run.kill()
  }

  /** A listener that throws ends the execution; its caller gets the error. */
  #tell(stream: 'stdout' | 'stderr', bytes: Buffer): void {
    const { execution } = this.#run
    if (execution.onOutput === undefined || this.#isOver) return
    const text = this.#decoders[stream].write(bytes)
    if (text === '') return
    try {
      execution.onOutput(stream, text)
    } catch (error) {
      this.#end()
      this.#reject(error as Error)
    }
  }

  #finishIfCertain(): void {
    const { slot } = this.#run
    const hasAllOutput = slot.ended.has('stdout') && slot.ended.has('stderr')
    const claim = this.#claim
    if (claim !== null && this.#stopReason === null && hasAllOutput && (claim.outputs === 0 || slot.death !== null)) {
      this.#finish(slot.death)
    } else if (slot.death !== null && (this.#stopReason === 'output' || (hasAllOutput && slot.ended.has('control')))) {
      this.#finish(slot.death)
    }
  }

  #end(): void {
    this.#isOver = true
    this.#hostCalls.end()
    clearTimeout(this.#endTimer)
    this.#unwatch()
  }

  #finish(death: SlotDeath | null): void {
    if (this.#isOver) return
    this.#end()
    const { slot, execution, limits } = this.#run
    const { group } = slot
    const [claim, stopReason, outputs] = [this.#claim, this.#stopReason, this.#outputs]
    const cpuMs = usedCpuMs(slot, death)
    const facts = { stopReason, outOfMemoryKills: group?.outOfMemoryKills() ?? 0, cpuMs, end: death }
    const verdict = decideStatus(facts, claim, execution.call !== undefined, limits)
    if (stopReason === 'protocol' && this.#claimError !== null && verdict.error !== undefined) {
      verdict.error.message = `the result could not be read: ${this.#claimError.message.slice(0, 200)}`
    }
    this.#resolve({
      verdict,
      value: verdict.status === 'ok' && claim?.ok ? claim.value : undefined,
      stdout: outputs.stdout.toText(),
      stderr: outputs.stderr.toText(),
      wallMs: performance.now() - this.#startedAt,
      cpuMs,
      peakMemoryBytes: Math.max(group?.peakMemoryBytes() ?? 0, group?.memoryBytes ? (death?.peakMemoryBytes ?? 0) : 0),
      outputs: claim?.outputs ?? null,
      lost: claim === null && stopReason === null && death?.lost === true,
    })
  }
}

/** By the group, or by what the first process and those that it waited for had used when it ended. */
function usedCpuMs({ group, cpuMsBefore }: Slot, death: SlotDeath | null): number {
  return Math.max(
    0,
    (group?.cpuMs() ?? 0) - cpuMsBefore,
    group?.memoryBytes && death !== null ? death.cpuMs - cpuMsBefore : 0,
  )
}
