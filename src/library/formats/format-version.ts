import type { JsonValue } from '../../contracts/json.ts'
import { isJsonObject } from '../is-json-object.ts'

/** Of all files that are written here. It grows where an older reader would misunderstand a newer file. */
export const FORMAT_VERSION = 1

/** How a file of ours begins. */
export type FormatName = 'handaxe-export' | 'handaxe-tool' | 'handaxe-tools' | 'handaxe-bundle'

/** `ours`, `other` where it is something else altogether, or why a file of ours cannot be read. */
export function recogniseFormat(
  value: JsonValue,
  format: FormatName,
): 'ours' | 'other' | { problem: string; hint: string } {
  if (!isJsonObject(value) || value['format'] !== format) return 'other'
  const version = value['formatVersion']
  if (version === FORMAT_VERSION) return 'ours'
  if (typeof version === 'number' && Number.isInteger(version) && version > FORMAT_VERSION) {
    return {
      problem: `was written by a newer handaxe: its format version is ${version}, and ${FORMAT_VERSION} is the newest that this one reads`,
      hint: 'Update handaxe, or have the tools exported by the older one.',
    }
  }
  return { problem: 'names no format version', hint: 'Have the tools exported again with `handaxe tools export`.' }
}
