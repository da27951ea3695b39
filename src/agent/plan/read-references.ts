import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import { isTag, readEntries } from '../../domain/json/entries.ts'

/** A value that is bound before the call, such as `{"$column": {"file": "prices.csv", "name": "Close"}}`. */
export interface Reference {
  kind: 'file' | 'column' | 'columns' | 'records' | 'json' | 'text' | 'step'
  /** Name of the input file; null for a step. */
  file: string | null
  /** Names of columns that are asked for; null for all. */
  columns: string[] | null
  /** The file's encoding, where it was named; null to have it detected. */
  encoding: string | null
  step: string | null
}

export type ReferenceReading = { references: Reference[] } | { problems: string[] }

/**
 * Finds the references in a call's arguments and says what is wrong with their form. Whether a file, a column or a step is
 * there is for the caller to check.
 */
export function readReferences(args: JsonObject): ReferenceReading {
  const references: Reference[] = []
  const problems: string[] = []
  const walk = (value: JsonValue, path: string): void => {
    if (value === null || typeof value !== 'object') return
    if (Array.isArray(value)) {
      value.forEach((part, index) => walk(part, `${path}[${index}]`))
      return
    }
    if (isTag(value)) return
    const entries = readEntries(value) ?? []
    const marker = entries.map(([key]) => key).find((key) => key.startsWith('$'))
    if (marker === undefined) {
      for (const [key, part] of entries) walk(part, path === '' ? key : `${path}.${key}`)
      return
    }
    const read = readReference(value, marker)
    if (typeof read === 'string') problems.push(`${path}: ${read}`)
    else references.push(read)
  }
  walk(args, '')
  return problems.length > 0 ? { problems } : { references }
}

const FORMS =
  'known are {"$file": "name"}, {"$column": {"file": "name", "name": "column"}}, {"$columns": {"file": "name", "names": [...]}}, ' +
  '{"$records": {"file": "name"}}, {"$json": "name"}, {"$text": "name"} and {"$step": "s1", "path": "a[0].b"}; all that read text take "encoding" beside "file"'

function readReference(object: JsonObject, marker: string): Reference | string {
  const extra = Object.keys(object).filter((key) => key !== marker && !(marker === '$step' && key === 'path'))
  if (extra.length > 0) return `an object with ${marker} can have no other key (${extra.join(', ')})`
  const content = object[marker] ?? null
  const none = { file: null, columns: null, encoding: null, step: null }
  switch (marker) {
    case '$file':
      return typeof content === 'string' ? { ...none, kind: 'file', file: content } : '$file needs the name of a file'
    case '$json':
    case '$text':
      return readTextReference(marker, content)
    case '$step':
      if (typeof content !== 'string') return '$step needs the id of a step'
      if (object['path'] !== undefined && typeof object['path'] !== 'string') return 'the path of $step has to be text'
      return { ...none, kind: 'step', step: content }
    case '$column':
    case '$columns':
    case '$records':
      return readTableReference(marker, content)
    default:
      return `${marker} is no reference: ${FORMS}`
  }
}

/** A name, or an object with the name and an encoding. */
function readTextReference(marker: '$json' | '$text', content: JsonValue): Reference | string {
  const named = content !== null && typeof content === 'object' && !Array.isArray(content) ? content : { file: content }
  const { file = null } = named
  const encoding = readEncoding(named)
  if (typeof file !== 'string' || encoding === undefined) {
    return `${marker} needs the name of a file, or {"file": "name", "encoding": "gbk"}`
  }
  return { kind: marker === '$json' ? 'json' : 'text', file, columns: null, encoding, step: null }
}

/** Undefined where it is no text. */
function readEncoding({ encoding = null }: JsonObject): string | null | undefined {
  return encoding === null || typeof encoding === 'string' ? encoding : undefined
}

function readTableReference(marker: '$column' | '$columns' | '$records', content: JsonValue): Reference | string {
  if (content === null || typeof content !== 'object' || Array.isArray(content))
    return `${marker} needs an object: ${FORMS}`
  const { file, name, names } = content
  if (typeof file !== 'string') return `${marker} needs "file", the name of an input file`
  const encoding = readEncoding(content)
  if (encoding === undefined) return `the encoding of ${marker} has to be text, such as "gbk"`
  if (marker === '$column') {
    if (typeof name !== 'string') return '$column needs "name", the name of one column'
    return { kind: 'column', file, columns: [name], encoding, step: null }
  }
  const columns = Array.isArray(names) ? names.filter((part) => typeof part === 'string') : null
  const wrong = Array.isArray(names) ? columns?.length !== names.length : names !== undefined || marker === '$columns'
  if (wrong) return `${marker} needs "names", a list of column names`
  return { kind: marker === '$columns' ? 'columns' : 'records', file, columns, encoding, step: null }
}
