import type { ToolLanguage } from '../../contracts/sandbox.ts'
import type { ToolSignature } from '../../contracts/tool.ts'
import { joinAssets } from '../../util/join-assets.ts'
import type { ToolUnderTest } from '../subject.ts'

const ADAPTERS: Readonly<Record<ToolLanguage, string>> = { python: 'adapt_tool.py', javascript: 'adapt-tool.mjs' }

/** The name under which the adapters import the tool that they call, and what it is replaced by. */
const TARGET = 'adapted_tool'

/**
 * `other` under the name and with the parameters of `signature`, so that tests and inputs of that tool can be run on it.
 * `names` is from `alignParameters`. Null where the two cannot stand side by side: one imports a tool of the other's name.
 */
export async function adaptTool(
  other: ToolUnderTest,
  signature: ToolSignature,
  names: ReadonlyMap<string, string>,
): Promise<ToolUnderTest | null> {
  const { name, language, function: called } = other.signature
  const given = other.needs === undefined ? {} : { needs: other.needs }
  const imported = other.tools.filter((tool) => tool.name !== name)
  // By its name: the adapters of two tools may stand side by side.
  const target = `${TARGET}_${name}`
  if (imported.some((tool) => tool.name === signature.name || tool.name === target)) return null
  if ([...names].every(([here, there]) => here === there)) {
    return { code: other.code, signature: { ...signature, function: called }, tools: imported, ...given }
  }
  const template = await joinAssets([`admission/guest/${ADAPTERS[language]}`])
  // A list of pairs of texts reads the same in JSON, Python and JavaScript.
  const code = template.replaceAll(TARGET, target).replace(/(["'])\{\{NAMES\}\}\1/, () => JSON.stringify([...names]))
  const module = { name: target, language, code: other.code, function: called }
  return { code, signature: { ...signature, function: 'adapted' }, tools: [...imported, module], ...given }
}
