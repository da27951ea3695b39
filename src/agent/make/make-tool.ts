import type { Difficulty, RoutedReply } from '../../contracts/models.ts'
import type { MakeStep } from '../../contracts/plan.ts'
import type { NewTool, Provenance, ToolNeeds, ToolVersion } from '../../contracts/tool.ts'
import type { Twin } from '../../domain/admission/finding.ts'
import type { RunContext } from '../run/run-context.ts'
import { cutEnd } from '../../domain/text/cut-middle.ts'
import { AdmissionRounds, type AdmissionOutcome } from './admission-rounds.ts'
import { bindInstances, findInstance } from '../instances/bind-instances.ts'
import { withoutLargeTests } from './first-call.ts'
import { withUniqueNames } from './parse-tests.ts'
import { isSameProgram } from '../../domain/code/same-program.ts'
import { settleDispute } from './settle-dispute.ts'
import { findNeighbours } from './find-neighbours.ts'
import type { TestSubject } from './judge-test.ts'
import { TestSuite } from './test-suite.ts'
import { verifyCode } from './verify-code.ts'
import { repairCode, writeCode, type WrittenCode } from './write-code.ts'
import { writeTests } from './write-tests.ts'

/** Each repair is a call one tier higher; what three of them do not mend, a new plan has to approach in another way. */
const MAX_REPAIRS = 3

/**
 * Of the mistakes that are planted into a quarantined tool, what tests that pass it have to see, for it to be taken for the tool
 * that is to be made. It is broken in a place that they do not look at, and mistakes planted there go unseen: the usual three
 * quarters are not to be had. Tests with a hole see 33 and 43 % of mistakes in good tools (`mutationVerdict`).
 */
const SEEN_OF_BROKEN = 0.5

/** Of a request that a tool was made for, in its index. */
const REQUEST_CHARACTERS = 300

export type MadeTool =
  | { tool: NewTool }
  | { twin: Twin }
  /** A tool that was taken out of use passes the tests of what is to be made: it is to be repaired, not made twice. */
  | { quarantined: Twin }
  | { failure: string }

/**
 * Makes a tool: tests from the specification, then code by another call, static checks, every test in a fresh sandbox, the
 * checks of admission, repairs with what was found. A tool of the library that turns out to do the same is given instead.
 * `tools` are what the new one may import; `isImported`: whether a program of this plan may import it, so that its language counts.
 */
export async function makeTool(
  context: RunContext,
  {
    step,
    difficulty,
    tools,
    isImported,
  }: { step: MakeStep; difficulty: Difficulty; tools: ToolVersion[]; isImported: boolean },
): Promise<MadeTool> {
  const { specification } = step
  const instances = await bindInstances(context, step)
  const { tests: written, replies, dropped: disputed } = await writeTests(context, { specification, difficulty })
  const tests = withUniqueNames([...written, ...instances.tests])
  const dropped = [...disputed, ...instances.dropped]
  const suite = new TestSuite(context, { stepId: step.id, specification, difficulty, tests, dropped })
  if (tests.every((test) => test.kind === 'error')) {
    const reasons = dropped.map(({ name, reason }) => `- ${name}: ${reason}`).join('\n')
    return { failure: `The specification leaves open what the tool gives, no test of a result is left:\n${reasons}` }
  }
  const rounds = await openRounds(context, { step, difficulty, suite, isImported })
  const ready = (await rounds?.findReady()) ?? null
  if (ready !== null) return { twin: ready }
  const quarantined = await findQuarantined(context, { step, rounds })
  if (quarantined !== null) return { quarantined }
  const spent = [...replies]
  let last: WrittenCode | null = null
  let failures = ''
  for (let attempt = 1; attempt <= 1 + MAX_REPAIRS; attempt += 1) {
    const written: WrittenCode =
      last === null
        ? await writeCode(context, { specification, difficulty, tools })
        : await repairCode(context, {
            specification,
            difficulty,
            last,
            failures,
            repair: attempt - 1,
            mayDispute: suite.mayDispute(last.code),
          })
    const insists: boolean = last !== null && isSameProgram(written.code, last.code, specification.language)
    spent.push(...written.replies)
    last = insists && last !== null ? { ...written, code: last.code } : written
    const { code } = last
    const { language } = specification
    context.events.emit({ type: 'code-written', stepId: step.id, language, code, attempt, specification })
    const settled = insists ? await settleDispute(suite, { code, failures }) : null
    const verified = settled ?? (await verify(context, { step, code, suite, tools, rounds }))
    if ('twin' in verified) return { twin: verified.twin }
    if ('subject' in verified) {
      const all = [...spent, ...suite.replies, ...(rounds?.replies ?? [])]
      const provenance = describeProvenance(context, { replies: all, repairs: attempt - 1 })
      return { tool: describeTool(context, { step, suite, provenance, verified }) }
    }
    failures = verified.failures
    if (verified.problems.length > 0) {
      context.events.emit({ type: 'code-rejected', stepId: step.id, attempt, problems: verified.problems })
    }
  }
  return {
    failure: `${1 + MAX_REPAIRS} versions of ${specification.name} were rejected. Of the last one:\n${failures}`,
  }
}

