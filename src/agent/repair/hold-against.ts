import { USABLE_STATES, type NewTool, type ToolVersion } from '../../contracts/tool.ts'
import { openCheckedSandbox } from '../make/checked-sandbox.ts'
import { withUniqueNames } from '../make/parse-tests.ts'
import { runTests } from '../make/run-test.ts'
import type { RunContext } from '../run/run-context.ts'
import { joinTests } from './join-tests.ts'
import { describeDifferences, replayCalls } from './replay-calls.ts'

/**
 * A tool that is to take the place of `old` has to pass that version's tests, which become its own, and to give the values of
 * its kept calls. One that does not is a candidate. Without an old version, and for a candidate, nothing is asked.
 */
export async function holdAgainst(
  context: RunContext,
  { stepId, tool, old }: { stepId: string; tool: NewTool; old: ToolVersion | null },
): Promise<NewTool> {
  // A candidate never takes the place of another version.
  if (old === null || !USABLE_STATES.includes(tool.state ?? 'candidate')) return tool
  const { library } = context.dependencies
  const tools = await context.shelf.closure(tool.uses)
  const { code, needs } = tool
  const subject = { code, signature: tool, tools, ...(needs ? { needs } : {}) }
  const tests = joinTests([tool, old])
  const added = tests.slice(tool.tests.length)
  const reports = await runTests(context, { stepId, tests: added, subject })
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
