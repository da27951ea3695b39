import type { Mutant, Mutation } from './mutant.ts'

/** The changes that can be made to one module. */
export interface MutationSource {
  mutations: readonly Mutation[]
  /**
   * The first `limit` of the mutants with these indices, in this order; those that do not make a module, or the same one as
   * a mutant before, are passed over.
   */
  write(indices: readonly number[], limit: number): Promise<Mutant[] | { problem: string }>
}
