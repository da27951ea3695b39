import { DEFAULT_ADMISSION_BUDGET } from '../../contracts/limits.ts'
import { ADMISSION_CHECKS, USABLE_STATES, type NewTool, type ToolVersion } from '../../contracts/tool.ts'
import { describeFinding } from '../../domain/admission/describe-finding.ts'
import { doubtsOf } from '../../domain/admission/report.ts'
import { SpendingLimit } from '../../domain/failures/spending-limit.ts'
import { openCountedSandbox } from '../make/checked-sandbox.ts'
import { withUniqueNames } from '../make/parse-tests.ts'
import type { RunContext } from '../run/run-context.ts'
import { joinTests } from './join-tests.ts'

const REASON_CHARACTERS = 800

/** It was admitted for itself; this is what is left to ask. */
const PASSED = ADMISSION_CHECKS.filter((check) => check !== 'regression')

/**
 * A tool that is to take the place of `old` has to pass that version's tests, which become its own, and to give the values of
 * its kept calls. One that does not is a candidate. Without an old version, and for a candidate, nothing is asked.
 */
export async function holdAgainst(
  context: RunContext,
  { tool, old }: { tool: NewTool; old: ToolVersion | null },
): Promise<NewTool> {
  // A candidate never takes the place of another version.
  if (old === null || !USABLE_STATES.includes(tool.state ?? 'candidate')) return tool
  const { library, admission, admissionBudget, describeSpecification } = context.dependencies
  const { code, needs } = tool
  const report = await admission.admit({
    policy: 'made',
    ...(await openCountedSandbox(context)),
    spending: new SpendingLimit(admissionBudget ?? DEFAULT_ADMISSION_BUDGET),
    tool: { code, signature: tool, tools: await context.shelf.closure(tool.uses), ...(needs ? { needs } : {}) },
    specification: describeSpecification(old),
    specificationText: '',
    tests: tool.tests,
    neighbours: [],
    otherLanguages: false,
    predecessor: { version: old.version, tests: old.tests, calls: await library.keptCalls(old.name, old.version) },
    depth: context.admission,
    askReviewer: null,
    mayStrengthen: false,
    passed: PASSED,
    earlier: null,
    signal: context.signal,
  })
  const differences = doubtsOf(report).map(({ finding }) => describeFinding(finding))
  if (differences.length === 0) return { ...tool, tests: withUniqueNames(joinTests([tool, old])) }
  const reason = `does not hold what version ${old.version} held: ${differences.join(' ').slice(0, REASON_CHARACTERS)}`
  return { ...tool, state: 'candidate', stateReason: reason }
}
