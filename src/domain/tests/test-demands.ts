import type { ToolSpecification } from '../../contracts/run.ts'
import { isPathParameter } from './path-parameters.ts'

/** Fewer do not tell a function from a constant with one exception. */
export const LEAST_RESULTS = 3

/** What the tests of a tool have to hold before it is kept, as far as its specification makes that possible. */
export interface TestDemands {
  /** Tests of a result with different arguments: examples, or properties where no value can be worked out by hand. */
  results: number
  /** One at least that looks at an edge: false where no parameter has one. */
  edge: boolean
  /** One at least that is refused: where the specification says that something is. */
  error: boolean
  /** Parameters that take the path of a file: tests bring small files of their own. */
  paths: string[]
}

type Specification = Pick<ToolSpecification, 'description' | 'parameters' | 'returns'>

/** The one place that says what is asked of tests: what prompts ask for, and what admission looks for. */
export function demandsOf(specification: Specification): TestDemands {
  const { parameters } = specification
  return {
    results: LEAST_RESULTS,
    edge: parameters.some(({ type }) => hasEdge(type)),
    error: namesErrors(specification),
    paths: parameters.filter((one) => /\bstr\b|string/i.test(one.type) && isPathParameter(one)).map(({ name }) => name),
  }
}

/** The demands as a list for the author of the tests, one line each. */
export function renderDemands({ results, edge, error, paths }: TestDemands): string {
  const lines = [
    `at least ${results} tests of a result, with different arguments. An example counts, and so does a property: take one where no value can be worked out by hand. Properties are held against small faults that are planted into the code, so let each compare what the tool really gives (for other inputs, in another order, scaled, against a slow and plain computation)`,
    'expected values that differ from each other and from the arguments, unless properties tell them apart',
    ...(edge ? [`at least one test of an edge: ${paths.length > 0 ? FILE_EDGES : EDGES}`] : []),
    ...(error ? ['at least one test of kind `error`, because the specification says that something is refused'] : []),
  ]
  return lines.map((line) => `  - ${line}.`).join('\n')
}

/** How a test brings a file; empty where no parameter takes one. */
export function renderFileRules({ paths }: TestDemands): string {
  if (paths.length === 0) return ''
  const names = paths.map((name) => `\`${name}\``).join(', ')
  return `- ${names} takes the path of a file: a test of any kind brings its files, written out: \`"files": {"days.csv": "day,value\\n2024-01-01,3\\n"}\`, at most three of a few lines. An argument names one by \`{"$file": "days.csv"}\`; the program of a property finds it at \`/box/input/days.csv\`. A path that is to be missing is written out.`
}

export const EDGES = 'an empty list, a single item, zero, a negative number, an empty text or a missing value'
export const FILE_EDGES = 'an empty file, a header alone, a single row, an empty field, or a file that is not there'

/** Truth values and choices have no edge: every one of them is a plain case. */
function hasEdge(type: string): boolean {
  const rest = type
    .replaceAll(/Literal\[[^\]]*\]|"[^"]*"|'[^']*'/g, '')
    .replaceAll(/\b(?:bool|boolean|None|null|undefined|Optional|Union)\b/g, '')
  return /\w/.test(rest)
}

/** Words by which specifications in English say that something is refused, and the names of classes of errors. */
const REFUSAL = /\b(?:raises?|throws?|refuses?|refused|rejects?|rejected|invalid|not allowed|must not|forbidden)\b/i
const ERROR_CLASS = /\b[A-Z]\w*Error\b/
const DENIED = /\b(?:never|does not|do not|doesn't|no) (?:raises?|throws?|refuses?|rejects?|errors?)\b/gi

function namesErrors({ description, parameters, returns }: Specification): boolean {
  const texts = [description, returns.description, ...parameters.map((parameter) => parameter.description)]
  return texts.some((text) => ERROR_CLASS.test(text) || REFUSAL.test(text.replaceAll(DENIED, '')))
}
