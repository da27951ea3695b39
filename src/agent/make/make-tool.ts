import { createHash } from 'node:crypto'
import { HandaxeError } from '../../contracts/errors.ts'
import type { Difficulty, RoutedReply } from '../../contracts/models.ts'
import type { MakeStep } from '../../contracts/plan.ts'
import { NO_NEEDS, type NewTool, type Provenance, type ToolSignature, type ToolVersion } from '../../contracts/tool.ts'
import type { RunContext } from '../run/run-context.ts'
import { untilAborted } from '../run/until-aborted.ts'
import { cutMiddle } from '../text/cut-middle.ts'
import { renderFailures } from './render-failures.ts'
import { TestSuite } from './test-suite.ts'
import { repairCode, writeCode, type WrittenCode } from './write-code.ts'
import { writeTests } from './write-tests.ts'

/** Each repair is a call one tier higher; what three of them do not mend, a new plan has to approach in another way. */
const MAX_REPAIRS = 3

export type MadeTool = { tool: ToolVersion } | { failure: string }

/**
 * Makes a tool: tests from the specification, then code by another call, static checks, every test in a fresh sandbox,
 * repairs with what was found. A tool that passes is kept (unless the run keeps nothing). `tools` are what it may import.
 */
export async function makeTool(
  context: RunContext,
  { step, difficulty, tools }: { step: MakeStep; difficulty: Difficulty; tools: ToolVersion[] },
): Promise<MadeTool> {
  const { specification } = step
  const { tests, replies } = await writeTests(context, { specification, difficulty })
  const suite = new TestSuite(context, { stepId: step.id, specification, difficulty, tests })
  const spent = [...replies]
  let last: WrittenCode | null = null
  let failures = ''
  for (let attempt = 1; attempt <= 1 + MAX_REPAIRS; attempt += 1) {
    const written: WrittenCode =
      last === null
        ? await writeCode(context, { specification, difficulty, tools })
        : await repairCode(context, { specification, difficulty, last, failures, repair: attempt - 1 })
    const unchanged = written.code === last?.code
    spent.push(...written.replies)
    last = written
    const { code } = written
    const { language } = specification
    context.events.emit({ type: 'code-written', stepId: step.id, language, code, attempt, specification })
    const verified = unchanged
      ? { failures: `The code is the same as before.\n\n${failures}`, problems: ['the code is the same as before'] }
      : await verify(context, { step, code, suite })
    if ('signature' in verified) {
      const provenance = describeProvenance(context, { replies: [...spent, ...suite.replies], repairs: attempt - 1 })
      const tool = await keepTool(context, { step, code, signature: verified.signature, suite, provenance })
      return { tool }
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

type Verification =
  | { signature: ToolSignature }
  /** `problems` are those found without running the code. */
  | { failures: string; problems: string[] }

async function verify(
  context: RunContext,
  { step, code, suite }: { step: MakeStep; code: string; suite: TestSuite },
): Promise<Verification> {
  const { specification } = step
  const { language, name } = specification
  const { readSignature, checkCode } = context.dependencies
  const { signal } = context
  const sandbox = await untilAborted(context.sandbox(), signal)
  const read = await untilAborted(readSignature(sandbox, { language, code, expectedName: name }, { signal }), signal)
  if ('problems' in read) return rejected(read.problems)
  const { signature } = read
  const problems = [
    ...(signature.name === name ? [] : [`The tool has to be called ${name}, not ${signature.name}.`]),
    ...checkCode({ ...read, language, code, specification, request: context.request.text }),
  ]
  if (problems.length > 0) return rejected(problems)
  const missing = await findMissing(context, signature)
  if (missing.length > 0) return rejected(missing)
  const tools = await context.shelf.closure(signature.uses)
  const frames = /frame|table|columns|records|list\[dict|dict\[str, ?list/i.test(specification.returns.type)
  const reports = await suite.run({ code, signature, tools, frames })
  if (reports.every((report) => report.failure === null)) return { signature }
  return { failures: renderFailures(reports, { language, notes: suite.notes }), problems: [] }
}

async function findMissing(context: RunContext, signature: ToolSignature): Promise<string[]> {
  const found = await Promise.all(signature.uses.map(async (name) => ({ name, tool: await context.shelf.find(name) })))
  return found.flatMap(({ name, tool }) => {
    if (name === signature.name) return [`The module imports itself from tools: call the function directly.`]
    if (tool === null)
      return [`There is no tool ${name} to import from tools: write what it should do into the module.`]
    if (tool.tool.language === signature.language) return []
    return [`The tool ${name} is written in ${tool.tool.language} and cannot be imported here.`]
  })
}

function rejected(problems: string[]): Verification {
  return { failures: problems.map((problem) => `- ${cutMiddle(problem, 1500)}`).join('\n'), problems }
}

async function keepTool(
  context: RunContext,
  options: { step: MakeStep; code: string; signature: ToolSignature; suite: TestSuite; provenance: Provenance },
): Promise<ToolVersion> {
  const { step, code, signature, suite, provenance } = options
  const { whenToUse, exampleRequests } = step.specification
  const tests = [...suite.tests]
  const tool: NewTool = {
    ...signature,
    code,
    whenToUse,
    exampleRequests,
    tests,
    provenance,
    state: 'verified',
    stateReason: `passed its ${tests.length} tests when it was made`,
  }
  const kept = context.save ? await context.dependencies.library.save(tool) : toUnsavedVersion(tool)
  const { name, version } = kept
  context.shelf.add(kept, { saved: context.save })
  context.progress.made.push({ name, version, saved: context.save })
  context.events.emit({ type: 'tool-saved', stepId: step.id, name, version, tests: tests.length, saved: context.save })
  return kept
}

/** A version that exists in this run only. */
function toUnsavedVersion(tool: NewTool): ToolVersion {
  const codeHash = createHash('sha256').update(tool.code).digest('hex')
  return {
    ...tool,
    version: 1,
    codeHash,
    pins: [],
    needs: tool.needs ?? NO_NEEDS,
    admission: tool.admission ?? null,
    state: tool.state ?? 'candidate',
    stateReason: tool.stateReason ?? '',
  }
}

function describeProvenance(
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

/** True where saving failed for the code's sake, which a new plan may avoid. */
export function isRejection(error: unknown): boolean {
  return HandaxeError.isInstance(error) && (error.code === 'tool_rejected' || error.code === 'unknown_tool')
}
