import type { ToolDecision } from '../../contracts/store.ts'
import { USABLE_STATES, type ChangeAuthor, type ToolRecord, type ToolState } from '../../contracts/tool.ts'
import { rejection } from '../resolve-imports.ts'

/**
 * What people's commands make of a tool. Each takes the tool as it stands and gives what is to be done, or throws
 * `tool_rejected` with what to do instead. Pure.
 */

const isUsable = ({ state }: { state: ToolState }): boolean => USABLE_STATES.includes(state)

export function decideRollback(
  record: ToolRecord,
  { version, reason = '' }: { version?: number; reason?: string },
): ToolDecision {
  const { name, currentVersion, pinnedVersion } = record
  if (pinnedVersion !== null) {
    throw rejection(name, `is pinned to version ${pinnedVersion}`, {
      hint: `handaxe tools unpin ${name} first, or pin the version that you want: handaxe tools pin ${name}@N.`,
    })
  }
  const target = version === undefined ? findPredecessor(record) : findVersion(record, version)
  if (!target.wasUsable) {
    throw rejection(name, `version ${target.version} was never verified`, {
      hint: `handaxe tools verify ${name}@${target.version} runs its tests; where they pass, it can be used.`,
    })
  }
  if (target.version === currentVersion && isUsable(target)) {
    throw rejection(name, `has version ${currentVersion} as its current one already`, {
      hint: `See its versions with \`handaxe tools history ${name}\`.`,
    })
  }
  const why = reason === '' ? '' : `: ${reason}`
  const states = record.versions
    .filter((other) => other.version > target.version && isUsable(other))
    .map((other) => ({
      version: other.version,
      state: 'retired' as ToolState,
      reason: `rolled back to version ${target.version}${why}`,
    }))
  if (!isUsable(target)) states.push({ version: target.version, state: 'verified', reason: `brought back${why}` })
  return { states, reason: `rolled back${why}`, by: 'person' }
}

/** The newest usable version before the current one, else the newest that was usable once and not found wanting. */
function findPredecessor(record: ToolRecord): ToolRecord['versions'][number] {
  const older = record.versions.filter(({ version }) => version < record.currentVersion)
  const found = older.findLast(isUsable) ?? older.findLast(({ wasUsable, state }) => wasUsable && state === 'retired')
  if (found !== undefined) return found
  throw rejection(record.name, `has no older version to go back to`, {
    hint: `See its versions with \`handaxe tools history ${record.name}\`; a quarantined one has to be named.`,
  })
}

export function decidePin(record: ToolRecord, version = record.currentVersion): ToolDecision {
  const target = findVersion(record, version)
  if (!isUsable(target)) {
    throw rejection(record.name, `version ${version} is ${target.state}, and pinned it would hide the others`, {
      hint: `handaxe tools verify ${record.name}@${version} first, or handaxe tools rollback ${record.name} ${version}.`,
    })
  }
  return { pinnedVersion: version, reason: `pinned to version ${version}`, by: 'person' }
}

/** Of one version, or of all that are not retired. */
export function decideRetirement(
  record: ToolRecord,
  { version, reason = '', by = 'person' }: { version?: number; reason?: string; by?: ChangeAuthor },
): ToolDecision {
  const retired = version === undefined ? record.versions : [findVersion(record, version)]
  const states = retired
    .filter(({ state }) => state !== 'retired')
    .map((one) => ({ version: one.version, state: 'retired' as ToolState, reason }))
  return { states, reason, by }
}

function findVersion(record: ToolRecord, version: number): ToolRecord['versions'][number] {
  const found = record.versions.find((other) => other.version === version)
  if (found !== undefined) return found
  throw rejection(record.name, `has no version ${version}`, {
    hint: `It has ${record.versions.map((other) => other.version).join(', ')}.`,
  })
}
