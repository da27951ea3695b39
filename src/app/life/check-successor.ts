import { isDeepStrictEqual } from 'node:util'
import type { TestResult, ToolUnderTest } from '../../admission/subject.ts'
import { compareValues } from '../../agent/compare/compare-values.ts'
import { mapLimited } from '../../agent/run/map-limited.ts'
import { validateValue } from '../../agent/steps/validate-value.ts'
import type { JsonValue } from '../../contracts/json.ts'
import type { Limits } from '../../contracts/limits.ts'
import type { Sandbox } from '../../contracts/sandbox.ts'
import type { KeptCall, ToolTest, ToolVersion } from '../../contracts/tool.ts'
import { grantNeeds } from '../../util/grant-needs.ts'
import { runTests } from '../run-tests.ts'

const CONCURRENT_CALLS = 4

/** Tighter than tests are: the same code on the same machine gives the same digits, a repaired one nearly. */
const REPLAY_TOLERANCE = 1e-9

export interface ReplayedCall {
  call: KeptCall
  /** What the new version gives; null where it gives nothing. */
  value: JsonValue
  /** How that is not what the old version gave; null where they agree. */
  difference: string | null
}

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
  const { sandbox, successor, ownTests, predecessor, calls, signal } = options
  const old = predecessor.tests.filter((test) => !ownTests.some((own) => isDeepStrictEqual(own, test)))
  const tests = await runTests({ sandbox, subject: successor, tests: old, ...(signal ? { signal } : {}) })
  const replayed = await mapLimited(calls, CONCURRENT_CALLS, (call) => replayCall(call, options))
  const differences = [
    ...tests.flatMap(({ test, failure }) =>
      failure === null ? [] : [`Test "${test.name}" of version ${predecessor.version}: ${failure}`],
    ),
    ...replayed.flatMap(({ call, difference }) =>
      difference === null ? [] : [`The call ${shorten(call.arguments)} of ${call.at.slice(0, 10)}: ${difference}`],
    ),
  ]
  return { predecessor: predecessor.version, tests, calls: replayed, differences }
}

async function replayCall(
  call: KeptCall,
  { sandbox, successor, limits, signal }: SuccessorOptions,
): Promise<ReplayedCall> {
  signal?.throwIfAborted()
  const { code, signature, tools, needs } = successor
  const [misfit] = validateValue(signature.inputSchema, call.arguments, 'arguments')
  if (misfit !== undefined) return { call, value: null, difference: `it does not take these arguments: ${misfit}` }
  const result = await sandbox.execute({
    language: signature.language,
    code,
    call: { function: signature.function, arguments: call.arguments },
    tools,
    ...grantNeeds({ needs }),
    ...(limits ? { limits } : {}),
    ...(signal ? { signal } : {}),
  })
  signal?.throwIfAborted()
  if (result.status !== 'ok') {
    const error = result.error === undefined ? '' : `, ${result.error.type}: ${result.error.message.slice(0, 300)}`
    return { call, value: null, difference: `it ended with '${result.status}'${error}` }
  }
  const value = result.value ?? null
  return { call, value, difference: compareValues(call.value, value, { tolerance: REPLAY_TOLERANCE }) }
}

function shorten(value: JsonValue): string {
  const text = JSON.stringify(value)
  return text.length > 120 ? `${text.slice(0, 117)}…` : text
}
