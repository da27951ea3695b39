import type { ErrorCode } from '../../contracts/errors.ts'
import type { Execution, ExecutionResult, Guarantees } from '../../contracts/sandbox.ts'

/**
 * A client says one line, `handaxe <protocol> <token>`, and then frames as in `frames.ts`. Both ends are the same build of
 * handaxe, which the daemon's record tells before anything is said; the number is for those who cannot read that record.
 */
export const PROTOCOL = 1
const HELLO = /^handaxe (\d{1,6}) ([0-9a-f]{64})$/
/** Longer than any hello: who sends more without a line feed does not speak this protocol. */
export const HELLO_BYTES = 128
/** What a client may send in one frame: a program and the inputs that it gives as content. */
export const REQUEST_BYTES = 256 * 1024 * 1024
/** A result with a value and output of the largest limits. */
export const REPLY_BYTES = 768 * 1024 * 1024

export type DaemonRequest =
  /** Asked first. `idleMs`: how long the daemon is to wait for the next client when this one has gone. */
  | { type: 'open'; idleMs: number }
  | { type: 'execute'; id: number; execution: PortableExecution; streams: boolean }
  | { type: 'cancel'; id: number }
  | { type: 'status' }
  /** `force` ends what is under way. */
  | { type: 'stop'; force: boolean }

export type DaemonReply =
  | { type: 'opened'; guarantees: Guarantees }
  | { type: 'unavailable'; error: PortableError }
  | { type: 'output'; id: number; stream: 'stdout' | 'stderr'; text: string }
  | { type: 'result'; id: number; result: ExecutionResult }
  | { type: 'error'; id: number; error: PortableError }
  | { type: 'status'; status: DaemonStatus }
  | { type: 'stopping' }

export type PortableInput =
  | { name: string; path: string }
  | { name: string; text: string }
  | { name: string; base64: string }

/** An execution as it travels to another process: no functions, no bytes, no path that depends on who reads it. */
export type PortableExecution = Omit<Execution, 'host' | 'onOutput' | 'signal' | 'inputs'> & {
  inputs: PortableInput[]
  artifactsFolder: string
}

export interface PortableError {
  code: ErrorCode
  message: string
  hint?: string
  details: Record<string, unknown>
}

export interface DaemonStatus {
  executions: number
  underWay: number
  clients: number
  idleMs: number
  uptimeMs: number
  residentBytes: number
}

export function renderHello(token: string): string {
  return `handaxe ${PROTOCOL} ${token}\n`
}

/** The protocol and the token of a first line without its line feed; null for anything else. */
export function parseHello(line: string): { protocol: number; token: string } | null {
  const [, protocol, token] = HELLO.exec(line) ?? []
  return protocol === undefined || token === undefined ? null : { protocol: Number(protocol), token }
}
