import { HandaxeError } from '../../contracts/errors.ts'
import type { AdmissionFinding } from '../../domain/admission/finding.ts'
import { withSignal, type Check, type CheckContext, type CheckVerdict } from '../check.ts'
import { checkMutants, type MutationCheck } from '../mutation/check-mutants.ts'
import { judgeMutants, type JudgedMutants } from '../mutation/judge-mutants.ts'

/** Most mutants end with the first or second test. */
const EXECUTIONS_OF_A_MUTANT = 3
/** With fewer there is no verdict. If fewer can be paid for they are tried all the same: what ends them says so. */
const LEAST_MUTANTS = 5
/** Fewer mistakes that are all seen may all be of one kind, such as another type of value. */
const TELLING_MUTANTS = 3
const SHOWN_MUTANTS = 5

/** Small faults planted into the code: do its tests see them? */
export const mutationCheck: Check = {
  name: 'mutation',
  executes: true,
  skip({ mutants, facts }) {
    if (mutants === null) return 'not-asked'
    return facts.asserting === 0 ? 'nothing-to-check' : null
  },
  async run(context) {
    const check = await plant(context)
    if ('problem' in check) {
      return { findings: [{ check: 'mutation', code: 'unsteady', problem: check.problem }] }
    }
    const { sandbox, subject, means, mutants } = context
    const { tool, tests } = subject
    const threshold = mutants?.threshold
    const judged = await judgeMutants(check, {
      sandbox,
      tool,
      tests,
      compare: means.compare,
      ...(threshold === undefined ? {} : { threshold }),
      ...withSignal(context),
    })
    const { stopped } = check
    const common = { facts: { mutants: judged.record }, stopped }
    return judged.verdict === 'weak'
      ? { ...common, ...toWeak(judged, threshold) }
      : { ...common, findings: judgeProperties(context, judged) }
  },
}

async function plant(context: CheckContext): Promise<MutationCheck | { problem: string }> {
  const { sandbox, subject, means, mutants, remainingExecutions } = context
  const { limit = 0, wallMs = 0, seed } = mutants ?? {}
  const affordable = Math.floor(remainingExecutions / EXECUTIONS_OF_A_MUTANT)
  try {
    return await checkMutants({
      sandbox,
      tool: subject.tool,
      tests: subject.tests,
      runTests: means.runTests,
      limit: Math.max(LEAST_MUTANTS, Math.min(limit, affordable)),
      wallMs,
      ...(means.judge ? { judge: means.judge } : {}),
      ...(seed === undefined ? {} : { seed }),
      ...withSignal(context),
    })
  } catch (error) {
    // A tool that passed its tests a moment ago and fails one now is not steady.
    if (!HandaxeError.isInstance(error) || error.code !== 'tool_rejected') throw error
    return { problem: error.message }
  }
}

function toWeak({ record, unseen }: JudgedMutants, threshold: number | undefined): CheckVerdict {
  const shown = unseen.slice(0, SHOWN_MUTANTS).map(({ mutant: { line, before, after } }) => ({ line, before, after }))
  const least = threshold === undefined ? {} : { threshold }
  return {
    findings: [{ check: 'mutation', code: 'weak', record, unseen: shown, ...least }],
    unseen: unseen.flatMap(({ input }) => (input === null ? [] : [input])),
  }
}

/**
 * Properties count like examples where they see planted mistakes. Where these are too few for a verdict and not all of them
 * are seen, nothing shows what the properties are worth.
 */
function judgeProperties({ facts }: CheckContext, { verdict, record }: JudgedMutants): AdmissionFinding[] {
  const { tried: planted, survived } = record
  const seesAll = planted >= TELLING_MUTANTS && survived === 0
  if (verdict === 'strong' || seesAll || !facts.restsOnProperties) return []
  return [{ check: 'test-quality', code: 'unproven-properties', tests: [], seen: planted - survived, planted }]
}
