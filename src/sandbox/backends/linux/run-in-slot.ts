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
import type { Slot, SlotDeath } from './slot.ts'

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
export function runInSlot({ slot, execution, limits, kill, closing }: SlotRun): Promise<SlotOutcome> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') }
    const outputs = {
      stdout: new CapturedOutput(limits.capturedBytes),
      stderr: new CapturedOutput(limits.capturedBytes),
    }
    let claim: Claim | null = null
    let claimError: Error | null = null
    let stopReason: StopReason | null = null
    let isOver = false
    const hostCalls = new HostCalls(execution.host ?? [], limits, (json) => slot.send(encodeJsonFrame(json)))

    const stop = (reason: StopReason) => {
      if (isOver || claim !== null || stopReason !== null) return
      stopReason = reason
      if (reason === 'output') slot.muteOutput()
      kill()
    }
    const onAbort = () => stop('aborted')
    const onClosing = () => stop('closed')
    let endTimer: NodeJS.Timeout | undefined

    const end = () => {
      isOver = true
      hostCalls.end()
      clearTimeout(wallTimer)
      clearTimeout(endTimer)
      stopWatchingTime()
      stopWatchingMemory()
      execution.signal?.removeEventListener('abort', onAbort)
      closing.removeEventListener('abort', onClosing)
    }
    const finish = (death: SlotDeath | null) => {
      if (isOver) return
      end()
      const { group } = slot
      const cpuMs = Math.max(
        0,
        (group?.cpuMs() ?? 0) - slot.cpuMsBefore,
        group?.memoryBytes && death !== null ? death.cpuMs - slot.cpuMsBefore : 0,
      )
      const facts = { stopReason, outOfMemoryKills: group?.outOfMemoryKills() ?? 0, cpuMs, end: death }
      const verdict = decideStatus(facts, claim, execution.call !== undefined, limits)
      if (stopReason === 'protocol' && claimError !== null && verdict.error !== undefined) {
        verdict.error.message = `the result could not be read: ${claimError.message.slice(0, 200)}`
      }
      resolve({
        verdict,
        value: verdict.status === 'ok' && claim?.ok ? claim.value : undefined,
        stdout: outputs.stdout.toText(),
        stderr: outputs.stderr.toText(),
        wallMs: performance.now() - startedAt,
        cpuMs,
        peakMemoryBytes: Math.max(
          group?.peakMemoryBytes() ?? 0,
          group?.memoryBytes ? (death?.peakMemoryBytes ?? 0) : 0,
        ),
        outputs: claim?.outputs ?? null,
        lost: claim === null && stopReason === null && death?.lost === true,
      })
    }

    const hasAllOutput = () => slot.ended.has('stdout') && slot.ended.has('stderr')
    const finishIfCertain = () => {
      if (claim !== null && stopReason === null && hasAllOutput() && (claim.outputs === 0 || slot.death !== null)) {
        finish(slot.death)
      } else if (slot.death !== null && (stopReason === 'output' || (hasAllOutput() && slot.ended.has('control')))) {
        finish(slot.death)
      }
    }

    const onBody = (body: Buffer) => {
      if (claim !== null || stopReason !== null) return
      // A busy host may come to its timer late: what comes after the deadline is late all the same.
      if (performance.now() - startedAt >= limits.wallMs) return stop('wall-time')
      try {
        if (hostCalls.areOffered && isCall(body)) return hostCalls.answer(parseCall(body), body.length)
        claim = parseClaim(body)
      } catch (error) {
        claimError = error as Error
        return stop('protocol')
      }
      // Node cannot shut its output down by itself; files are collected when nothing is left that could change them.
      if (claim.outputs > 0 || slot.guest === 'javascript') kill()
      else {
        slot.drainOutput()
        if (isOver) return
        endTimer = setTimeout(kill, OUTPUT_END_MS)
      }
      finishIfCertain()
    }
    /** A listener that throws ends the execution; its caller gets the error. */
    const tell = (stream: 'stdout' | 'stderr', bytes: Buffer) => {
      if (execution.onOutput === undefined || isOver) return
      const text = decoders[stream].write(bytes)
      if (text === '') return
      try {
        execution.onOutput(stream, text)
      } catch (error) {
        end()
        reject(error as Error)
      }
    }
    const onOutput = (stream: 'stdout' | 'stderr', chunk: Buffer) => {
      const captured = outputs[stream]
      const room = Math.max(0, limits.outputBytes - captured.totalBytes)
      captured.add(chunk)
      if (room > 0) tell(stream, chunk.subarray(0, room))
      if (chunk.length > room) stop('output')
    }
    slot.use(
      {
        onBody,
        onGarbage(error) {
          claimError = error
          stop('protocol')
        },
        onOutput,
        onEnd: () => finishIfCertain(),
        onDeath: () => finishIfCertain(),
      },
      encodeFrame(requestFrame(execution, limits)),
      Math.max(limits.valueBytes, limits.hostInputBytes) + FRAME_OVERHEAD_BYTES,
    )
    // Only now: the guest is at work already, and nothing can be heard of it before this function has returned.
    const wallTimer = setTimeout(() => stop('wall-time'), limits.wallMs)
    const stopWatchingTime = watchCpuTime(slot, limits.cpuMs, () => stop('cpu-time'))
    const stopWatchingMemory = watchMemory(slot, limits.memoryBytes, () => stop('memory'))
    execution.signal?.addEventListener('abort', onAbort, { once: true })
    closing.addEventListener('abort', onClosing, { once: true })
  })
}
