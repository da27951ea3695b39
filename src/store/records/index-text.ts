import { INDEX_FIELDS, TEXT_SEPARATOR, type ToolIndexText } from '../../contracts/store.ts'
import type { ToolState } from '../../contracts/tool.ts'

export const ALL_STATES: readonly ToolState[] = ['candidate', 'verified', 'trusted', 'quarantined', 'retired']

/** A search that is short of letters must not read a whole vocabulary. */
export const MAX_SIMILAR_STEMS = 4000

/** One line a field, in the order of `INDEX_FIELDS`. */
export function joinIndexText(text: ToolIndexText): string {
  return INDEX_FIELDS.map((field) => text[field]).join('\n')
}

export function parseIndexText(stems: string): ToolIndexText {
  const fields = stems.split('\n')
  const text = {} as ToolIndexText
  INDEX_FIELDS.forEach((field, index) => {
    text[field] = fields[index] ?? ''
  })
  return text
}

export function splitStems(text: string): string[] {
  return text.split(' ').filter((stem) => stem !== '' && stem !== TEXT_SEPARATOR)
}

/** The stems of all fields, each once. */
export function distinctStems(text: ToolIndexText | null): Set<string> {
  return new Set(text === null ? [] : INDEX_FIELDS.flatMap((field) => splitStems(text[field])))
}
