import { createHash } from 'node:crypto'
import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import { GUEST_PATHS } from '../../contracts/sandbox.ts'
import type { AdmissionRecord, NewTool } from '../../contracts/tool.ts'
import { compareValues } from '../../domain/compare/compare-values.ts'
import { INSTANCE_NAME } from '../instances/bind-instances.ts'
import { withUniqueNames } from './parse-tests.ts'

/** A test travels with its tool, into exports too: enough for a table of a page, not for somebody's data. */
const CALL_BYTES = 8 * 1024

export interface FirstCall {
  /** As they reached the code. */
  arguments: JsonObject
  value: JsonValue
}

const NAME = 'gives what it gave for the request that it was made for'

/**
 * The tool with its first real call as one more test. A call that is too large for that, or that read a file, is named among
 * the tests that were left out, with its size and hash.
 */
export function withFirstCall<Tool extends NewTool>(tool: Tool, call: FirstCall | null): Tool {
  if (call === null) return tool
  const isKnown = tool.tests.some(
    (test) => test.kind === 'example' && compareValues(test.arguments, call.arguments) === null,
  )
  if (isKnown) return tool
  const reason = reasonAgainst(call)
  if (reason === null) {
    const test = {
      name: NAME,
      kind: 'example' as const,
      arguments: call.arguments,
      expected: call.value,
      fromRequest: true as const,
    }
    return { ...tool, tests: withUniqueNames([...tool.tests, test]) }
  }
  const { admission } = tool
  if (admission === null || admission === undefined) return tool
  return { ...tool, admission: { ...admission, droppedTests: [...admission.droppedTests, { name: NAME, reason }] } }
}

/** Without tests that are too large to travel with it: they have held when it was made, and are named. */
export function withoutLargeTests(tool: NewTool): NewTool {
  const large = tool.tests.flatMap((test) => {
    const reason = test.kind === 'example' ? tooLarge({ arguments: test.arguments, value: test.expected }) : null
    return reason === null ? [] : [{ test, reason: `it held when the tool was made; ${reason}` }]
  })
  const { admission } = tool
  if (large.length === 0 || admission === null || admission === undefined) return tool
  const tests = tool.tests.filter((test) => !large.some((one) => one.test === test))
  const droppedTests = [...admission.droppedTests, ...large.map(({ test, reason }) => ({ name: test.name, reason }))]
  return { ...tool, tests, admission: { ...admission, droppedTests } }
}

/** Without anything of the requests that it was made for. Their data were tests while it was made, and held. */
export function withoutRequests(tool: NewTool): NewTool {
  const { earlierRequests = [], ...provenance } = tool.provenance
  const tests = tool.tests.filter((test) => !(test.kind === 'example' && test.fromRequest === true))
  const left = tool.tests.length - tests.length
  const reason = 'it held when the tool was made; data of requests are not kept'
  // Their names may have words of a request in them.
  const dropped = Array.from({ length: left }, () => ({ name: 'gives what was given for an earlier request', reason }))
  const { admission } = tool
  return {
    ...tool,
    tests,
    exampleRequests: tool.exampleRequests.filter((request) => !earlierRequests.includes(request)),
    provenance: { ...provenance, request: null },
    ...(admission === null || admission === undefined
      ? {}
      : { admission: { ...admission, droppedTests: [...withoutNames(admission.droppedTests), ...dropped] } }),
  }
}

/** What was left out of an earlier request's data is named by that request. */
function withoutNames(dropped: AdmissionRecord['droppedTests']): AdmissionRecord['droppedTests'] {
  return dropped.map((one) =>
    one.name.startsWith(INSTANCE_NAME) ? { ...one, name: 'gives what was given for an earlier request' } : one,
  )
}

function reasonAgainst(call: { arguments: JsonObject; value: JsonValue }): string | null {
  const text = JSON.stringify([call.arguments, call.value])
  return text.includes(`"${GUEST_PATHS.input}/`) ? 'it reads an input file of the request' : tooLarge(call)
}

function tooLarge(call: { arguments: JsonObject; value: JsonValue }): string | null {
  const text = JSON.stringify([call.arguments, call.value])
  const bytes = Buffer.byteLength(text)
  if (bytes <= CALL_BYTES) return null
  const sha256 = createHash('sha256').update(text).digest('hex')
  return `its arguments and value have ${bytes} bytes (sha256 ${sha256.slice(0, 16)}…), more than the ${CALL_BYTES} of a test`
}
