import type { StopReason } from '../../decide-status.ts'
import type { Channel } from './slot.ts'

/** What can happen to an execution in a slot: in any order, and any number of times. */
export type SlotEvent =
  /** A readable result. `mustDie`: it left files, or its guest cannot shut its output down by itself. */
  | { type: 'claim'; mustDie: boolean }
  | { type: 'stop'; reason: StopReason }
  /** Nothing more will be read from a connection. */
  | { type: 'channel-end'; channel: Channel }
  /** The kernel has reported the end of the first process, and so of all of them. */
  | { type: 'death' }
  /** What the connections held at that moment has been read; `isWhole` where nothing is left. */
  | { type: 'drained'; isWhole: boolean }
  /** The timer that the state names has run down. */
  | { type: 'time-up' }

/** What the host does next, in this order. */
export type SlotAct = 'drain' | 'drain-output' | 'mute' | 'kill' | 'finish'

/**
 * `output`: from a result to the end of its output; then it is ended, which ends that too. `end`: from the kill to the
 * report of its end. `drain`: from there to the end of its connections, where they cannot be read at once.
 */
export type SlotTimer = 'output' | 'end' | 'drain'

export const TIMER_MS: Readonly<Record<SlotTimer, number>> = {
  output: 50,
  // The kill is a matter of milliseconds. A zygote that does not answer for 16 s is ended, and all of its slots with it.
  end: 20_000,
  drain: 1_000,
}

export interface SlotState {
  /** What came first and decides: a claim, or why the host ended it. */
  readonly decision: 'claim' | StopReason | null
  readonly mustDie: boolean
  readonly ended: ReadonlySet<Channel>
  readonly isDead: boolean
  /** At most one runs at a time. */
  readonly timer: SlotTimer | null
  /** `unknown`: it was ended, and nobody has reported its end. */
  readonly outcome: 'certain' | 'unknown' | null
}

export interface SlotStep {
  state: SlotState
  acts: SlotAct[]
}

export const NOT_DECIDED: SlotState = {
  decision: null,
  mustDie: false,
  ended: new Set(),
  isDead: false,
  timer: null,
  outcome: null,
}

/**
 * The next state of an execution. Two rules hold for every order of events: from a decision on there is a timer until it is
 * over, and nothing that the code does with its connections is waited for longer than that; after its death nothing is
 * waited for at all, since what it wrote lies in the kernel's buffers by then.
 */
export function advance(state: SlotState, event: SlotEvent): SlotStep {
  if (state.outcome !== null) return { state, acts: [] }
  switch (event.type) {
    case 'claim':
      return onClaim(state, event.mustDie)
    case 'stop':
      return onStop(state, event.reason)
    case 'channel-end':
      return onChannelEnd({ ...state, ended: new Set([...state.ended, event.channel]) })
    case 'death':
      return state.isDead ? { state, acts: [] } : { state: { ...state, isDead: true, timer: 'drain' }, acts: ['drain'] }
    case 'drained':
      return state.isDead && event.isWhole ? finish(state, 'certain') : { state, acts: [] }
    case 'time-up':
      return onTimeUp(state)
  }
}

function onClaim(state: SlotState, mustDie: boolean): SlotStep {
  if (state.decision !== null) return { state, acts: [] }
  const decided: SlotState = { ...state, decision: 'claim', mustDie }
  if (state.isDead) return { state: decided, acts: [] }
  if (mustDie) return kill(decided)
  if (hasAllOutput(decided)) return finish(decided, 'certain')
  return { state: { ...decided, timer: 'output' }, acts: ['drain-output'] }
}

function onStop(state: SlotState, reason: StopReason): SlotStep {
  if (state.decision !== null) return { state, acts: [] }
  const decided: SlotState = { ...state, decision: reason }
  const mute: SlotAct[] = reason === 'output' ? ['mute'] : []
  if (state.isDead) return { state: decided, acts: mute }
  const { state: next, acts } = kill(decided)
  return { state: next, acts: [...mute, ...acts] }
}

function onChannelEnd(state: SlotState): SlotStep {
  const isAllRead = hasAllOutput(state) && (state.isDead ? state.ended.has('control') : !state.mustDie)
  const isCertain = isAllRead && (state.isDead || state.decision === 'claim')
  return isCertain ? finish(state, 'certain') : { state, acts: [] }
}

function onTimeUp(state: SlotState): SlotStep {
  if (state.timer === 'output') return kill(state)
  if (state.timer === 'end') return finish(state, 'unknown')
  if (state.timer === 'drain') return finish(state, 'certain')
  return { state, acts: [] }
}

function kill(state: SlotState): SlotStep {
  return { state: { ...state, timer: 'end' }, acts: ['kill'] }
}

function finish(state: SlotState, outcome: 'certain' | 'unknown'): SlotStep {
  return { state: { ...state, timer: null, outcome }, acts: ['finish'] }
}

function hasAllOutput({ ended }: SlotState): boolean {
  return ended.has('stdout') && ended.has('stderr')
}
