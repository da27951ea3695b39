import type { JsonValue } from '../../contracts/json.ts'
import { formatValue } from './format-value.ts'
import { readPath } from './read-path.ts'

export type RenderedTemplate = { text: string } | { unresolved: string[] }

/**
 * Fills an answer's placeholders (`{{s1}}`, `{{s1.mean[0]|percent:2}}`) with the values of the steps. Nothing is guessed:
 * numbers and dates are written as the language (BCP 47) writes them; a placeholder whose step, part or format does not fit is reported, and the answer is then written by a model.
 */
export function renderTemplate(
  template: string,
  values: ReadonlyMap<string, JsonValue>,
  language: string | null = null,
): RenderedTemplate {
  const only = /^\s*\{\{([^{}|]*)(?:\|\s*list\s*)?\}\}\s*$/.exec(template)
  // Nothing else is said: then nothing is the answer where nothing came out.
  if (only !== null && isEmptyValue(only[1] ?? '', values)) return { text: '' }
  const unresolved: string[] = []
  const text = template.replaceAll(/\{\{([^{}]*)\}\}/g, (placeholder, content: string) => {
    const rendered = resolve(content, values, language)
    if (rendered === null) unresolved.push(placeholder)
    return rendered ?? placeholder
  })
  return unresolved.length > 0 ? { unresolved } : { text }
}

function isEmptyValue(content: string, values: ReadonlyMap<string, JsonValue>): boolean {
  const match = /^\s*([A-Za-z][\w-]*)(.*)$/.exec(content)
  const value = values.get(match?.[1] ?? '')
  const found = value === undefined ? undefined : readPath(value, match?.[2] ?? '')
  return found === '' || (Array.isArray(found) && found.length === 0)
}

function resolve(content: string, values: ReadonlyMap<string, JsonValue>, language: string | null): string | null {
  const match = /^\s*([A-Za-z][\w-]*)((?:\.|\[)[^|]*)?\s*(?:\|([^|]+))?$/.exec(content)
  if (match === null) return null
  const [, id = '', path = '', format = null] = match
  const value = values.get(id)
  const part = value === undefined ? undefined : readPath(value, path)
  return part === undefined ? null : formatValue(part, format?.trim() ?? null, language)
}
