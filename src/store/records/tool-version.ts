import { isDeepStrictEqual } from 'node:util'
import type { ToolLanguage } from '../../contracts/sandbox.ts'
import { NO_NEEDS, USABLE_STATES, type NewTool, type ToolState, type ToolVersion } from '../../contracts/tool.ts'

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
  const { name: _, pins: _1, heldAgainst: _4, language, summary, codeHash, state: _2, stateReason: _3, ...body } = tool
  const { state, stateReason } = initialState(tool)
  const whole: Body = { ...body, needs: body.needs ?? NO_NEEDS, admission: body.admission ?? null }
  const json = JSON.stringify(whole)
  const { createdAt, tokens, costUsd } = tool.provenance
  return [language, summary, codeHash, state, stateReason, createdAt, json, tokens, costUsd]
}

/** The body of a row with other tests and another admission record. */
export function amendBody(body: string, { tests, admission }: Pick<ToolVersion, 'tests' | 'admission'>): string {
  return JSON.stringify({ ...(JSON.parse(body) as Body), tests, admission })
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

/** The tool as it may be saved beside `newest`: never usable where it was not held against that version. */
export function heldBack(tool: VersionToSave, newest: number): VersionToSave {
  if (
    tool.heldAgainst === undefined ||
    tool.heldAgainst >= newest ||
    !USABLE_STATES.includes(initialState(tool).state)
  ) {
    return tool
  }
  const stateReason = `version ${newest} was saved while this one was being verified, and this one was not held against it`
  return { ...tool, state: 'candidate', stateReason }
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
