import { isDeepStrictEqual } from 'node:util'
import type { ToolLanguage } from '../../contracts/sandbox.ts'
import { NO_NEEDS, type NewTool, type ToolState, type ToolVersion } from '../../contracts/tool.ts'

/** What `saveVersion` is given. */
export type VersionToSave = NewTool & { codeHash: string; pins: ToolVersion['pins'] }

/** A row of `tool_version` with the tool's name, as both engines keep it. */
export interface VersionRow {
  tool_id: number
  name: string
  version: number
  language: ToolLanguage
  summary: string
  code_hash: string
  state: ToolState
  state_reason: string
  /** JSON: what has no column of its own. */
  body: string
}

type Body = Omit<
  ToolVersion,
  'name' | 'version' | 'language' | 'summary' | 'codeHash' | 'state' | 'stateReason' | 'pins'
>

/** Columns in the order of `toVersionValues`. */
export const VERSION_COLUMNS =
  'language, summary, code_hash, state, state_reason, created_at, body, made_tokens, made_cost_usd'

/** What a version holds besides its tool and number; its pins have a table of their own. */
export function toVersionValues(tool: VersionToSave): (string | number | null)[] {
  const { name: _, pins: _1, language, summary, codeHash, state: _2, stateReason: _3, ...body } = tool
  const { state, stateReason } = initialState(tool)
  const whole: Body = { ...body, needs: body.needs ?? NO_NEEDS, admission: body.admission ?? null }
  const json = JSON.stringify(whole)
  const { createdAt, tokens, costUsd } = tool.provenance
  return [language, summary, codeHash, state, stateReason, createdAt, json, tokens, costUsd]
}

export function toVersion(row: VersionRow, pins: ToolVersion['pins']): ToolVersion {
  // What was written before these two were known lacks them.
  const { needs = NO_NEEDS, admission = null, ...body } = JSON.parse(row.body) as Body
  return {
    ...body,
    needs,
    admission,
    name: row.name,
    version: row.version,
    language: row.language,
    summary: row.summary,
    codeHash: row.code_hash,
    pins,
    state: row.state,
    stateReason: row.state_reason,
  }
}

/** A tool is a candidate until somebody says otherwise. */
export function initialState(tool: NewTool): { state: ToolState; stateReason: string } {
  return { state: tool.state ?? 'candidate', stateReason: tool.stateReason ?? '' }
}

/** True where saving the tool would repeat the version. */
export function isSameVersion(version: ToolVersion, tool: VersionToSave): boolean {
  if (version.codeHash !== tool.codeHash || !samePins(version.pins, tool.pins)) return false
  // Models word the texts anew each time; a person who changes them means it.
  const texts = (one: ToolVersion | VersionToSave): string[] => [one.whenToUse, ...one.exampleRequests]
  if (tool.provenance.source !== 'made' && !isDeepStrictEqual(texts(version), texts(tool))) return false
  // Through JSON, as the version came: what is undefined is not there.
  return isDeepStrictEqual(version.tests, JSON.parse(JSON.stringify(tool.tests)))
}

function samePins(left: ToolVersion['pins'], right: ToolVersion['pins']): boolean {
  const text = (pins: ToolVersion['pins']): string =>
    pins
      .map(({ name, version }) => `${name}@${version}`)
      .toSorted()
      .join(' ')
  return text(left) === text(right)
}
