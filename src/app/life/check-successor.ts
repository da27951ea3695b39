import { isDeepStrictEqual } from 'node:util'
import type { TestResult, ToolUnderTest } from '../../admission/subject.ts'
import { steadySandbox } from '../../domain/failures/execute-steadily.ts'
import { describeDifferences, replayCalls, type ReplayedCall } from '../../agent/repair/replay-calls.ts'
import type { Limits } from '../../contracts/limits.ts'
import type { Sandbox } from '../../contracts/sandbox.ts'
import type { KeptCall, ToolTest, ToolVersion } from '../../contracts/tool.ts'
import { runTests } from '../run-tests.ts'

/** How a version stands beside the one that it is to take the place of. */
export interface Succession {
  predecessor: number
  /** Tests of the old version that are not its own as well. */
  tests: TestResult[]
  calls: ReplayedCall[]
  /** One sentence for each test that fails and each call that gives something else. */
  differences: string[]
}

export interface SuccessorOptions {
  sandbox: Sandbox
  successor: ToolUnderTest
  /** Its own tests: they are run elsewhere. */
  ownTests: readonly ToolTest[]
  predecessor: Pick<ToolVersion, 'version' | 'tests'>
  /** Successful calls of the old version. */
  calls: readonly KeptCall[]
  limits?: Partial<Limits>
  signal?: AbortSignal
}

/** Runs the old version's tests and its past calls with the new one, each in a fresh sandbox, compared on the host. */
export async function checkSuccessor(options: SuccessorOptions): Promise<Succession> {
  const { successor, ownTests, predecessor, calls, signal } = options
  const sandbox = steadySandbox(options.sandbox)
  const old = predecessor.tests.filter((test) => !ownTests.some((own) => isDeepStrictEqual(own, test)))
  const tests = await runTests({ sandbox, subject: successor, tests: old, ...(signal ? { signal } : {}) })
  const replayed = await replayCalls(calls, { ...options, sandbox })
  const differences = [
    ...tests.flatMap(({ test, failure }) =>
      failure === null ? [] : [`Test "${test.name}" of version ${predecessor.version}: ${failure}`],
    ),
    ...describeDifferences(replayed),
  ]
  return { predecessor: predecessor.version, tests, calls: replayed, differences }
}