async function openRounds(
  context: RunContext,
  {
    step,
    difficulty,
    suite,
    isImported,
  }: { step: MakeStep; difficulty: Difficulty; suite: TestSuite; isImported: boolean },
): Promise<AdmissionRounds | null> {
  const { admission: gate, checksTools = true } = context.dependencies
  if (!checksTools) return null
  const { id: stepId, specification } = step
  const neighbours = await findNeighbours(context, specification)
  return new AdmissionRounds(context, {
    gate,
    policy: 'made',
    stepId,
    specification,
    difficulty,
    suite,
    neighbours,
    isImported,
  })
}

/** Null where the run keeps nothing, and where it has tried to repair the tool already. */
async function findQuarantined(
  context: RunContext,
  { step, rounds }: { step: MakeStep; rounds: AdmissionRounds | null },
): Promise<Twin | null> {
  if (rounds === null || !context.save) return null
  const neighbours = await findNeighbours(context, step.specification, ['quarantined'])
  const { unrepaired } = context.progress
  const open = neighbours.filter(({ version }) => !unrepaired.has(version.name))
  return rounds.findReady(open, SEEN_OF_BROKEN)
}

interface Verified {
  subject: TestSubject
  needs: ToolNeeds
  /** Null where nothing is asked beyond the tests. */
  admission: Extract<AdmissionOutcome, { doubts: string[] }> | null
}

async function verify(
  context: RunContext,
  options: {
    step: MakeStep
    code: string
    suite: TestSuite
    tools: ToolVersion[]
    rounds: AdmissionRounds | null
  },
): Promise<Verified | { twin: Twin } | { failures: string; problems: string[] }> {
  const verified = await verifyCode(context, { ...options, specification: options.step.specification })
  options.rounds?.count(verified.yields)
  if ('failures' in verified) return verified
  const admitted = (await options.rounds?.admit(verified.subject)) ?? null
  if (admitted !== null && !('doubts' in admitted)) return admitted
  return { ...verified, admission: admitted }
}

function describeTool(
  context: RunContext,
  options: { step: MakeStep; suite: TestSuite; provenance: Provenance; verified: Verified },
): NewTool {
  const { step, suite, provenance, verified } = options
  const { subject, needs, admission } = verified
  const { whenToUse, exampleRequests } = step.specification
  const tests = [...suite.tests]
  const doubts = [...(admission?.doubts ?? []), ...suite.undecided]
  const at = new Date(context.clock()).toISOString()
  const earlierRequests = (step.from ?? []).flatMap((instance) => {
    const found = findInstance(context, instance)
    return found === undefined ? [] : [cutEnd(found.request, REQUEST_CHARACTERS)]
  })
  return withoutLargeTests({
    ...subject.signature,
    code: subject.code,
    whenToUse,
    exampleRequests: [...exampleRequests, ...earlierRequests],
    tests,
    provenance: earlierRequests.length === 0 ? provenance : { ...provenance, earlierRequests },
    needs,
    admission: admission === null ? null : { at, ...admission.record, droppedTests: [...suite.dropped] },
    state: doubts.length === 0 ? 'verified' : 'candidate',
    stateReason: doubts.length === 0 ? 'passed its tests when it was made' : `in doubt: ${doubts.join(' ')}`,
  })
}

/** Who made it in this run, and what that cost. */
export function describeProvenance(
  context: RunContext,
  { replies, repairs }: { replies: RoutedReply[]; repairs: number },
): Provenance {
  const costs = replies.map((reply) => reply.costUsd)
  return {
    runId: context.runId,
    model: replies.findLast((reply) => reply.role === 'coder')?.model ?? null,
    createdAt: new Date(context.clock()).toISOString(),
    source: 'made',
    request: context.request.text,
    repairs,
    tokens: replies.reduce((sum, { usage }) => sum + usage.inputTokens + usage.outputTokens, 0),
    costUsd: costs.some((cost) => cost === null) ? null : costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0),
  }
}
