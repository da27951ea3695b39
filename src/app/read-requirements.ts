import { readFile, stat } from 'node:fs/promises'
import { HandaxeError } from '../contracts/errors.ts'
import type { ToolLanguage } from '../contracts/sandbox.ts'

/** No list of packages that somebody wrote is longer. */
const MOST_BYTES = 1024 * 1024

/**
 * The packages of a `requirements.txt` or a `package.json`, in the order of the file; what each of them may be is checked where
 * they are installed. Rejects with `invalid_input_file`, which names the line.
 */
export async function readRequirements(path: string, language: ToolLanguage): Promise<string[]> {
  const text = await readText(path)
  return language === 'python' ? parseRequirementsFile(text, path) : parsePackageFile(text, path)
}

async function readText(path: string): Promise<string> {
  try {
    if ((await stat(path)).size > MOST_BYTES) throw new Error(`it is larger than ${MOST_BYTES} bytes`)
    return (await readFile(path, 'utf8')).replace(/^\uFEFF/, '')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw unusable(path, code === 'ENOENT' ? 'does not exist' : `cannot be read: ${message}`)
  }
}

/** Lines as pip reads them: comments, continued lines, blank ones. Its options are refused rather than passed over. */
function parseRequirementsFile(text: string, path: string): string[] {
  const packages: string[] = []
  let waiting = ''
  for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const isContinued = raw.endsWith('\\')
    const line = waiting + (isContinued ? raw.slice(0, -1) : raw)
    waiting = isContinued ? line : ''
    const requirement = line.replace(/(?:^|\s)#.*$/, '').trim()
    if (isContinued || requirement === '') continue
    if (requirement.startsWith('-') || /\s--/.test(requirement)) {
      throw unusable(path, `has an option of pip in line ${index + 1}: ${JSON.stringify(requirement.slice(0, 100))}`)
    }
    packages.push(requirement)
  }
  if (waiting.trim() !== '') throw unusable(path, 'ends in the middle of a continued line')
  return packages
}

function parsePackageFile(text: string, path: string): string[] {
  let dependencies: unknown
  try {
    const data: unknown = JSON.parse(text)
    dependencies = isRecord(data) ? (data['dependencies'] ?? {}) : null
  } catch (error) {
    throw unusable(path, `is not valid JSON: ${(error as Error).message}`)
  }
  if (!isRecord(dependencies) || !Object.values(dependencies).every((version) => typeof version === 'string')) {
    throw unusable(path, 'has no `dependencies` of names with versions')
  }
  return Object.entries(dependencies).map(([name, version]) => `${name}@${String(version)}`)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unusable(path: string, problem: string): HandaxeError {
  return new HandaxeError('invalid_input_file', `${path} ${problem}`, {
    hint: 'Give a requirements.txt with a package in each line, or a package.json with --language javascript',
  })
}
