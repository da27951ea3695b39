import type { ToolSignature } from '../../contracts/tool.ts'
import type { CodeFacts } from '../signature/code-facts.ts'

/**
 * Definitions under the name of another tool of the library: a reader takes the one for the other, and the module cannot
 * import that tool any more.
 */
export function checkNames(
  { name, function: called }: ToolSignature,
  { definitions }: CodeFacts,
  otherTools: readonly string[],
): string[] {
  const others = new Set(otherTools)
  const shadowing = definitions.filter((one) => one !== called && one !== name && others.has(toSnakeCase(one)))
  return shadowing.map(
    (one) =>
      `It defines ${one}, which is the name of another tool: import that one from tools, or choose another name.`,
  )
}

function toSnakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
