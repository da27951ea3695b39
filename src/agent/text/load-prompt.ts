import { readFileSync } from 'node:fs'
import { assetPath } from '../../util/asset-path.ts'

const loaded = new Map<string, string>()

/**
 * The prompt `agent/prompts/<name>.md` with its placeholders, such as `{{REQUEST}}`, filled in. A placeholder without a
 * value and a value without a placeholder are bugs. Values are taken as they are: what looks like a placeholder in them
 * stays. The same values give the same prompt: recorded replies are found by it.
 */
export function renderPrompt(name: string, values: Record<string, string> = {}): string {
  const unused = new Set(Object.keys(values))
  const text = loadPrompt(name).replaceAll(/\{\{([A-Z_]+)\}\}(\n*)/g, (_placeholder, key: string, lineEnds: string) => {
    const value = values[key]
    if (value === undefined) throw new Error(`Prompt ${name} has no value for ${key}`)
    unused.delete(key)
    // An empty part takes its line with it.
    return value === '' ? '' : value + lineEnds
  })
  if (unused.size > 0) throw new Error(`Prompt ${name} has no place for ${[...unused].join(', ')}`)
  return text.trim()
}

function loadPrompt(name: string): string {
  const known = loaded.get(name)
  if (known !== undefined) return known
  const text = readFileSync(assetPath(`agent/prompts/${name}.md`), 'utf8')
  loaded.set(name, text)
  return text
}
