import { z } from 'zod'
import type { JsonObject } from '../../contracts/json.ts'
import type { Sandbox } from '../../contracts/sandbox.ts'
import { joinAssets } from '../../util/join-assets.ts'
import { MUTATION_KINDS, type Mutant, type Mutation } from './mutant.ts'
import type { MutationSource } from './mutation-source.ts'

/** Later parts use what the earlier ones define. */
const PARTS = ['mutation_operators.py', 'mutation_finder.py', 'mutate_python.py']

const mutation: z.ZodType<Mutation> = z.strictObject({
  kind: z.enum(MUTATION_KINDS),
  line: z.number(),
  before: z.string(),
  after: z.string(),
})
const listing = z.union([z.strictObject({ problem: z.string() }), z.strictObject({ mutations: z.array(mutation) })])
const writing = z.union([
  z.strictObject({ problem: z.string() }),
  z.strictObject({ mutants: z.array(z.strictObject({ index: z.number(), code: z.string() })) }),
])

/** Mutants of a Python module, made inside the sandbox by trusted code that has the module as data and never runs it. */
export async function readPythonMutations(
  sandbox: Sandbox,
  code: string,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<MutationSource | { problem: string }> {
  const call = async <Value>(name: string, args: JsonObject, schema: z.ZodType<Value>) => {
    const result = await sandbox.execute({
      language: 'python',
      code: await joinAssets(PARTS.map((part) => `admission/guest/${part}`)),
      call: { function: name, arguments: args },
      ...(signal ? { signal } : {}),
    })
    signal?.throwIfAborted()
    if (result.error !== undefined && result.status === 'error') {
      throw new Error(`The guest program that mutates failed: ${result.error.type}: ${result.error.message}`)
    }
    // Deep nesting can overflow the stack of Python's parser, which ends the process.
    if (result.status !== 'ok')
      return { problem: `The code cannot be mutated: the parser ended with '${result.status}'.` }
    return schema.parse(result.value)
  }
  const listed = await call('list_mutations', { code }, listing)
  if ('problem' in listed) return listed
  const { mutations } = listed
  return {
    mutations,
    async write(indices, limit) {
      const written = await call('write_mutants', { code, indices: [...indices], limit }, writing)
      if ('problem' in written) return written
      return written.mutants.map((mutant): Mutant => {
        const made = mutations[mutant.index]
        if (made === undefined) throw new Error(`The guest wrote mutant ${mutant.index} of ${mutations.length}`)
        return { ...made, code: mutant.code }
      })
    },
  }
}
