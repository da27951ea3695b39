import { checkDeterminism } from '../admission/determinism/check-determinism.ts'
import { checkMutants } from '../admission/mutation/check-mutants.ts'
import { judgeMutants } from '../admission/mutation/judge-mutants.ts'
import type { ToolUnderTest } from '../admission/subject.ts'
import { answersOnlyTests } from '../admission/tests/answers-only-tests.ts'
import { checkTests } from '../admission/tests/check-tests.ts'
import { findVacuousProperties } from '../admission/tests/find-vacuous-properties.ts'
import { findTwins, type Neighbour, type TriedNeighbour } from '../admission/twins/find-twins.ts'
import { generateInputs } from '../admission/twins/generate-inputs.ts'
import { steadySandbox } from '../domain/failures/execute-steadily.ts'
import { compareValues } from '../domain/compare/compare-values.ts'
import { HandaxeError } from '../contracts/errors.ts'
import type { Sandbox, ToolModule } from '../contracts/sandbox.ts'
import type { AdmissionRecord, ToolNeeds, ToolSignature, ToolTest } from '../contracts/tool.ts'
import { bindTestFiles } from '../domain/tests/test-files.ts'
import { checkCode } from '../library/check-code.ts'
import { describeSpecification } from '../library/describe-specification.ts'
import type { CodeFacts } from '../library/signature/code-facts.ts'
import { runTests } from './run-tests.ts'

/** Generated inputs beside the arguments of the tests, for the two worlds. */
const GENERATED_CALLS = 60
/** Enough to say whether the tests see mistakes; it is told, and refuses nothing. */
const MUTANTS = { limit: 12, wallMs: 15_000, seed: 1 }
const SHOWN_FAILURES = 5

export interface ToolToVerify {
  code: string
  signature: ToolSignature
  /** From `readSignature`. */
  facts: CodeFacts
  tests: readonly ToolTest[]
  whenToUse: string
  exampleRequests: string[]
  /** The request that it was made for, as far as that is known: its literals have no place in the code. */
  request: string
  /** What its executions get: nothing but this. */
  needs: ToolNeeds
}

export interface VerifyOptions {
  sandbox: Sandbox
  tool: ToolToVerify
  /** The closure of what it imports. */
  tools: ToolModule[]
  /** Tools of the library that may do the same, nearest first. */
  neighbours?: readonly Neighbour[]
  signal?: AbortSignal
}

export interface Verification {
  /** `untested`: nothing is wrong with it, and no test asserts anything. */
  verdict: 'verified' | 'untested' | 'refused'
  /** Why it is refused: one sentence each. */
  problems: string[]
  /** What a person should know who uses it all the same. */
  notes: string[]
  tests: { total: number; passed: number }
  /** A tool of the library that does the same. */
  twin: { name: string; version: number; reason: string } | null
  admission: AdmissionRecord
}

/**
 * Finds out here whether a tool may be used that somebody else wrote: static checks, its tests each in a fresh sandbox, the
 * same calls in two worlds, whether its tests see planted mistakes, and whether the library has it already. Believes
 * nothing, and runs nothing outside of the sandbox. Rejects where the sandbox cannot execute, and with the signal's reason.
 */
export async function verifyTool(given: VerifyOptions): Promise<Verification> {
  const options = { ...given, sandbox: steadySandbox(given.sandbox) }
  const { tool } = options
  const { signature } = tool
  const specification = describeSpecification(signature, tool)
  const found = empty(tool.tests.length)
  found.problems.push(...checkCode({ ...tool, language: signature.language, specification }))
  if (found.problems.length > 0) return refused(found)
  const asserting = await findAsserting(options, found)
  await runAll(options, found)
  if (found.problems.length > 0) return refused(found)
  await checkWorlds(options, found)
  if (found.problems.length > 0) return refused(found)
  if (asserting === 0) return { ...found, verdict: 'untested' }
  await tryMutants(options, found)
  if (found.problems.length > 0) return refused(found)
  await searchTwins(options, found)
  return { ...found, verdict: 'verified' }
}

function empty(tests: number): Verification {
  return {
    verdict: 'refused',
    problems: [],
    notes: [],
    tests: { total: tests, passed: 0 },
    twin: null,
    admission: {
      at: new Date().toISOString(),
      mutants: null,
      repeatedCalls: null,
      review: null,
      droppedTests: [],
      neighbours: [],
    },
  }
}

function refused(found: Verification): Verification {
  return { ...found, verdict: 'refused' }
}

