import { sha256 } from '../sha256.ts'

/** By the Agent Skills specification. */
const LONGEST_NAME = 64

/** Of the hash, where the plain form is not enough to tell names apart. */
const TAIL = 8

/**
 * Folder names for tools, as the Agent Skills specification wants them: lower case, single hyphens between, at most 64
 * characters. A name that does not survive this unchanged, or meets another, gets the beginning of its hash.
 */
export function nameSkills(toolNames: readonly string[]): Map<string, string> {
  const owners = new Map<string, number>()
  for (const name of toolNames) owners.set(toPlain(name), (owners.get(toPlain(name)) ?? 0) + 1)
  return new Map(
    toolNames.map((name) => {
      const plain = toPlain(name)
      const isClear = owners.get(plain) === 1 && plain.length <= LONGEST_NAME
      return [name, isClear ? plain : withHash(plain, name)]
    }),
  )
}

function toPlain(toolName: string): string {
  return toolName.replaceAll(/_+/g, '-').replaceAll(/^-|-$/g, '')
}

function withHash(plain: string, toolName: string): string {
  const beginning = plain.slice(0, LONGEST_NAME - TAIL - 1).replace(/-$/, '')
  return `${beginning}-${sha256(toolName).slice(0, TAIL)}`
}
