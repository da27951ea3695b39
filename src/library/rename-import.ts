import type { ToolLanguage } from '../contracts/sandbox.ts'

export interface ImportRenaming {
  language: ToolLanguage
  /** How the code may spell the name: as it is, and in camelCase. */
  spellings: readonly string[]
  /** The module that is meant. */
  target: string
}

/**
 * The code with its import of one tool led to another module: `from tools import mean` becomes
 * `from tools import mean__v1 as mean`, and no line moves. Null where the import is not of the plain form, or where the
 * code also reaches `tools` by other ways, which would still find the other version.
 */
export function renameImport(code: string, { language, spellings, target }: ImportRenaming): string | null {
  if (OTHER_ACCESS[language].test(code)) return null
  let found = false
  const renamed = code.replaceAll(IMPORT_LIST[language], (statement: string) =>
    statement.replaceAll(LIST_PART, (part: string, name: string | undefined, alias: string | undefined) => {
      if (name === undefined || !spellings.includes(name)) return part
      found = true
      return alias === undefined ? `${target} as ${name}` : `${target}${alias}`
    }),
  )
  return found ? renamed : null
}

/** The list of names of an import from `tools`, the words before it excluded by look-behind. */
const IMPORT_LIST: Record<ToolLanguage, RegExp> = {
  python:
    /(?<=^[ \t]*from[ \t]+tools[ \t]+import\b[ \t]*)(?![ \t])(?:\((?:#[^\n]*|[^()#])*\)|(?:[^\n\\;#(]|\\\r?\n)(?:[^\n\\;#]|\\\r?\n)*)/gm,
  javascript: /(?<=\bimport\s*)\{[^{}]*\}(?=\s*from\s*['"]tools['"])/g,
}

/** A comment, or a name with what it is to be known as. */
const LIST_PART = /#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/|([\p{L}_$][\p{L}\p{N}_$]*)(\s+as\s+[\p{L}_$][\p{L}\p{N}_$]*)?/gu

const OTHER_ACCESS: Record<ToolLanguage, RegExp> = {
  python: /^[ \t]*import[ \t]+(?:[\w., \t]+,[ \t]*)?tools\b|import_module\s*\(|__import__\s*\(/m,
  javascript:
    /\b(?:require|import)\s*\(\s*['"`]tools['"`]|\bimport\s*(?:\*|[\p{L}_$])[^;'"]*from\s*['"]tools['"]|\bexport\s*[*{][^;'"]*from\s*['"]tools['"]/u,
}
