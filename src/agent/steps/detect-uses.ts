import type { ExecutionLanguage } from '../../contracts/sandbox.ts'

/**
 * The names that a program imports from `tools`, as snake_case. A model forgets to list them in the plan more often than
 * it forgets the import; what the code says is found here, and whether such tools exist is checked by the caller.
 */
export function detectUses(code: string, language: ExecutionLanguage): string[] {
  const names = language === 'python' ? detectPython(code) : detectJavaScript(code)
  return [...new Set(names)]
}

function detectPython(code: string): string[] {
  const imports = code.matchAll(/^[ \t]*from[ \t]+tools[ \t]+import[ \t]+(?:\(([^)]*)\)|([^\n#]*))/gm)
  return [...imports].flatMap((match) =>
    (match[1] ?? match[2] ?? '')
      .replaceAll(/#[^\n]*/g, '')
      .split(',')
      .map((part) => part.trim().split(/\s+as\s+/)[0] ?? '')
      .filter((name) => /^\w+$/.test(name)),
  )
}

function detectJavaScript(code: string): string[] {
  const imports = code.matchAll(/import\s*\{([^}]*)\}\s*from\s*['"]tools['"]/g)
  return [...imports].flatMap((match) =>
    (match[1] ?? '')
      .split(',')
      .map((part) => part.trim().split(/\s+as\s+/)[0] ?? '')
      .filter((name) => /^\w+$/.test(name))
      .map((name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)),
  )
}
