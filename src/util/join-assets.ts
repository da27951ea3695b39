import { readFile } from 'node:fs/promises'
import { assetPath } from './asset-path.ts'

const joined = new Map<string, Promise<string>>()

/** The text of several assets in one piece, in their order: the parts of a guest program share one namespace. Read once. */
export function joinAssets(names: readonly string[]): Promise<string> {
  const key = names.join('\n')
  const known = joined.get(key)
  if (known !== undefined) return known
  const text = Promise.all(names.map((name) => readFile(assetPath(name), 'utf8'))).then((parts) => parts.join('\n'))
  joined.set(key, text)
  return text
}
