import { accessSync, constants, statSync } from 'node:fs'
import { HandaxeError } from '../contracts/errors.ts'
import { DEFAULT_BUDGET, type Budget } from '../contracts/limits.ts'
import type { Request } from '../contracts/run.ts'

/** Some pages of text. What is longer is data, and data belongs into a file. */
const MAX_REQUEST_CHARACTERS = 100_000
const MAX_NAME_BYTES = 200

/** The request as the loop takes it. Throws `invalid_request` or `invalid_input_file`, which name what to change. */
export function validateRequest(request: string | Request): Request {
  const { text, files } = typeof request === 'string' ? { text: request, files: [] } : request
  if (typeof text !== 'string' || text.trim() === '') {
    throw new HandaxeError('invalid_request', 'The request is empty', {
      hint: 'Say in a sentence what you want to know or have done.',
    })
  }
  if (text.length > MAX_REQUEST_CHARACTERS) {
    throw new HandaxeError(
      'invalid_request',
      `The request has ${text.length} characters; at most ${MAX_REQUEST_CHARACTERS} are taken`,
      { hint: 'Put the data into a file and give it with -f.', details: { characters: text.length } },
    )
  }
  const names = new Set<string>()
  for (const file of files) {
    checkName(file.name)
    if (names.has(file.name)) {
      throw new HandaxeError('invalid_input_file', `Two files have the name ${file.name}`, {
        hint: 'Rename one of them.',
      })
    }
    names.add(file.name)
    checkFile(file)
  }
  return { text: text.trim(), files: [...files] }
}

function checkName(name: string): void {
  const bad =
    name === '' || name === '.' || name === '..' || name.startsWith('-') || Buffer.byteLength(name) > MAX_NAME_BYTES
  // oxlint-disable-next-line no-control-regex -- a name with control characters is what is refused
  if (!bad && !/[/\\\u0000-\u001F\u007F]/.test(name)) return
  throw new HandaxeError('invalid_input_file', `${JSON.stringify(name)} cannot be the name of an input file`, {
    hint: 'Rename it: one path component without control characters, not beginning with a dash.',
    details: { name },
  })
}

function checkFile({ name, path }: Request['files'][number]): void {
  let problem: string | null
  try {
    problem = statSync(path).isFile() ? null : 'is not a regular file'
    if (problem === null) accessSync(path, constants.R_OK)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    problem = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
  }
  if (problem === null) return
  throw new HandaxeError('invalid_input_file', `The input file ${path} ${problem}`, {
    hint: 'Check the path and the rights of the file.',
    details: { name, path },
  })
}

/** The budget with its defaults. Throws `invalid_request` where a bound is not a positive number. */
export function resolveBudget(budget: Partial<Budget> = {}): Budget {
  const resolved: Budget = { ...DEFAULT_BUDGET }
  for (const key of Object.keys(DEFAULT_BUDGET) as (keyof Budget)[]) {
    const value = budget[key]
    if (value === undefined) continue
    if (typeof value !== 'number' || Number.isNaN(value) || value < 0) {
      throw new HandaxeError(
        'invalid_request',
        `The budget's ${key} has to be a number of at least 0, not ${String(value)}`,
        {
          hint: `Leave it out for the default of ${DEFAULT_BUDGET[key]}.`,
        },
      )
    }
    resolved[key] = value
  }
  return resolved
}
