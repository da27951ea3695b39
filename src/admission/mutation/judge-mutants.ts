import type { Sandbox } from '../../contracts/sandbox.ts'
import type { AdmissionRecord, ToolTest } from '../../contracts/tool.ts'
import type { CompareValues, ToolUnderTest } from '../subject.ts'
import type { MutationCheck } from './check-mutants.ts'
import { mutationVerdict, type MutationVerdict } from './mutation-verdict.ts'
import { tellApart, type ToldApart } from './tell-apart.ts'

/**
 * Of all mutants, those that may do the same as the tool: studies find 5 to 25 %. More of them stand in code that no input
 * reaches, such as a branch for the data of one request, and that is held against the tests.
 */
const ALIKE_SHARE = 0.25

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

/** The verdict on recorded mutants. A record of before `alike` was written gets the benefit of the doubt. */
export function verdictOf(
  { tried, survived, alike = survived }: NonNullable<AdmissionRecord['mutants']>,
  threshold?: number,
): MutationVerdict {
  const total = tried - Math.min(alike, Math.floor(ALIKE_SHARE * tried))
  return mutationVerdict({ total, share: total === 0 ? null : (tried - survived) / total }, threshold)
}
