import type { JsonValue } from '../../contracts/json.ts'
import type { ToolSpecification } from '../../contracts/run.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { stableText } from '../../util/stable-text.ts'
import type { CompareValues } from '../subject.ts'

export interface ReconciledTests {
  /** Those of the first call and those that only the second has, without what was dropped. */
  tests: ToolTest[]
  /** Tests on whose expectation the two calls disagree. */
  dropped: { name: string; reason: string }[]
  /** Names of tests that both calls worked out alike. */
  confirmed: string[]
}

type Asserted = Exclude<ToolTest, { kind: 'property' }>

/**
 * Holds the tests of two independent calls against each other. The same arguments with different expectations: one of them is
 * wrong, nobody knows which, and both go. A default that is written out counts as the argument left out. Properties stay.
 */
export function reconcileExpectations(
  first: readonly ToolTest[],
  second: readonly ToolTest[],
  { compare, parameters = [] }: { compare: CompareValues; parameters?: ToolSpecification['parameters'] },
): ReconciledTests {
  const defaults = Object.fromEntries(
    parameters.flatMap((parameter) => (parameter.default === undefined ? [] : [[parameter.name, parameter.default]])),
  )
  const keyOf = (test: Asserted): string => stableText({ ...defaults, ...test.arguments })
  const others = Map.groupBy(second.filter(isAsserted), keyOf)
  const dropped: ReconciledTests['dropped'] = []
  const confirmed: string[] = []
  const gone = new Set<ToolTest>()
  for (const test of first) {
    if (!isAsserted(test)) continue
    for (const other of others.get(keyOf(test)) ?? []) {
      // Said once, by the first call: the second's has nothing to add.
      gone.add(other)
      const disagreement = disagree(test, other, compare)
      if (disagreement === null) confirmed.push(test.name)
      else {
        gone.add(test)
        dropped.push({ name: test.name, reason: `two independent calls disagree on it: ${disagreement}` })
      }
    }
  }
  const kept = [...first, ...second].filter((test) => !gone.has(test))
  return { tests: withoutRepeats(kept), dropped, confirmed: [...new Set(confirmed)] }
}

/** Null where both expect the same. Where both expect an error, its class may be open in one of them. */
function disagree(first: Asserted, second: Asserted, compare: CompareValues): string | null {
  if (first.kind === 'example' && second.kind === 'example') {
    const tolerance = Math.max(first.tolerance ?? 0, second.tolerance ?? 0)
    const difference = compare(first.expected, second.expected, tolerance > 0 ? { tolerance } : {})
    return difference === null ? null : `for ${show(first.arguments)}, ${difference}`
  }
  if (first.kind === 'error' && second.kind === 'error') {
    const open = first.raises === undefined || second.raises === undefined || first.raises === second.raises
    return open ? null : `for ${show(first.arguments)}, one expects ${first.raises}, the other ${second.raises}`
  }
  const [example, error] = first.kind === 'example' ? [first, second] : [second, first]
  const value = example.kind === 'example' ? show(example.expected) : ''
  const raises = error.kind === 'error' ? (error.raises ?? 'an error') : ''
  return `for ${show(first.arguments)}, one expects ${value}, the other ${raises}`
}

function isAsserted(test: ToolTest): test is Asserted {
  return test.kind !== 'property'
}

/** Tests are known by their names: one of the second call gets another where the first has it too. */
function withoutRepeats(tests: readonly ToolTest[]): ToolTest[] {
  const names = new Set<string>()
  return tests.map((test) => {
    let { name } = test
    for (let count = 2; names.has(name); count += 1) name = `${test.name} (${count})`
    names.add(name)
    return { ...test, name }
  })
}

const SHOWN_CHARACTERS = 160

function show(value: JsonValue): string {
  const text = stableText(value)
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS).toWellFormed()}…`
}
