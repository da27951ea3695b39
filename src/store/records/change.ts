import type { ToolDecision } from '../../contracts/store.ts'
import { USABLE_STATES, type NewTool, type ToolChange, type ToolRecord, type ToolState } from '../../contracts/tool.ts'

/** In place of a state in `tool.current_state`: no search asks for it. */
export const DISABLED = 'disabled'

/** As a list in SQL. */
export const USABLE_LIST = USABLE_STATES.map((state) => `'${state}'`).join(', ')

type StandingVersion = Pick<ToolRecord['versions'][number], 'version' | 'state'>

/** The pinned version, else the newest usable one, else the newest. */
export function chooseCurrent(versions: readonly StandingVersion[], pinnedVersion: number | null): number {
  const pinned = versions.find(({ version }) => version === pinnedVersion)
  const usable = versions.findLast(({ state }) => USABLE_STATES.includes(state))
  const current = pinned ?? usable ?? versions.at(-1)
  if (current === undefined) throw new RangeError('A tool has at least one version')
  return current.version
}

/** What has to be written for a decision. */
export interface PlannedChange {
  after: Pick<ToolRecord, 'currentVersion' | 'pinnedVersion' | 'disabled' | 'annotation'> & {
    currentState: ToolState | typeof DISABLED
  }
  states: { version: number; state: ToolState; reason: string }[]
  changes: ToolChange[]
}

/** Throws a `RangeError` where the decision is about a version that is not there. */
export function planChange(record: ToolRecord, decision: ToolDecision, at: string): PlannedChange {
  const states = new Map(record.versions.map(({ version, state }) => [version, state]))
  const changed = changedStates(record, decision)
  for (const { version, state } of changed) states.set(version, state)
  const versions = [...states].map(([version, state]) => ({ version, state }))
  const pinnedVersion = decision.pinnedVersion === undefined ? record.pinnedVersion : decision.pinnedVersion
  if (pinnedVersion !== null && !states.has(pinnedVersion)) throw noVersion(record, pinnedVersion)
  const currentVersion = chooseCurrent(versions, pinnedVersion)
  const { disabled = record.disabled, annotation = record.annotation } = decision
  const stateOf = (version: number): ToolState => states.get(version) ?? 'candidate'
  const line = (kind: ToolChange['kind'], version: number, reason: string): ToolChange => {
    return { at, kind, version, state: stateOf(version), reason, by: decision.by }
  }
  const changes = changed.map(({ version, reason }) => line('state', version, reason))
  const whole = (kind: ToolChange['kind']): number => changes.push(line(kind, currentVersion, decision.reason))
  if (pinnedVersion !== record.pinnedVersion) whole(pinnedVersion === null ? 'unpinned' : 'pinned')
  if (currentVersion !== record.currentVersion) {
    const reason = currentReason(record.currentVersion, stateOf(record.currentVersion), decision)
    changes.push(line('current', currentVersion, reason))
  }
  if (disabled !== record.disabled) whole(disabled ? 'disabled' : 'enabled')
  if (annotation !== record.annotation) whole('annotated')
  const currentState = disabled ? DISABLED : stateOf(currentVersion)
  return { after: { currentVersion, pinnedVersion, disabled, annotation, currentState }, states: changed, changes }
}

/** What really changes: a state, or the reason for it. */
function changedStates(record: ToolRecord, { states = [] }: ToolDecision): PlannedChange['states'] {
  return states.filter(({ version, state, reason }) => {
    const before = record.versions.find((other) => other.version === version)
    if (before === undefined) throw noVersion(record, version)
    return before.state !== state || before.stateReason !== reason
  })
}

function currentReason(before: number, state: ToolState, { pinnedVersion, reason }: ToolDecision): string {
  if (pinnedVersion !== undefined) return reason
  return USABLE_STATES.includes(state) ? `takes the place of version ${before}` : `version ${before} is ${state}`
}

function noVersion({ name }: ToolRecord, version: number): RangeError {
  return new RangeError(`${name} has no version ${version}`)
}

/** What has to be written where a version is added. */
export function planAddition(
  record: ToolRecord | null,
  tool: Pick<NewTool, 'name' | 'provenance'>,
  { version, state, stateReason, at }: { version: number; state: ToolState; stateReason: string; at: string },
): Pick<PlannedChange, 'after' | 'changes'> {
  const by = tool.provenance.source === 'made' ? 'handaxe' : 'person'
  const first: ToolRecord = {
    name: tool.name,
    currentVersion: version,
    pinnedVersion: null,
    disabled: false,
    annotation: '',
    versions: [],
  }
  const before = record ?? first
  const added = { version, state, stateReason, createdAt: tool.provenance.createdAt, wasUsable: false }
  const { after, changes } = planChange(
    { ...before, versions: [...before.versions, added] },
    { reason: stateReason, by },
    at,
  )
  return { after, changes: [{ at, kind: 'state', version, state, reason: stateReason, by }, ...changes] }
}

/** A row of `tool_change`, as both engines keep it. */
export interface ChangeRow {
  at: string
  kind: ToolChange['kind']
  version: number
  state: ToolState
  reason: string
  author: ToolChange['by']
}

export function toChange({ at, kind, version, state, reason, author }: ChangeRow): ToolChange {
  return { at, kind, version, state, reason, by: author }
}

/** A row of `tool`, as both engines keep it. */
export interface ToolRow {
  id: number
  name: string
  current_version: number
  pinned_version: number | null
  disabled: number | boolean
  annotation: string
}

export interface RecordedVersionRow {
  version: number
  state: ToolState
  state_reason: string
  created_at: string
  was_usable: number | boolean
}

/** `versions` oldest first. */
export function toRecord(row: ToolRow, versions: readonly RecordedVersionRow[]): ToolRecord {
  return {
    name: row.name,
    currentVersion: row.current_version,
    pinnedVersion: row.pinned_version,
    disabled: Boolean(row.disabled),
    annotation: row.annotation,
    versions: versions.map(({ version, state, state_reason, created_at, was_usable }) => {
      return { version, state, stateReason: state_reason, createdAt: created_at, wasUsable: Boolean(was_usable) }
    }),
  }
}
