import type { Library } from '../../../src/contracts/library.ts'
import type { NewTool } from '../../../src/contracts/tool.ts'
import type { Store } from '../../../src/contracts/store.ts'
import { openLibrary } from '../../../src/library/open-library.ts'
import { openStore } from '../../../src/store/open-store.ts'

/** A library in memory, over the real store. */
export async function openTestLibrary(): Promise<{ library: Library; store: Store }> {
  const store = await openStore({ path: ':memory:' })
  return { library: openLibrary({ store }), store }
}

export function newTool(name: string, changes: Partial<NewTool> = {}): NewTool {
  return {
    name,
    function: name,
    language: 'python',
    summary: `The ${name.replaceAll('_', ' ')}.`,
    description: `The ${name.replaceAll('_', ' ')}.`,
    inputSchema: { type: 'object', properties: {} },
    outputSchema: { type: 'number' },
    imports: [],
    uses: [],
    code: `def ${name}():\n    return 1\n`,
    whenToUse: '',
    exampleRequests: [],
    tests: [],
    provenance: {
      runId: null,
      model: null,
      createdAt: '2026-01-02T03:04:05.000Z',
      source: 'made',
      request: null,
      repairs: 0,
      tokens: 0,
      costUsd: null,
    },
    state: 'verified',
    ...changes,
  }
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
