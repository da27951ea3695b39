/**
 * True for a program that shows by its text that it cannot give false: it never names the tool outside of its import, or it
 * only ever gives the literal true. What the text does not show, running it on broken tools does.
 */
export function assertsNothing(program: string, tool: string): boolean {
  const code = stripComments(program)
  const results = [...code.matchAll(/\bresult\s*\(/g)].map((match) =>
    argumentAfter(code, match.index + match[0].length),
  )
  if (results.length === 0) return true
  if (results.every((argument) => /^(?:true|1|not false|!false|bool\(1\)|)$/i.test(argument))) return true
  return !callsTool(code, tool)
}

/** In snake_case, as the library names it, or in camelCase, as JavaScript does; by another name after `as` or `:`. */
function callsTool(code: string, tool: string): boolean {
  const camel = tool.replaceAll(/_+([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())
  const withoutImport = code
    .replaceAll(/^\s*(?:from\s+tools\s+import\s+.*|import\s+tools\b.*)$/gm, '')
    .replaceAll(/import\s*\{[^}]*\}\s*from\s*['"]tools['"]/g, '')
  const names = [tool, camel, ...aliasesOf(code, [tool, camel])]
  return names.some((name) => new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`).test(withoutImport))
}

function aliasesOf(code: string, names: readonly string[]): string[] {
  return names.flatMap((name) =>
    [...code.matchAll(new RegExp(`(?<![\\w$])${name}\\s+as\\s+([A-Za-z_$][\\w$]*)`, 'g'))].map(
      (match) => match[1] ?? '',
    ),
  )
}

function stripComments(code: string): string {
  return code.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)(?:#|\/\/).*$/gm, '$1')
}

/** The text up to the bracket that closes the one before `start`. */
function argumentAfter(code: string, start: number): string {
  let depth = 1
  for (let at = start; at < code.length; at += 1) {
    const character = code[at]
    if (character === '(' || character === '[' || character === '{') depth += 1
    else if (character === ')' || character === ']' || character === '}') depth -= 1
    if (depth === 0) return code.slice(start, at).trim()
  }
  return code.slice(start).trim()
}
