import { StringDecoder } from 'node:string_decoder'
import type { Limits } from '../../../contracts/limits.ts'
import type { CapturedText, Execution } from '../../../contracts/sandbox.ts'
import { CapturedOutput } from '../../captured-output.ts'
import { decideStatus, type StopReason, type Verdict } from '../../decide-status.ts'
import { encodeFrame, encodeJsonFrame } from '../../frames.ts'
import { HostCalls } from '../../host/host-calls.ts'
import { isCall, parseCall } from '../../host/parse-call.ts'
import { claimedValue, parseClaim, type Claim, type ClaimedValue } from '../../parse-claim.ts'
import { requestFrame } from '../../request-frame.ts'
import { advance, NOT_DECIDED, TIMER_MS, type SlotAct, type SlotEvent, type SlotState } from './slot-state.ts'
import { watchCpuTime, watchMemory } from './watch-usage.ts'
import type { Channel, Slot, SlotListener } from './slot.ts'

/** A result frame holds the value and, in a failure, a message and a traceback that the guest has already cut. */
const FRAME_OVERHEAD_BYTES = 256 * 1024

export interface SlotOutcome {
  verdict: Verdict
  claimed: ClaimedValue
  stdout: CapturedText
  stderr: CapturedText
  wallMs: number
  cpuMs: number
  peakMemoryBytes: number
  /** Entries in the output folder: what the guest says, or unknown. Zero means that nothing is collected. */
  outputs: number | null
  /** Nothing can be told of the code: the slot was broken from outside, or nobody has reported its end. */
  lost: 'broken' | 'not-ended' | null
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
 * and it left no files; otherwise with the end of its processes, or when that is not reported in time. Rejects only with
 * what `onOutput` throws.
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
  #state: SlotState = NOT_DECIDED
  #claim: Claim | null = null
  #claimError: Error | null = null
  /** It had died before anything was handed over. */
  #neverBegan = false
  #isRejected = false
  #timer: NodeJS.Timeout | undefined
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
    this.#neverBegan = slot.death !== null
    slot.use(this, encodeFrame(requestFrame(execution, limits)), frameLimit)
    // Only now: the guest is at work already, and nothing can be heard of it before this function has returned.
    this.#watch()
    // Nobody tells these again.
    for (const channel of slot.ended) this.#advance({ type: 'channel-end', channel })
    if (this.#neverBegan) this.#advance({ type: 'death' })
  }

  onBody(body: Buffer): void {
    const { slot, limits } = this.#run
    if (this.#isOver || this.#state.decision !== null) return
    // A busy host may come to its timer late: what comes after the deadline is late all the same.
    if (performance.now() - this.#startedAt >= limits.wallMs) return this.#stop('wall-time')
    try {
      if (this.#hostCalls.areOffered && isCall(body)) return this.#hostCalls.answer(parseCall(body), body.length)
      this.#claim = parseClaim(body)
    } catch (error) {
      return this.onGarbage(error as Error)
    }
    // Node cannot shut its output down by itself; files are collected when nothing is left that could change them.
    this.#advance({ type: 'claim', mustDie: this.#claim.outputs > 0 || slot.guest === 'javascript' })
  }

  onGarbage(error: Error): void {
    this.#claimError ??= error
    this.#stop('protocol')
  }

  onOutput(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    const captured = this.#outputs[stream]
    const room = Math.max(0, this.#run.limits.outputBytes - captured.totalBytes)
    captured.add(chunk)
    if (room > 0) this.#tell(stream, chunk.subarray(0, room))
    if (chunk.length > room) this.#stop('output')
  }

  onEnd(channel: Channel): void {
    this.#advance({ type: 'channel-end', channel })
  }

  onDeath(): void {
    this.#advance({ type: 'death' })
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
    this.#advance({ type: 'stop', reason })
  }

  get #isOver(): boolean {
    return this.#state.outcome !== null || this.#isRejected
  }

  /** What an act brings about is advanced before the next act: a state that is over by then does nothing any more. */
  #advance(event: SlotEvent): void {
    if (this.#isOver) return
    const before = this.#state.timer
    const { state, acts } = advance(this.#state, event)
    this.#state = state
    if (state.timer !== before) this.#setTimer()
    for (const act of acts) this.#do(act)
  }

  #setTimer(): void {
    clearTimeout(this.#timer)
    const { timer } = this.#state
    if (timer !== null) this.#timer = setTimeout(() => this.#advance({ type: 'time-up' }), TIMER_MS[timer])
  }

  #do(act: SlotAct): void {
    const { slot, kill } = this.#run
    if (this.#isRejected) return
    if (act === 'kill') kill()
    else if (act === 'mute') slot.muteOutput()
    else if (act === 'drain-output') slot.drain(['stdout', 'stderr'])
    else if (act === 'drain') this.#advance({ type: 'drained', isWhole: slot.drain(['stdout', 'stderr', 'control']) })
    else this.#finish()
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
      this.#isRejected = true
      this.#end()
      this.#reject(error as Error)
    }
  }

  #end(): void {
    this.#hostCalls.end()
    clearTimeout(this.#timer)
    this.#unwatch()
  }

  #finish(): void {
    this.#end()
    const { slot, execution, limits } = this.#run
    const { group, death } = slot
    const [claim, outputs, { decision }] = [this.#claim, this.#outputs, this.#state]
    const stopReason = decision === 'claim' ? null : decision
    const cpuMs = usedCpuMs(slot)
    const facts = { stopReason, outOfMemoryKills: group?.outOfMemoryKills() ?? 0, cpuMs, end: death }
    const verdict = decideStatus(facts, claim, execution.call !== undefined, limits)
    if (stopReason === 'protocol' && this.#claimError !== null && verdict.error !== undefined) {
      verdict.error.message = `the result could not be read: ${this.#claimError.message.slice(0, 200)}`
    }
    this.#resolve({
      verdict,
      claimed: verdict.status === 'ok' ? claimedValue(claim) : {},
      stdout: outputs.stdout.toText(),
      stderr: outputs.stderr.toText(),
      wallMs: performance.now() - this.#startedAt,
      cpuMs,
      peakMemoryBytes: Math.max(group?.peakMemoryBytes() ?? 0, group?.memoryBytes ? (death?.peakMemoryBytes ?? 0) : 0),
      outputs: claim?.outputs ?? null,
      lost: this.#isLost(),
    })
  }

  #isLost(): SlotOutcome['lost'] {
    const { decision, outcome } = this.#state
    if (outcome === 'unknown') return 'not-ended'
    return this.#neverBegan || (decision === null && this.#run.slot.death?.lost === true) ? 'broken' : null
  }
}

/** By the group, or by what the first process and those that it waited for had used when it ended. */
function usedCpuMs({ group, cpuMsBefore, death }: Slot): number {
  return Math.max(
    0,
    (group?.cpuMs() ?? 0) - cpuMsBefore,
    group?.memoryBytes && death !== null ? death.cpuMs - cpuMsBefore : 0,
  )
}
