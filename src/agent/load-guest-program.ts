import { readFile } from 'node:fs/promises'
import { assetPath } from '../util/asset-path.ts'

/** The parts of a guest program in the order in which they use each other; their functions share one namespace. */
const READING = ['text_files.py', 'table_files.py']
const PARTS = {
  inspect_files: [...READING, 'inspect_files.py'],
  bind_arguments: [...READING, 'bind_arguments.py'],
} as const

const loaded = new Map<string, Promise<string>>()

/** Source of a trusted Python program of the agent, whose function of the same name is called in the sandbox. */
export function loadGuestProgram(name: keyof typeof PARTS): Promise<string> {
  const known = loaded.get(name)
  if (known !== undefined) return known
  const program = joinParts(PARTS[name])
  loaded.set(name, program)
  return program
}

async function joinParts(parts: readonly string[]): Promise<string> {
  const sources = await Promise.all(parts.map((part) => readFile(assetPath(`agent/guest/${part}`), 'utf8')))
  return sources.join('\n')
}
