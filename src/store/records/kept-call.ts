import { KEPT_CALL_BYTES } from '../../contracts/store.ts'
import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import type { KeptCall, ToolUse } from '../../contracts/tool.ts'

/** A row of `tool_call`, as both engines keep it. */
export interface CallRow {
  input_hash: string
  at: string
  /** JSON. */
  arguments: string
  value: string
}

/** Null for a call that is too large to be kept. */
export function toCallRow(call: KeptCall): (CallRow & { bytes: number }) | null {
  const texts = { arguments: JSON.stringify(call.arguments), value: JSON.stringify(call.value) }
  const bytes = Buffer.byteLength(texts.arguments) + Buffer.byteLength(texts.value)
  return bytes > KEPT_CALL_BYTES ? null : { input_hash: call.inputHash, at: call.at, ...texts, bytes }
}

export function toKeptCall(row: CallRow): KeptCall {
  return {
    inputHash: row.input_hash,
    at: row.at,
    arguments: JSON.parse(row.arguments) as JsonObject,
    value: JSON.parse(row.value) as JsonValue,
  }
}

/** The call of a use that is to be kept; null where there is none. */
export function callOf({ outcome, call, inputHash, at }: ToolUse): KeptCall | null {
  if (outcome !== 'success' || call === undefined || inputHash === undefined) return null
  return { inputHash, at, ...call }
}
