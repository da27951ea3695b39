import type { ToolSpecification } from '../../contracts/run.ts'
import type { ToolLanguage } from '../../contracts/sandbox.ts'
import type { CheckYield, ToolNeeds, ToolSignature, ToolVersion } from '../../contracts/tool.ts'
import { createYield } from '../../domain/admission/check-yields.ts'
import type { SignatureReading } from '../dependencies.ts'
import type { RunContext } from '../run/run-context.ts'
import { untilAborted } from '../run/until-aborted.ts'
import { withImported } from '../../util/grant-needs.ts'
import { cutMiddle } from '../../domain/text/cut-middle.ts'
import { renderFailures } from './render-failures.ts'
import type { TestSubject } from './judge-test.ts'
import { failed } from './run-test.ts'
import type { TestSuite } from './test-suite.ts'

/** `problems` are those found without running the code. */
export interface Rejection {
  failures: string
  problems: string[]
  /** What the checks cost that were made, and which of them refused. */
  yields: CheckYield[]
}

export interface VerifiedCode {
  subject: TestSubject
  needs: ToolNeeds
  yields: CheckYield[]
}

/** A version of the code: read, checked as text, and run against every test in a sandbox of its own. */
export async function verifyCode(
  context: RunContext,
  {
    specification,
    code,
    suite,
    tools: importable,
    request = context.request.text,
  }: {
    specification: ToolSpecification
    code: string
    suite: TestSuite
    tools: ToolVersion[]
    /** Its literals have no place in the code. Default: that of the run. */
    request?: string
  },
): Promise<VerifiedCode | Rejection> {
  const startedAt = performance.now()
  const since = (): number => performance.now() - startedAt
  const { language, name } = specification
  const { checkCode } = context.dependencies
  const read = await readCode(context, { language, code, expectedName: name })
  if ('problems' in read) return reject(read.problems, since())
  const { signature } = read
  const otherTools = importable.map((tool) => tool.name)
  const problems = [
    ...(signature.name === name ? [] : [`The tool has to be called ${name}, not ${signature.name}.`]),
    ...checkCode({ ...read, language, code, specification, request, otherTools }),
  ]
  if (problems.length > 0) return reject(problems, since())
  const missing = await findMissing(context, signature)
  if (missing.length > 0) return reject(missing, since())
  const readMs = since()
  const tools = await context.shelf.closure(signature.uses)
  const imported = await Promise.all(signature.uses.map((name) => context.shelf.find(name)))
  const known = imported.flatMap((shelved) => shelved?.tool ?? [])
  const own = context.packages.withEnvironment(language, context.dependencies.readNeeds(language, read.facts))
  const needs = withImported(own, known)
  const subject = { code, signature, tools, needs }
  const reports = await suite.run(subject)
  const refused = reports.some(failed) ? 1 : 0
  const tested = { ...createYield('tests'), ran: 1, refused, executions: reports.length, wallMs: since() - readMs }
  const yields = [{ ...createYield('static'), ran: 1, wallMs: readMs }, tested]
  if (refused === 0) return { subject, needs, yields }
  return { failures: renderFailures(reports, { language, notes: suite.notes }), problems: [], yields }
}

/** Packages that the code imports and that are not there are asked for; where one was given, the code is read again. */
async function readCode(
  context: RunContext,
  source: { language: ToolLanguage; code: string; expectedName: string },
): Promise<SignatureReading> {
  const { signal, packages, dependencies } = context
  const sandbox = await untilAborted(context.sandbox(), signal)
  const read = () => untilAborted(dependencies.readSignature(sandbox, source, { signal }), signal)
  const first = await read()
  const wasGiven = 'facts' in first && (await packages.requestFor(source.language, first.facts))
  return wasGiven ? read() : first
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

function reject(problems: string[], wallMs: number): Rejection {
  const failures = problems.map((problem) => `- ${cutMiddle(problem, 1500)}`).join('\n')
  return { failures, problems, yields: [{ ...createYield('static'), ran: 1, refused: 1, wallMs }] }
}
