import type { ExecutionLanguage, Sandbox } from '../../contracts/sandbox.ts'
import { readJavascriptMutations } from './javascript-mutations.ts'
import type { Mutant } from './mutant.ts'
import { orderMutations } from './order-mutations.ts'
import { readPythonMutations } from './python-mutations.ts'

/** Enough to tell a good suite from a poor one: with 30 the share that is killed is known to within some 15 points. */
export const DEFAULT_MUTANTS = 30

/** Of every three changes that are tried, one at the most makes no module or one that was made before. */
const SPARE = 2

export interface MutantRequest {
  language: ExecutionLanguage
  code: string
  /** Chooses among the mutants where there are more than `limit`: the same seed gives the same ones. Default 1. */
  seed?: number
  /** Default 30. */
  limit?: number
  signal?: AbortSignal
}

/**
 * Makes small mutants of a module, each with one change, spread over kinds of change and lines; fewer than `limit` only where
 * the module has no more. Its docstrings, messages, type hints and the record `tool` stay as they are. The module is data
 * here: it is never run. A problem is a sentence for its author: code that cannot be parsed.
 */
export async function createMutants(
  sandbox: Sandbox,
  { language, code, seed = 1, limit = DEFAULT_MUTANTS, signal }: MutantRequest,
): Promise<Mutant[] | { problem: string }> {
  const source =
    language === 'python'
      ? await readPythonMutations(sandbox, code, { signal })
      : await readJavascriptMutations(sandbox, { code, language }, { signal })
  if ('problem' in source) return source
  return source.write(orderMutations(source.mutations, seed, limit * (1 + SPARE)), limit)
}
