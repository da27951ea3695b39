import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import { GUEST_PATHS, type InputFile } from '../../contracts/sandbox.ts'
import { stableText } from '../../util/stable-text.ts'

type HostFile = Extract<InputFile, { path: string }>

/** Of larger files their size stands for their content: reading them would take longer than the call. */
const READ_BYTES = 32 * 1024 * 1024

/** sha256, hexadecimal: of the arguments, and of the content of the input files that they name. */
export async function hashInput(given: JsonObject, files: readonly HostFile[]): Promise<string> {
  const hash = createHash('sha256').update(stableText(given))
  for (const file of namedFiles(given, files)) await addFile(hash, file)
  return hash.digest('hex')
}

/** True where the arguments name one of the files, or a path below the folder of inputs. */
export function namesFile(given: JsonObject, files: readonly HostFile[]): boolean {
  return namedFiles(given, files).length > 0 || textsIn(given).some((text) => text.includes(GUEST_PATHS.input))
}

function namedFiles(given: JsonObject, files: readonly HostFile[]): HostFile[] {
  const texts = textsIn(given)
  return files.filter(({ name }) => texts.some((text) => text === name || text === `${GUEST_PATHS.input}/${name}`))
}

function textsIn(value: JsonValue): string[] {
  if (typeof value === 'string') return [value]
  if (value === null || typeof value !== 'object') return []
  return Object.values(value).flatMap(textsIn)
}

async function addFile(hash: Hash, { path }: HostFile): Promise<void> {
  try {
    const { size } = await stat(path)
    hash.update(`\n${size}\n`)
    if (size > READ_BYTES) return
    for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  } catch (error) {
    // It was there when the call began. What is gone now tells nothing apart, and the call was made all the same.
    hash.update(`\n${(error as NodeJS.ErrnoException).code ?? 'unreadable'}\n`)
  }
}
