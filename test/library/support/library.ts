import type { Library } from '../../../src/contracts/library.ts'
import type { NewTool } from '../../../src/contracts/tool.ts'
import type { Store } from '../../../src/contracts/store.ts'
import { openLibrary } from '../../../src/library/open-library.ts'
import { openStore } from '../../../src/store/open-store.ts'
import { sampleTool } from '../../store/support/samples.ts'

/** A library in memory, over the real store. */
export async function openTestLibrary(): Promise<{ library: Library; store: Store }> {
  const store = await openStore({ path: ':memory:' })
  return { library: openLibrary({ store }), store }
}

export function newTool(name: string, changes: Partial<NewTool> = {}): NewTool {
  const text = `The ${name.replaceAll('_', ' ')}.`
  const {
    pins: _pins,
    codeHash: _hash,
    stateReason: _reason,
    ...tool
  } = sampleTool(name, {
    summary: text,
    description: text,
    inputSchema: { type: 'object', properties: {} },
    code: `def ${name}():\n    return 1\n`,
    tests: [],
    ...changes,
  })
  return tool
}

/** A Python tool that imports others and gives a number. */
export function pythonTool(name: string, uses: string[], expression: string, changes: Partial<NewTool> = {}): NewTool {
  const imports = uses.length === 0 ? '' : `from tools import ${uses.join(', ')}\n\n`
  return newTool(name, { uses, code: `${imports}def ${name}():\n    return ${expression}\n`, ...changes })
}

export function javascriptTool(name: string, uses: string[], expression: string): NewTool {
  const camelCase = (text: string): string => text.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
  const imports = uses.length === 0 ? '' : `import { ${uses.map(camelCase).join(', ')} } from 'tools'\n`
  return newTool(name, {
    language: 'javascript',
    function: camelCase(name),
    uses: uses.map(camelCase),
    code: `${imports}export default function ${camelCase(name)}() {\n  return ${expression}\n}\n`,
  })
}
