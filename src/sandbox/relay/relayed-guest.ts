import type { Environment } from '../../contracts/environment.ts'
import type { StopCommand } from './relay-messages.ts'
import type { RelayListener } from './relay-stream.ts'
import type { RelayedNetwork } from './relayed-network.ts'

/** How fast the way to a guest is. */
export interface RelayPace {
  /** How long the guest may take from its result, or its end, to the end of its output. */
  outputEndMs: number
  /** How long the relay may take to end the program, and then between two pieces of what it hands over. */
  stopMs: number
  /** However much it goes on to say, it is not listened to for longer than files of the limit's size take at this rate. */
  slowestBytesPerMs: number
  /** How much longer than `wallMs` the host waits where a watch beside the guest keeps the time. */
  graceMs: number
}

export interface RelayUsage {
  cpuMs: number
  /** Highest so far. */
  memoryBytes: number
}

/** How a guest ended, by the word of something that its program cannot reach. */
export interface GuestEnd {
  /** A signal n is 128 + n. */
  exitCode: number
  outOfMemory: boolean
  /** Where nothing else measures it. */
  usage?: RelayUsage & { wallMs: number }
}

/** What no guest that is kept warm has: one with it is made for its execution. */
export interface OwnParts {
  network: RelayedNetwork | null
  environment: Environment | null
}

/** A guest that can only be reached through the relay that is its parent. */
export interface RelayedGuest {
  readonly isClosed: boolean
  /** CPU time when it became ready: the warm-up is not the execution's. */
  readonly cpuMsBefore: number
  readonly pace: RelayPace
  /** Hands the execution over: from here on all that happens goes to the listener. */
  use(listener: RelayListener, frame: Buffer, frameLimit: number): void
  /** A further frame for the code; lost where the guest is gone. */
  send(frame: Buffer): void
  stop(command: StopCommand): void
  /** Nothing more leaves by its network, whatever still comes from it. Absent where guests have none. */
  endNetwork?(): void
  /** Ends it with its relay at once. */
  kill(): Promise<void>
  /** Waits for its end. Rejects where nobody knows how it ended. */
  end(): Promise<GuestEnd>
  /** What it has used so far; null where nobody can tell, or the relay sees to it. */
  usage(): Promise<RelayUsage | null>
}
