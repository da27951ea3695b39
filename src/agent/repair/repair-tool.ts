import { HandaxeError } from '../../contracts/errors.ts'
import type { JsonObject } from '../../contracts/json.ts'
import type { RoutedReply } from '../../contracts/models.ts'
import type { ToolSpecification } from '../../contracts/run.ts'
import { USABLE_STATES, type KeptCall, type ToolNeeds, type ToolTest, type ToolVersion } from '../../contracts/tool.ts'
import { isSameProgram } from '../../domain/code/same-program.ts'
import type { AdmissionReport, Regression } from '../../domain/admission/report.ts'
import { AdmissionRounds } from '../make/admission-rounds.ts'
import { announceTool, saveTool } from '../make/keep-tool.ts'
import { describeProvenance } from '../make/make-tool.ts'
import { withUniqueNames } from '../make/parse-tests.ts'
import { renderFailures } from '../make/render-failures.ts'
import type { TestSubject } from '../make/judge-test.ts'
import { failed } from '../make/run-test.ts'
import { settleDispute } from '../make/settle-dispute.ts'
import { TestSuite } from '../make/test-suite.ts'
import { verifyCode } from '../make/verify-code.ts'
import { repairCode, writeNextVersion, type WrittenCode } from '../make/write-code.ts'
import type { RunContext } from '../run/run-context.ts'
import { collectFailures, type RecordedFailure } from './collect-failures.ts'
import { joinTests } from './join-tests.ts'
import { renderFaults } from './render-faults.ts'

/** As for a new tool: what four versions do not reach, each by a stronger model, is for a person. */
const MAX_VERSIONS = 4

/** Under it stand the events of a repair that is a run of its own. */
const STEP = 'repair'

interface Repair {
  name: string
  version: number | undefined
  /** In a person's words; empty where nobody said. */
  reason: string
  stepId: string
}

/** A tool and all that its next version has to hold. */
interface Subject {
  stepId: string
  tool: ToolVersion
  /** The newest version when the repair began. */
  newest: number
  specification: ToolSpecification
  tests: ToolTest[]
  calls: KeptCall[]
  failures: RecordedFailure[]
  suite: TestSuite
  rounds: AdmissionRounds
  /** What it imports. */
  imported: ToolVersion[]
}

interface Passed {
  subject: TestSubject
  needs: ToolNeeds
  regression: Regression | null
  record: AdmissionReport['record']
  doubts: string[]
}

/** A repair as a run of its own: gives a sentence on what became of it. Rejects as `repairVersion` does. */
export async function repairTool(context: RunContext, repair: Omit<Repair, 'stepId'>): Promise<string> {
  const { library } = context.dependencies
  const before = await library.record(repair.name)
  const { name, version, stateReason, needs } = await repairVersion(context, { ...repair, stepId: STEP })
  const { pinnedVersion } = before
  const pinned =
    pinnedVersion === null ? '' : ` Version ${pinnedVersion} is pinned and stays in use: handaxe tools unpin ${name}`
  const current = await library.get(name, before.currentVersion)
  const hosts = current.needs.network.length > needs.network.length
  const granted = hosts ? ' The network that a person granted was granted to the old code only.' : ''
  return `${name} version ${version} ${stateReason}.${granted}${pinned}`
}

/**
 * Has the next version of a tool of the library written and holds it against the old one, a few times with what was found;
 * saves and gives the first that passes. Rejects with `unknown_tool`, and with `tool_rejected` where nothing is known to be
 * wrong with it, and where no version passes: one that differs in past values only is left as a candidate.
 */
