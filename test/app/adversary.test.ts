import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Neighbour } from '../../src/admission/twins/find-twins.ts'
import { openAdmissionGate } from '../../src/app/open-admission-gate.ts'
import { runTests } from '../../src/app/run-tests.ts'
import { NO_NEEDS, type ToolVersion } from '../../src/contracts/tool.ts'
import { describeFinding } from '../../src/domain/admission/describe-finding.ts'
import { SpendingLimit } from '../../src/domain/failures/spending-limit.ts'
import { turnstileOf } from '../../src/domain/failures/turnstile.ts'
import { checkCode } from '../../src/library/check-code.ts'
import { describeSpecification } from '../../src/library/describe-specification.ts'
import { readSignature } from '../../src/library/read-signature.ts'
import { BAD_TOOLS } from '../fixtures/admission/adversary/bad-tools.ts'
import { GOOD_TOOLS } from '../fixtures/admission/adversary/good-tools.ts'
import type { PlayedTool } from '../fixtures/admission/adversary/write-tool.ts'
import { newTool } from '../library/support/library.ts'
import { borrowTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'
import { sampleOf } from '../support/sizes.ts'

const SLOW = { timeout: 240_000 }

/** What is left of a run's budget: for twelve mutants in Python, for six where every execution starts Node. */
const EXECUTIONS = { python: 66, javascript: 48 }

let opened: TestSandbox
let library: Neighbour[]
beforeAll(async () => {
  opened = await borrowTestSandbox()
  library = await Promise.all(GOOD_TOOLS.map(toNeighbour))
}, 240_000)
afterAll(() => opened.close())

async function read({ name, language, code }: PlayedTool) {
  const reading = await readSignature(opened.sandbox, { language, code, expectedName: name })
  if ('problems' in reading) throw new Error(`${name}: ${reading.problems.join(' ')}`)
  return reading
}

async function toNeighbour(tool: PlayedTool): Promise<Neighbour> {
  const { signature } = await read(tool)
  const { name, code, tests } = tool
  const kept = { ...newTool(name, { ...signature, code, tests }), version: 1, codeHash: '', pins: [], admission: null }
  return { version: { ...kept, needs: NO_NEEDS, state: 'verified', stateReason: '' } as ToolVersion, tools: [] }
}

/** What a run does before it keeps a tool, with a reviewer who has nothing against any: what is said against it, by check. */
async function judge(
  tool: PlayedTool,
  neighbours = library.filter(({ version }) => version.name !== tool.name),
): Promise<{ decision: string; against: string[] }> {
  const reading = await read(tool)
  const { language, code, tests, request } = tool
  const described = describeSpecification(reading.signature, { whenToUse: '', exampleRequests: [] })
  // As a planner would have specified it: a default that is the code's own idea does not stand there.
  const parameters = described.parameters.map(({ default: _default, ...parameter }) => parameter)
  const specification = { ...described, parameters }
  const problems = checkCode({ ...reading, language, code, specification, request })
  if (problems.length > 0) return { decision: 'refuse', against: problems.map((problem) => `static: ${problem}`) }
  const subject = { code, signature: reading.signature, tools: [] }
  const results = await runTests({ sandbox: opened.sandbox, subject, tests })
  const failed = results.flatMap(({ test, failure }) => (failure === null ? [] : [`${test.name}: ${failure}`]))
  expect(failed, 'a tool that passes its own tests').toEqual([])
  const { decision, findings } = await openAdmissionGate().admit({
    policy: 'made',
    sandbox: opened.sandbox,
    turnstile: turnstileOf(opened.sandbox),
    spending: new SpendingLimit({ executions: EXECUTIONS[language], wallMs: 600_000 }),
    tool: subject,
    specification,
    specificationText: described.description,
    tests,
    neighbours,
    depth: 'standard',
    otherLanguages: false,
    askReviewer: () => Promise.resolve('```json\n{"verdict": "keep", "reasons": []}\n```'),
    mayStrengthen: true,
    passed: ['static', 'tests'],
    earlier: null,
    signal: new AbortController().signal,
  })
  const against = findings.map(({ finding }) => `${finding.check}: ${finding.code} (${describeFinding(finding)})`)
  return { decision, against }
}

test('there are twenty bad tools at least, and twenty good ones', () => {
  expect(BAD_TOOLS.length).toBeGreaterThanOrEqual(20)
  expect(GOOD_TOOLS).toHaveLength(20)
})

describe('without a reader of the code, the gate refuses one that', () => {
  const refused = BAD_TOOLS.filter(({ refusedBy }) => refusedBy !== null)
  test.each(sampleOf(refused, 2))('$title', SLOW, async ({ tool, refusedBy }) => {
    const { decision, against } = await judge(tool)
    const [check = '', word = ''] = (refusedBy ?? '').split(': ')
    const found = against.filter((one) => one.startsWith(`${check}: `) && one.includes(word))
    expect(found, against.join('\n')).not.toEqual([])
    expect(decision).not.toBe('admit')
  })
})

/** Told in docs/library.md: where one of these is refused one day, the list there is to be shortened. */
describe('only a reader of the code sees one that, in a library without a tool to hold it against,', () => {
  const admitted = BAD_TOOLS.filter(({ refusedBy }) => refusedBy === null)
  test.each(sampleOf(admitted, 1))('$title', SLOW, async ({ tool }) => {
    expect(await judge(tool, [])).toEqual({ decision: 'admit', against: [] })
  })
})

describe('the gate admits', () => {
  test.each(sampleOf(GOOD_TOOLS, 2))('$name', SLOW, async (tool) => {
    expect(await judge(tool)).toEqual({ decision: 'admit', against: [] })
  })
})
