import type { ToolSpecification } from '../../contracts/run.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { stableText } from '../../util/stable-text.ts'
import type { TestQualityFinding } from '../../domain/admission/finding.ts'
import { demandsOf } from '../../domain/tests/test-demands.ts'
import { isEdgeCase } from './edge-cases.ts'
import { assertsNothing } from './property-programs.ts'

export interface TestQuality {
  /** Tests that can be left out without loss, by name: they assert nothing, or repeat another. */
  worthless: string[]
  problems: TestQualityFinding[]
  /** True where there are results enough only because properties count: planted mistakes have to show that they see any. */
  restsOnProperties: boolean
}

const check = 'test-quality'

type Example = Extract<ToolTest, { kind: 'example' }>

/**
 * Looks at tests before there is code: would a wrong tool fail them? What is found is for the tests' author; whether the
 * tests see mistakes is measured by the mutants. Properties are read as text here; `findVacuousProperties` runs them.
 */
export function checkTests(
  tests: readonly ToolTest[],
  specification: Pick<ToolSpecification, 'name' | 'description' | 'parameters' | 'returns'>,
): TestQuality {
  const { vacuous, repeated, problems } = findWorthless(tests, specification.name)
  const worthless = new Set([...vacuous, ...repeated])
  const good = tests.filter((test) => !worthless.has(test.name))
  const examples = good.filter((test) => test.kind === 'example')
  const properties = good.filter((test) => test.kind === 'property')
  const demands = demandsOf(specification)
  problems.push(...findContradictions(examples))
  // A property that can fail tells a constant and an echo from the tool.
  if (properties.length === 0) problems.push(...findConstants(examples), ...findEchoes(examples, specification))
  const inputs = new Set(examples.map((test) => stableText([test.arguments, test.files ?? null])))
  const results = inputs.size + properties.length
  if (results < demands.results) {
    problems.push({ check, code: 'few-examples', tests: [], results, needed: demands.results })
  }
  if (demands.edge && !good.some(isEdgeCase)) {
    problems.push({ check, code: 'no-edge-case', tests: [], ofFiles: demands.paths.length > 0 })
  }
  if (demands.error && !good.some((test) => test.kind === 'error')) {
    problems.push({ check, code: 'no-error-case', tests: [] })
  }
  const restsOnProperties = inputs.size < demands.results && results >= demands.results
  return { worthless: [...worthless], problems, restsOnProperties }
}

function findWorthless(
  tests: readonly ToolTest[],
  tool: string,
): { vacuous: string[]; repeated: string[]; problems: TestQualityFinding[] } {
  const vacuous = tests.filter((test) => test.kind === 'property' && assertsNothing(test.program, tool))
  const problems: TestQualityFinding[] = vacuous.map(({ name }) => ({
    check,
    code: 'asserts-nothing',
    tests: [name],
    because: 'cannot-be-false',
  }))
  const first = new Map<string, string>()
  const repeated: string[] = []
  for (const { name, ...content } of tests) {
    const text = stableText(content)
    const original = first.get(text)
    if (original === undefined) {
      first.set(text, name)
      continue
    }
    repeated.push(name)
    problems.push({ check, code: 'duplicate', tests: [original, name] })
  }
  return { vacuous: vacuous.map((test) => test.name), repeated, problems }
}

function findContradictions(examples: readonly Example[]): TestQualityFinding[] {
  const byInput = Map.groupBy(examples, (test) => stableText([test.arguments, test.files ?? null]))
  return [...byInput.values()]
    .filter((same) => same.length > 1)
    .map((same) => ({ check, code: 'contradiction', tests: same.map((test) => test.name) }))
}

function findConstants(examples: readonly Example[]): TestQualityFinding[] {
  const expected = examples[0]
  if (expected === undefined || examples.length < 2) return []
  const text = stableText(expected.expected)
  if (examples.some((test) => stableText(test.expected) !== text)) return []
  return [{ check, code: 'same-expected', tests: examples.map((test) => test.name), expected: text.slice(0, 100) }]
}

/** The same parameter every time: a tool that hands it through would pass. */
function findEchoes(
  examples: readonly Example[],
  { parameters }: Pick<ToolSpecification, 'parameters'>,
): TestQualityFinding[] {
  if (examples.length === 0) return []
  const echoed = parameters.find(({ name }) =>
    examples.every((test) => {
      const given = test.arguments[name]
      return given !== undefined && stableText(given) === stableText(test.expected)
    }),
  )
  if (echoed === undefined) return []
  return [{ check, code: 'echo', tests: examples.map((test) => test.name), parameter: echoed.name }]
}