export async function repairVersion(context: RunContext, repair: Repair): Promise<ToolVersion> {
  const { name, reason, stepId } = repair
  const subject = await loadSubject(context, repair)
  const { tool, specification, failures } = subject
  const failedTests = await runOldTests(context, subject)
  const isKnown = failedTests !== '' || failures.length > 0 || reason !== '' || !USABLE_STATES.includes(tool.state)
  if (!isKnown) {
    throw new HandaxeError('tool_rejected', `Nothing is known to be wrong with ${name} version ${tool.version}`, {
      hint: `Its tests pass and no failure is recorded. Say what is wrong: handaxe tools repair ${name}@${tool.version} --reason TEXT`,
    })
  }
  const faults = renderFaults({ tool, reason, failures, failedTests })
  const common = { specification, difficulty: 'medium' as const }
  const replies: RoutedReply[] = []
  let last: WrittenCode | null = null
  let found = ''
  let differing: (Passed & { differences: string[] }) | null = null
  for (let attempt = 1; attempt <= MAX_VERSIONS; attempt += 1) {
    const written: WrittenCode =
      last === null
        ? await writeNextVersion(context, { ...common, code: tool.code, tools: subject.imported, faults })
        : await repairCode(context, {
            ...common,
            last,
            failures: found,
            repair: attempt - 1,
            mayDispute: subject.suite.mayDispute(last.code),
          })
    replies.push(...written.replies)
    const isSame = isSameProgram(written.code, last?.code ?? tool.code, specification.language)
    const code: string = isSame ? (last?.code ?? tool.code) : written.code
    last = { ...written, code }
    const { language } = specification
    context.events.emit({
      type: 'code-written',
      stepId,
      language,
      code,
      attempt,
      specification: null,
    })
    const settled = isSame ? await settleDispute(subject.suite, { code, failures: found }) : null
    const checked = settled ?? (await check(context, subject, code))
    if ('passed' in checked && checked.differences.length === 0) {
      const kept = await keep(context, subject, { ...checked.passed, replies, repairs: attempt - 1 })
      if (kept.state !== 'candidate') return kept
      throw notRepaired(context, tool, { found: kept.stateReason, candidate: kept.version })
    }
    if ('passed' in checked) differing = { ...checked.passed, differences: checked.differences }
    const problems = 'passed' in checked ? checked.differences : checked.problems
    if (problems.length > 0) context.events.emit({ type: 'code-rejected', stepId, attempt, problems })
    found = 'passed' in checked ? problems.map((problem) => `- ${problem}`).join('\n') : checked.failures
  }
  const kept =
    differing === null ? null : await keep(context, subject, { ...differing, replies, repairs: MAX_VERSIONS - 1 })
  throw notRepaired(context, tool, { found, candidate: kept?.version ?? null })
}

/** Without a version: what was taken out of use and is newer than what is in use, else that. */
async function loadSubject(context: RunContext, { name, version, stepId }: Repair): Promise<Subject> {
  const { dependencies } = context
  const { library, describeSpecification, admission: gate } = dependencies
  const { versions, currentVersion } = await library.record(name)
  const quarantined = versions.findLast((one) => one.state === 'quarantined' && one.version > currentVersion)
  const tool = await library.get(name, version ?? quarantined?.version)
  // Where another version is in use, or was last: what is to take its place has to hold what that one holds, too.
  const used = versions.findLast(({ wasUsable }) => wasUsable)?.version ?? tool.version
  const others = [...new Set([used, currentVersion])].filter((one) => one !== tool.version)
  const held = [tool, ...(await Promise.all(others.map((one) => library.get(name, one))))]
  const tests = withUniqueNames(joinTests(held))
  const calls = (await Promise.all(held.map((one) => library.keptCalls(name, one.version)))).flat()
  const known = [...new Map(calls.toReversed().map((call) => [call.inputHash, call])).values()]
  const specification = describeSpecification(tool)
  const common = { stepId, specification, difficulty: 'medium' as const }
  const suite = new TestSuite(context, { ...common, tests, keepAll: true })
  const failures = await collectFailures(dependencies, tool)
  return {
    stepId,
    tool,
    newest: versions.at(-1)?.version ?? tool.version,
    specification,
    tests,
    calls: known,
    failures,
    suite,
    rounds: new AdmissionRounds(context, {
      ...common,
      gate,
      policy: 'repaired',
      suite,
      // Its tests are the suite's own.
      predecessor: { version: tool.version, tests: [], calls: known, failures: toInputs(failures) },
      // What does the same under another name is for `tools tidy`: people and tools call this one by its own.
      neighbours: [],
      isImported: true,
    }),
    imported: await Promise.all(tool.pins.map((pin) => library.get(pin.name, pin.version))),
  }
}

