import type { ToolSpecification } from '../../contracts/run.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { stableText } from '../../util/stable-text.ts'
import { demandsOf, EDGES, FILE_EDGES } from '../../domain/tests/test-demands.ts'
import { isEdgeCase } from './edge-cases.ts'
import { assertsNothing } from './property-programs.ts'

export interface TestProblem {
  code:
    | 'asserts-nothing' // a property that cannot fail
    | 'duplicate'
    | 'contradiction' // the same arguments, another expected value
    | 'echo' // what is expected is always an argument
    | 'same-expected'
    | 'few-examples'
    | 'no-edge-case'
    | 'no-error-case'
  /** Names of the tests that it is about; empty where it is about what is missing. */
  tests: string[]
  /** For the author of the tests: what is wrong and what to add. */
  message: string
}

export interface TestQuality {
  /** Tests that can be left out without loss, by name: they assert nothing, or repeat another. */
  worthless: string[]
  problems: TestProblem[]
  /** True where there are results enough only because properties count: planted mistakes have to show that they see any. */
  restsOnProperties: boolean
}

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
    const message = `There are ${results} tests of a result; at least ${demands.results} with different arguments are needed: examples, or properties where no value can be worked out.`
    problems.push({ code: 'few-examples', tests: [], message })
  }
  if (demands.edge && !good.some(isEdgeCase)) {
    const message = `No test looks at an edge: add ${demands.paths.length > 0 ? FILE_EDGES : EDGES}.`
    problems.push({ code: 'no-edge-case', tests: [], message })
  }
  if (demands.error && !good.some((test) => test.kind === 'error')) {
    const message = 'The specification says what is refused, and no test of the kind error looks at it: add one.'
    problems.push({ code: 'no-error-case', tests: [], message })
  }
  const restsOnProperties = inputs.size < demands.results && results >= demands.results
  return { worthless: [...worthless], problems, restsOnProperties }
}

function findWorthless(
  tests: readonly ToolTest[],
  tool: string,
): { vacuous: string[]; repeated: string[]; problems: TestProblem[] } {
  const vacuous = tests.filter((test) => test.kind === 'property' && assertsNothing(test.program, tool))
  const problems: TestProblem[] = vacuous.map(({ name }) => ({
    code: 'asserts-nothing',
    tests: [name],
    message: `The property "${name}" cannot be false: let its program call the tool and compare what it gives.`,
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
    problems.push({ code: 'duplicate', tests: [original, name], message: `"${name}" repeats "${original}".` })
  }
  return { vacuous: vacuous.map((test) => test.name), repeated, problems }
}

function findContradictions(examples: readonly Example[]): TestProblem[] {
  const byInput = Map.groupBy(examples, (test) => stableText([test.arguments, test.files ?? null]))
  return [...byInput.values()]
    .filter((same) => same.length > 1)
    .map((same) => {
      const names = same.map((test) => test.name)
      const message = `${names.map((name) => `"${name}"`).join(' and ')} expect different values of the same arguments.`
      return { code: 'contradiction', tests: names, message }
    })
}

function findConstants(examples: readonly Example[]): TestProblem[] {
  const expected = examples[0]
  if (expected === undefined || examples.length < 2) return []
  const text = stableText(expected.expected)
  if (examples.some((test) => stableText(test.expected) !== text)) return []
  const message = `All examples expect ${text.slice(0, 100)}: code that always gives it would pass. Add others.`
  return [{ code: 'same-expected', tests: examples.map((test) => test.name), message }]
}

/** The same parameter every time: a tool that hands it through would pass. */
function findEchoes(
  examples: readonly Example[],
  { parameters }: Pick<ToolSpecification, 'parameters'>,
): TestProblem[] {
  if (examples.length === 0) return []
  const echoed = parameters.find(({ name }) =>
    examples.every((test) => {
      const given = test.arguments[name]
      return given !== undefined && stableText(given) === stableText(test.expected)
    }),
  )
  if (echoed === undefined) return []
  const message = `Every example expects ${echoed.name} unchanged: code that does nothing would pass. Add others.`
  return [{ code: 'echo', tests: examples.map((test) => test.name), message }]
}
