import { z } from 'zod'
import type { ExecutionLanguage, Sandbox } from '../../contracts/sandbox.ts'
import { joinAssets } from '../../util/join-assets.ts'
import { listChanges } from './javascript/list-changes.ts'
import { parseProgram, type Change } from './javascript/syntax-tree.ts'
import type { Mutant } from './mutant.ts'
import type { MutationSource } from './mutation-source.ts'

const LINE_CHARACTERS = 120

/**
 * Mutants of a JavaScript module, made on the host from its syntax tree; nothing of it is run. Types are taken out first,
 * inside the sandbox, so that the mutants of a TypeScript module are JavaScript, with its lines where they were.
 */
export async function readJavascriptMutations(
  sandbox: Sandbox,
  { code, language }: { code: string; language: ExecutionLanguage },
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<MutationSource | { problem: string }> {
  const plain = language === 'typescript' ? await stripTypes(sandbox, code, signal) : { code }
  if ('problem' in plain) return plain
  const parsed = parseProgram(plain.code)
  if ('problem' in parsed) {
    // As Node and the sandbox do: TypeScript that calls itself JavaScript is taken for what it is.
    if (language === 'typescript') return parsed
    const typed = await readJavascriptMutations(sandbox, { code, language: 'typescript' }, { signal })
    return 'problem' in typed ? parsed : typed
  }
  return toSource(listChanges(parsed.program, plain.code), plain.code)
}

function toSource(changes: (Change & { line: number })[], code: string): MutationSource {
  const mutations = changes.map(({ kind, line, start, end, text }) => ({
    kind,
    line,
    before: toLine(code.slice(start, end)),
    after: toLine(text),
  }))
  return {
    mutations,
    write(indices, limit) {
      const seen = new Set([code])
      const mutants: Mutant[] = []
      for (const index of indices) {
        const change = changes[index]
        const mutation = mutations[index]
        if (mutants.length === limit || change === undefined || mutation === undefined) break
        const changed = code.slice(0, change.start) + change.text + code.slice(change.end)
        // `await` in a place that the change has made wrong, and the like.
        if (seen.has(changed) || 'problem' in parseProgram(changed)) continue
        seen.add(changed)
        mutants.push({ ...mutation, code: changed })
      }
      return Promise.resolve(mutants)
    },
  }
}

function toLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length <= LINE_CHARACTERS ? line : `${line.slice(0, LINE_CHARACTERS - 1).toWellFormed()}…`
}

const stripped = z.union([z.strictObject({ code: z.string() }), z.strictObject({ problem: z.string() })])

async function stripTypes(
  sandbox: Sandbox,
  code: string,
  signal: AbortSignal | undefined,
): Promise<z.infer<typeof stripped>> {
  const result = await sandbox.execute({
    language: 'javascript',
    code: await joinAssets(['admission/guest/strip-types.mjs']),
    call: { function: 'stripTypes', arguments: { code } },
    ...(signal ? { signal } : {}),
  })
  signal?.throwIfAborted()
  if (result.status === 'ok') return stripped.parse(result.value)
  return { problem: result.error?.message ?? `The types cannot be taken out: it ended with '${result.status}'.` }
}