/** Arguments that the version failed for by its own fault. */
function toInputs(failures: readonly RecordedFailure[]): JsonObject[] {
  return failures.flatMap((failure) =>
    failure.fault === 'tool' && failure.arguments !== null ? [failure.arguments] : [],
  )
}

async function runOldTests(context: RunContext, { tool, suite }: Subject): Promise<string> {
  const tools = await context.dependencies.library.closure(tool.pins)
  const { code, needs } = tool
  const reports = await suite.run({ code, signature: tool, tools, needs })
  if (!reports.some(failed)) return ''
  return renderFailures(reports, { language: tool.language, notes: suite.notes })
}

/** `differences`: nothing else is against it than that it gives something else for past calls. */
async function check(
  context: RunContext,
  { tool, specification, suite, rounds, imported }: Subject,
  code: string,
): Promise<{ passed: Passed; differences: string[] } | { failures: string; problems: string[] }> {
  const request = tool.provenance.request ?? ''
  const verified = await verifyCode(context, { specification, code, suite, tools: imported, request })
  rounds.count(verified.yields)
  if ('failures' in verified) return verified
  const { subject, needs } = verified
  const admitted = await rounds.admit(subject)
  if ('twin' in admitted) throw new TypeError('Without neighbours there is no twin')
  if ('doubts' in admitted) return { passed: { subject, needs, ...admitted }, differences: [] }
  const { differing, problems } = admitted
  if (differing === null) return admitted
  return { passed: { subject, needs, ...differing, doubts: [] }, differences: problems }
}

async function keep(
  context: RunContext,
  { stepId, tool, newest, calls, suite, rounds }: Subject,
  result: Passed & { differences?: string[]; replies: RoutedReply[]; repairs: number },
): Promise<ToolVersion> {
  const { subject, needs, regression, record, doubts: open, differences = [], replies, repairs } = result
  const { checksTools = true } = context.dependencies
  const tests = [...suite.tests]
  const doubts = [...differences, ...open, ...suite.undecided]
  const past = calls.length === 0 ? '' : ` and gave ${calls.length} of its past values again`
  const all = [...replies, ...suite.replies, ...rounds.replies]
  const kept = await saveTool(context, {
    ...subject.signature,
    code: subject.code,
    whenToUse: tool.whenToUse,
    exampleRequests: tool.exampleRequests,
    tests,
    provenance: {
      ...describeProvenance(context, { replies: all, repairs }),
      // Who looks for what it was made for is not helped by the words of the repair.
      request: tool.provenance.request,
      ...(tool.provenance.earlierRequests ? { earlierRequests: tool.provenance.earlierRequests } : {}),
    },
    needs,
    admission: checksTools
      ? { at: new Date(context.clock()).toISOString(), ...record, droppedTests: [...suite.dropped] }
      : null,
    state: doubts.length === 0 ? 'verified' : 'candidate',
    stateReason:
      doubts.length === 0
        ? `repairs version ${tool.version}: passed its ${tests.length} tests${past}`
        : `a repair of version ${tool.version}, in doubt: ${doubts.join(' ').slice(0, 800)}`,
    heldAgainst: newest,
  })
  announceTool(context, stepId, kept)
  const { name, version } = kept
  await context.dependencies.library.keepCalls(
    name,
    version,
    (regression?.calls ?? []).map(({ call, value }) => ({ ...call, value })),
  )
  return kept
}

function notRepaired(
  { runId }: RunContext,
  { name, version }: ToolVersion,
  { found, candidate }: { found: string; candidate: number | null },
): HandaxeError {
  const what =
    candidate === null
      ? `${MAX_VERSIONS} versions were rejected. Of the last one:`
      : `version ${candidate} is a candidate for a person.`
  return new HandaxeError('tool_rejected', `${name} version ${version} was not repaired: ${what}\n${found}`, {
    hint:
      candidate === null
        ? `handaxe runs show ${runId} --verbose shows what was written; handaxe tools edit ${name}@${version} lets you mend it.`
        : `Where it is right all the same: handaxe tools verify ${name}@${candidate} --accept`,
    details: { tool: name, version, candidate },
  })
}
