import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Execution, InputFile, ToolLanguage, ToolModule } from '../../contracts/sandbox.ts'
import { assetPath } from '../../util/asset-path.ts'
import type { SessionDraft } from './session-store.ts'
import type { SessionLimits } from './session-format.ts'

const GUEST = { python: 'sandbox/session/guest/session.py', javascript: 'sandbox/session/guest/session.mjs' } as const

const RESERVED = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends false ' +
    'finally for function if implements import in instanceof interface let new null package private protected public ' +
    'return static super switch this throw true try typeof var void while with yield'
  ).split(' '),
)
const THROW = "throw new ReferenceError('not a variable')"

/** Names of input files that begin with it are the session's own. */
export const SESSION_PREFIX = '.session'
/** The folder below the output folder in which the code leaves what is to be kept. */
export const SESSION_FOLDER = '.session/'

/** The tool `session`, which programs import, in the language of the code. */
export async function sessionTool(language: Execution['language']): Promise<ToolModule> {
  const of: ToolLanguage = language === 'python' ? 'python' : 'javascript'
  return { name: 'session', language: of, code: await readFile(assetPath(GUEST[of]), 'utf8'), function: 'session' }
}

/** The snapshots, and what the code has to know of them. */
export function sessionInputs({ folder, values }: SessionDraft, limits: SessionLimits): InputFile[] {
  const records = values.map(({ name, format, sha256 }, index) => ({ name, format, sha256, input: inputName(index) }))
  const files = values.map(({ file }, index) => ({ name: inputName(index), path: join(folder, file) }))
  return [{ name: `${SESSION_PREFIX}.json`, content: JSON.stringify({ values: records, limits }) }, ...files]
}

function inputName(index: number): string {
  return `${SESSION_PREFIX}-${index}`
}

/** The program, and after it the keeping of variables. Behind the program, so that its lines keep their numbers. */
export function keepVariables(
  { language, code }: Pick<Execution, 'language' | 'code'>,
  names: readonly string[],
): string {
  if (names.length === 0) return code
  if (language === 'python') {
    return `${code}\n\n__import__("tools").session._keep_named(globals(), ${JSON.stringify(names)})\n`
  }
  // No variable has such a name, and its getter would be no JavaScript.
  const getters = names.map((name) => `get ${name}() { ${RESERVED.has(name) ? THROW : `return ${name}`} }`)
  return `${code}\n;require('tools').session.keep({ ${getters.join(', ')} })\n`
}
