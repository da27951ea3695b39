import type { Sandbox } from '../../contracts/sandbox.ts'
import type { AdmissionRecord, ToolTest } from '../../contracts/tool.ts'
import { verdictOf, type MutationVerdict } from '../../domain/admission/mutation-verdict.ts'
import type { CompareValues, ToolUnderTest } from '../subject.ts'
import type { MutationCheck } from './check-mutants.ts'
import { tellApart, type ToldApart } from './tell-apart.ts'

export interface JudgedMutants extends MutationVerdict {
  /** For the tool's record. */
  record: NonNullable<AdmissionRecord['mutants']>
  /** Mutants that some input tells from the tool and no test sees, those with the smallest input first. */
  unseen: ToldApart[]
}

/**
 * Judges tests by the planted mistakes that they see, by one rule for every tool, whoever made it: a mutant that does the
 * same as the tool for every input is no mistake, and no test is asked to see it. Looks for such mutants only if they could
 * change the verdict.
 */
export async function judgeMutants(
  check: MutationCheck,
  {
    threshold,
    ...subject
  }: {
    sandbox: Sandbox
    tool: ToolUnderTest
    tests: readonly ToolTest[]
    compare: CompareValues
    /** The least share of mistakes that has to be seen; default that of `mutationVerdict`. */
    threshold?: number
    signal?: AbortSignal
  },
): Promise<JudgedMutants> {
  const record = { tried: check.total, survived: check.survived.length, alike: 0 }
  const first = verdictOf(record, threshold)
  if (first.verdict !== 'weak') return { ...first, record, unseen: [] }
  const told = await tellApart({ ...subject, mutants: check.survived })
  const unseen = told.filter(({ input }) => input !== null)
  const judged = { ...record, alike: told.length - unseen.length }
  return { ...verdictOf(judged, threshold), record: judged, unseen }
}