function subjectOf({ tool, tools }: VerifyOptions): ToolUnderTest {
  return { code: tool.code, signature: tool.signature, tools, needs: tool.needs }
}

function withSignal({ signal }: VerifyOptions): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

/** How many tests can fail at all. What can be said against the others is a note: they are kept. */
async function findAsserting(options: VerifyOptions, found: Verification): Promise<number> {
  const { sandbox, tool } = options
  const { signature, tests, needs } = tool
  const { worthless, problems } = checkTests(tests, describeSpecification(signature, tool))
  const vacuous = await findVacuousProperties({ sandbox, signature, needs, tests, runTests, ...withSignal(options) })
  if (tests.length > 0) found.notes.push(...problems.map(({ message }) => message))
  for (const name of vacuous.filter((one) => !worthless.includes(one))) {
    found.notes.push(`The property "${name}" also holds for tools that do nothing.`)
  }
  const empty = new Set([...worthless, ...vacuous])
  return tests.filter(({ name }) => !empty.has(name)).length
}

async function runAll(options: VerifyOptions, found: Verification): Promise<void> {
  const { sandbox, tool } = options
  const results = await runTests({ sandbox, subject: subjectOf(options), tests: tool.tests, ...withSignal(options) })
  const failed = results.filter(({ failure }) => failure !== null)
  found.tests.passed = results.length - failed.length
  for (const { test, failure } of failed.slice(0, SHOWN_FAILURES)) {
    found.problems.push(`Test "${test.name}": ${failure}`)
  }
  const more = failed.length - SHOWN_FAILURES
  if (more > 0) found.problems.push(`${more} more tests fail.`)
  if (failed.length > 0 && failed.every(({ undecided }) => undecided)) {
    found.problems.push('Nothing speaks against it but that: try it again when this machine is less busy.')
  }
}

async function checkWorlds(options: VerifyOptions, found: Verification): Promise<void> {
  const { sandbox, tool } = options
  const { calls: examples, inputs } = bindTestFiles(tool.tests)
  const calls = generateInputs(tool.signature.inputSchema, 1, examples.length + GENERATED_CALLS, { examples })
  const common = { sandbox, calls, inputs, compare: compareValues, ...withSignal(options) }
  const check = await checkDeterminism({ ...common, tool: subjectOf(options) })
  found.admission.repeatedCalls = check.compared
  for (const { message } of check.findings) found.problems.push(message)
  const { inputSchema } = tool.signature
  if (!answersOnlyTests(inputSchema, { tests: tool.tests, calls, outcomes: check.outcomes })) return
  found.problems.push('It gives what its tests expect and one and the same for all other arguments.')
}

async function tryMutants(options: VerifyOptions, found: Verification): Promise<void> {
  const { sandbox, tool } = options
  const common = { sandbox, runTests, ...MUTANTS, ...withSignal(options) }
  const check = await checkMutants({ ...common, tool: subjectOf(options), tests: tool.tests }).catch(toProblem)
  if ('problem' in check) {
    // A tool that passed its tests a moment ago and fails one now is not steady.
    found.problems.push(check.problem)
    return
  }
  const judged = await judgeMutants(check, {
    ...common,
    tool: subjectOf(options),
    tests: tool.tests,
    compare: compareValues,
  })
  found.admission.mutants = judged.record
  if (judged.verdict !== 'weak') return
  const shown = judged.unseen
    .slice(0, 3)
    .map(({ mutant: { line, before, after } }) => `line ${line}: \`${before}\` made \`${after}\``)
  found.notes.push(`Its tests do not see all mistakes: ${judged.reason}. Unseen: ${shown.join('; ')}`)
}

function toProblem(error: unknown): { problem: string } {
  if (!HandaxeError.isInstance(error) || error.code !== 'tool_rejected') throw error
  return { problem: error.message }
}

async function searchTwins(options: VerifyOptions, found: Verification): Promise<void> {
  const { sandbox, tool, neighbours = [] } = options
  const common = { sandbox, tests: tool.tests, neighbours, runTests, compare: compareValues, ...withSignal(options) }
  const { twin, tried } = await findTwins({ ...common, tool: subjectOf(options) })
  found.admission.neighbours = tried.map(toRecord)
  if (twin === null) return
  const { name, version, reason } = twin
  found.twin = { name, version, reason }
  found.notes.push(`${name} version ${version} does the same: ${reason}. \`handaxe tools tidy\` makes one of them.`)
}

function toRecord({ name, version, verdict }: TriedNeighbour): AdmissionRecord['neighbours'][number] {
  return { name, version, verdict }
}
