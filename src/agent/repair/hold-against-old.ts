import type { NewTool, ToolVersion } from '../../contracts/tool.ts'
import { openCheckedSandbox } from '../make/checked-sandbox.ts'
import { toUnsavedVersion } from '../make/make-tool.ts'
import { withUniqueNames } from '../make/parse-tests.ts'
import { runTest } from '../make/run-test.ts'
import { givesTable } from '../make/verify-code.ts'
import { mapLimited } from '../run/map-limited.ts'
import type { RunContext } from '../run/run-context.ts'
import { joinTests } from './join-tests.ts'
import { describeDifferences, replayCalls } from './replay-calls.ts'

const CONCURRENT_TESTS = 4

/**
 * A tool that a run made under the name of one that was taken out of use would take its place: it has to pass that one's
 * tests, which become its own, and to give the values of its kept calls. One that does not is a candidate.
 */
export async function holdAgainstOld(context: RunContext, stepId: string, tool: NewTool): Promise<NewTool> {
  const { library, describeSpecification } = context.dependencies
  // What is in doubt takes nobody's place.
  const isMeant = context.save && tool.state !== 'candidate'
  const old = isMeant ? await findOld(context, tool.name) : null
  if (old === null) return tool
  const tools = await context.shelf.closure(tool.uses)
  const { code, needs } = tool
  const frames = givesTable(describeSpecification(toUnsavedVersion(tool)))
  const subject = { code, signature: tool, tools, frames, ...(needs ? { needs } : {}) }
  const tests = joinTests([tool, old])
  const added = tests.slice(tool.tests.length)
  const reports = await mapLimited(added, CONCURRENT_TESTS, (test) => runTest(context, { stepId, test, subject }))
  const sandbox = await openCheckedSandbox(context)
  const calls = await library.keptCalls(old.name, old.version)
  const replayed = await replayCalls(calls, { sandbox, successor: subject, signal: context.signal })
  const differences = [
    ...reports.flatMap(({ test, failure }) => (failure === null ? [] : [`Test "${test.name}": ${failure}`])),
    ...describeDifferences(replayed),
  ]
  if (differences.length === 0) return { ...tool, tests: withUniqueNames(tests) }
  const reason = `does not hold what version ${old.version} held: ${differences.join(' ').slice(0, 800)}`
  return { ...tool, state: 'candidate', stateReason: reason }
}

/** The version that was last in use, where it was taken out of use. What a person retired is not held up to anybody. */
async function findOld({ dependencies }: RunContext, name: string): Promise<ToolVersion | null> {
  const { library } = dependencies
  if ((await library.find(name)) === null) return null
  const { versions } = await library.record(name)
  const last = versions.findLast(({ wasUsable }) => wasUsable)
  return last?.state === 'quarantined' ? library.get(name, last.version) : null
}
