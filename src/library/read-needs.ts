import { isBuiltin } from 'node:module'
import type { ToolLanguage } from '../contracts/sandbox.ts'
import type { ToolNeeds } from '../contracts/tool.ts'
import type { CodeFacts } from './signature/code-facts.ts'

/**
 * What a tool's code needs beside its language, as it stands in the code: packages outside the standard library, and host
 * functions by name. No network and no environment: nothing in code can ask for these, a person grants them.
 */
export function readNeeds(language: ToolLanguage, { packages, modules, calls }: CodeFacts): ToolNeeds {
  const called = modules.includes('host') ? calls.flatMap(({ name }) => hostFunction(name, language)) : []
  return {
    packages: packages.filter((name) => name !== 'host' && (language === 'python' || !isBuiltin(name))),
    environment: null,
    network: [],
    hostFunctions: [...new Set(called)].toSorted(),
  }
}

/** `host.look_up`, `host.aio.look_up` and JavaScript's `host.lookUp` are one function. */
function hostFunction(call: string, language: ToolLanguage): string[] {
  const name = /^host\.(?:aio\.)?(\w+)$/.exec(call)?.[1]
  if (name === undefined) return []
  return [language === 'python' ? name : name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)]
}
