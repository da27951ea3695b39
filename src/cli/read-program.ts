import { readFile } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { HandaxeError } from '../contracts/errors.ts'
import type { ExecutionLanguage } from '../contracts/sandbox.ts'
import type { CommandContext } from './command.ts'
import { choiceOption } from './option-values.ts'
import { decodeText } from './decode-text.ts'
import { readStandardInput } from './read-standard-input.ts'

const LANGUAGES: readonly ExecutionLanguage[] = ['python', 'javascript', 'typescript']
const LANGUAGE_BY_ENDING: Record<string, ExecutionLanguage> = {
  '.py': 'python',
  '.js': 'javascript',
  '.mjs': 'javascript',
  '.cjs': 'javascript',
  '.ts': 'typescript',
  '.mts': 'typescript',
}

/** The program that the command line names, and its language: by `--language`, by its ending, else Python. */
export async function readProgram({
  options,
  positionals,
  workingFolder,
}: CommandContext): Promise<{ code: string; language: ExecutionLanguage }> {
  const source = positionals[0] ?? '-'
  const code = await readSource(source, workingFolder)
  const language =
    choiceOption(options, 'language', LANGUAGES) ?? LANGUAGE_BY_ENDING[extname(source).toLowerCase()] ?? 'python'
  return { code, language }
}

async function readSource(source: string, workingFolder: string): Promise<string> {
  if (source === '-') return readStandardInput()
  try {
    return decodeText(await readFile(resolve(workingFolder, source)), source)
  } catch (error) {
    if (HandaxeError.isInstance(error)) throw error
    const code = (error as NodeJS.ErrnoException).code
    const reason = code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`
    throw new HandaxeError('invalid_input_file', `The program ${source} ${reason}`, {
      cause: error,
      hint: 'Use - for standard input.',
    })
  }
}
