import type { Sandbox } from '../../contracts/sandbox.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { WORLDS } from '../determinism/worlds.ts'
import { bindTestFiles } from '../../domain/tests/test-files.ts'
import { observeCalls } from '../observation/observe-calls.ts'
import type { CallOutcome } from '../observation/outcome.ts'
import type { CompareValues, ToolUnderTest } from '../subject.ts'
import { renameArguments } from './rename-arguments.ts'

/** Of those that pass: tests in which two arguments are equal cannot tell them apart, and each costs a comparison. */
const MOST_KEPT = 3

type Called = Exclude<ToolTest, { kind: 'property' }>

/** Errors of broken code: no tool refuses an argument with them. */
const BROKEN =
  /^(?:NameError|UnboundLocalError|ImportError|ModuleNotFoundError|SyntaxError|AttributeError|ReferenceError)$/

/**
 * Under which of the alignments `other` passes the tests of a tool with these parameters? All are tried in one execution, the
 * comparison is made here, so the languages may differ: then a refusal is a refusal, whatever its class is called. Properties
 * are programs of one language and left out. `failure`: of the first alignment, where none passes.
 */
export async function tryAlignments(
  other: ToolUnderTest,
  alignments: readonly ReadonlyMap<string, string>[],
  {
    sandbox,
    tests,
    language,
    compare,
    signal,
  }: {
    sandbox: Sandbox
    tests: readonly ToolTest[]
    /** Of the tool that the tests are for. */
    language: ToolUnderTest['signature']['language']
    compare: CompareValues
    signal?: AbortSignal
  },
): Promise<{ passing: ReadonlyMap<string, string>[]; failure: string | null }> {
  const called = tests.filter((test) => test.kind !== 'property')
  const bound = bindTestFiles(called)
  const calls = alignments.flatMap((names) => bound.calls.map((args) => renameArguments(args, names)))
  if (calls.length === 0) return { passing: alignments.slice(0, MOST_KEPT), failure: null }
  const observed = {
    sandbox,
    tool: other,
    calls,
    inputs: bound.inputs,
    world: WORLDS.first,
    ...(signal ? { signal } : {}),
  }
  const { outcomes } = await observeCalls(observed)
  const sameLanguage = other.signature.language === language
  const failures = alignments.map((_, index) => {
    const own = outcomes.slice(index * called.length, (index + 1) * called.length)
    return firstFailure(called, own, { compare, sameLanguage })
  })
  const passing = alignments.filter((_, index) => failures[index] === null).slice(0, MOST_KEPT)
  return { passing, failure: passing.length > 0 ? null : (failures[0] ?? null) }
}

function firstFailure(
  tests: readonly Called[],
  outcomes: readonly CallOutcome[],
  options: { compare: CompareValues; sameLanguage: boolean },
): string | null {
  for (const [index, test] of tests.entries()) {
    const difference = judge(test, outcomes[index] ?? { kind: 'unknown' }, options)
    if (difference !== null) return `test "${test.name}": ${difference}`
  }
  return null
}

function judge(
  test: Called,
  outcome: CallOutcome,
  { compare, sameLanguage }: { compare: CompareValues; sameLanguage: boolean },
): string | null {
  if (outcome.kind === 'ended') return `the code ended with '${outcome.status}'`
  if (outcome.kind === 'unknown') return 'it could not be told what it gives'
  if (test.kind === 'example') {
    if (outcome.kind === 'error') return `it raised ${outcome.type}: ${outcome.message}`
    return compare(test.expected, outcome.value, { tolerance: test.tolerance })
  }
  if (outcome.kind === 'value') return `expected ${test.raises ?? 'an error'}, but it returned a value`
  if (BROKEN.test(outcome.type)) return `it raised ${outcome.type}: ${outcome.message}`
  const isOther = sameLanguage && test.raises !== undefined && !/^(?:Base)?Exception$|^Error$/.test(test.raises)
  return isOther && test.raises !== outcome.type ? `expected ${test.raises}, but it raised ${outcome.type}` : null
}
