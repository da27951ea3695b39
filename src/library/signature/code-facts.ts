import { z } from 'zod'
import type { Execution } from '../../contracts/sandbox.ts'
import type { ToolSignature } from '../../contracts/tool.ts'

/** What stands in a tool's code, as far as the static checks ask for it. Line numbers count from 1. */
export const codeFacts = z.object({
  /** Numbers and texts, without docstrings, type hints and the defaults of parameters. */
  literals: z.array(z.object({ value: z.union([z.string(), z.number()]), line: z.number() })),
  /** Calls by dotted name, such as `subprocess.run`. */
  calls: z.array(z.object({ name: z.string(), line: z.number() })),
  /** Functions, classes and constants that the module defines at its top level, by name. */
  definitions: z.array(z.string()),
  /** Statements at the top level that do more than define something, with the calls in them. */
  atImport: z.array(
    z.object({ kind: z.enum(['expression', 'assignment', 'statement']), line: z.number(), calls: z.array(z.string()) }),
  ),
  /** Lines on which every exception is caught and a value given all the same, or nothing done. */
  swallows: z.array(z.number()),
  /** What belongs to the language and is given another value, such as `math.pi` or `Array.prototype.sum`. */
  patches: z.array(z.object({ name: z.string(), line: z.number() })),
  /** Modules that the code imports, by full name, such as `urllib.request`; Node's own without `node:`. */
  modules: z.array(z.string()),
  /** Packages that the code imports, by top-level name, without the standard library. */
  packages: z.array(z.string()),
  /** Packages that the code imports and that are not there. */
  unavailableImports: z.array(z.string()),
})

export type CodeFacts = z.infer<typeof codeFacts>
export type ImportTimeStatement = CodeFacts['atImport'][number]

export interface ReadOptions {
  /** Name of the package environment that the code may import from; null: the sandbox's own packages. */
  environment?: string | null
  signal?: AbortSignal
}

/** What the execution that reads it gets. No network: nobody calls anything yet. */
export function toGranted({ environment = null, signal }: ReadOptions): Pick<Execution, 'environment' | 'signal'> {
  return { ...(environment === null ? {} : { environment }), ...(signal ? { signal } : {}) }
}

/** The signature with further facts for `checkCode`, or why the code cannot be a tool: sentences for its author. */
export type SignatureReading = { signature: ToolSignature; facts: CodeFacts } | { problems: string[] }
