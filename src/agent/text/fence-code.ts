import type { ToolVersion } from '../../contracts/tool.ts'

/** Code in a fenced block. The fence is longer than any run of backticks in the code. */
export function fenceCode(code: string, language: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`{3,}/g)].map((match) => match[0].length))
  const marks = '`'.repeat(longest + 1)
  return `${marks}${language}\n${code.trimEnd()}\n${marks}`
}

/** Tools as the models are shown them, each a typed signature in a block; `none` where there are none. */
export function renderTools(
  tools: readonly ToolVersion[],
  { renderSignature, none }: { renderSignature: (tool: ToolVersion) => string; none: string },
): string {
  if (tools.length === 0) return none
  const blocks = tools.map((tool) =>
    fenceCode(renderSignature(tool), tool.language === 'python' ? 'python' : 'typescript'),
  )
  return blocks.join('\n\n')
}
