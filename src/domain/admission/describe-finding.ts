import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import { EDGES, FILE_EDGES } from '../tests/test-demands.ts'
import type {
  AdmissionFinding,
  DeterminismFinding,
  MutationFinding,
  RegressionFinding,
  Source,
  TestQualityFinding,
  TwinFinding,
} from './finding.ts'
import { verdictOf } from './mutation-verdict.ts'

const SOURCES: Readonly<Record<Source, string>> = {
  clock: 'it reads the clock: take the time as a parameter',
  'time-zone': 'it depends on the time zone of the machine: compute in UTC, or take the time zone as a parameter',
  randomness: 'it draws random numbers without a seed: take a seed as a parameter and make a generator from it',
  folder: 'it depends on the current folder: take paths as parameters',
  'input-files': 'it looks at input files that no argument names: take their paths as parameters',
  environment: 'it reads environment variables: take their values as parameters',
  'earlier-calls': 'it keeps something between calls: a result has to depend on the arguments alone',
  'hash-order': 'it depends on the order of a set, which every interpreter draws anew: sort it',
}

const ACTS = {
  network: 'It reaches for the network',
  processes: 'It starts other programs',
  evaluation: 'It runs code that it makes while it runs',
} as const

const SHOWN_CHARACTERS = 200
const SHOWN_CALL_CHARACTERS = 120
const SHOWN_INPUT_CHARACTERS = 300

/** The one place that puts what was found into words: for whoever has to mend it, and for whoever decides about it. */
export function describeFinding(finding: AdmissionFinding): string {
  if (finding.code === 'not-finished') return `The check ${finding.check} did not come to its end: ${finding.reason}.`
  switch (finding.check) {
    case 'static':
      return finding.problem
    case 'hidden-characters':
      return `Line ${finding.line} holds the invisible character ${finding.character}, which makes code look like other code.`
    case 'tests':
      return `Test "${finding.test}": ${finding.failure}`
    case 'regression':
      return describeRegression(finding)
    case 'test-quality':
      return describeTestQuality(finding)
    case 'determinism':
      return describeDeterminism(finding)
    case 'hard-coded':
      return 'It gives what its tests expect and one and the same for all other arguments: compute the result.'
    case 'mutation':
      return describeMutation(finding)
    case 'twins':
      return describeTwin(finding)
    case 'review':
      return finding.text
  }
}

function describeRegression(finding: RegressionFinding): string {
  if (finding.code === 'test') return `Test "${finding.test}" of version ${finding.version}: ${finding.failure}`
  const call = cut(JSON.stringify(finding.arguments), SHOWN_CALL_CHARACTERS)
  if (finding.code === 'call') return `The call ${call} of ${finding.at.slice(0, 10)}: ${finding.difference}`
  return finding.misfit ? `For ${call} ${finding.problem}` : `It still fails for ${call}: ${finding.problem}`
}

function describeTestQuality(finding: TestQualityFinding): string {
  const [name = '', second = ''] = finding.tests
  switch (finding.code) {
    case 'asserts-nothing':
      return finding.because === 'cannot-be-false'
        ? `The property "${name}" cannot be false: let its program call the tool and compare what it gives.`
        : `The property "${name}" also holds for tools that do nothing: let it compare what the tool gives.`
    case 'duplicate':
      return `"${second}" repeats "${name}".`
    case 'contradiction':
      return `${finding.tests.map((one) => `"${one}"`).join(' and ')} expect different values of the same arguments.`
    case 'echo':
      return `Every example expects ${finding.parameter} unchanged: code that does nothing would pass. Add others.`
    case 'same-expected':
      return `All examples expect ${finding.expected.slice(0, 100)}: code that always gives it would pass. Add others.`
    case 'few-examples':
      return `There are ${finding.results} tests of a result; at least ${finding.needed} with different arguments are needed: examples, or properties where no value can be worked out.`
    case 'unproven-properties':
      return `There are too few examples, and ${finding.seen} of ${finding.planted} planted mistakes do not show that the properties see any: add examples with values that are worked out by hand.`
    case 'no-edge-case':
      return `No test looks at an edge: add ${finding.ofFiles ? FILE_EDGES : EDGES}.`
    case 'no-error-case':
      return 'The specification says what is refused, and no test of the kind error looks at it: add one.'
    case 'untested':
      return 'No test asserts anything.'
  }
}

function describeDeterminism(finding: DeterminismFinding): string {
  switch (finding.code) {
    case 'unsteady': {
      const causes = finding.sources.map((source) => SOURCES[source])
      const cause =
        causes.length > 0 ? causes.join('; ') : 'the source could not be told: look for state, time and chance'
      return `The same arguments give different results, for ${show(finding.arguments)}: ${finding.difference}. Probably ${cause}.`
    }
    case 'reads-outside': {
      const what = finding.kind === 'files' ? 'files that no argument names' : 'environment variables'
      return `It reads ${what}: ${finding.names.join(', ')}. Make them parameters.`
    }
    case 'changes-arguments':
      return `It changes the arguments that it is given, for ${show(finding.arguments)}: work on a copy.`
    case 'recursion':
      return 'It calls itself so often that a list or text of 3,000 items ends in an error: use a loop.'
    default:
      return `${ACTS[finding.code]}: ${finding.names.join(', ')}.`
  }
}

function describeMutation(finding: MutationFinding): string {
  if (finding.code === 'unsteady') return finding.problem
  const { record, threshold, unseen } = finding
  const shown = unseen.map(({ line, before, after }) => `line ${line}: \`${before}\` made \`${after}\``)
  return `Its tests do not see all mistakes: ${verdictOf(record, threshold).reason}. Unseen: ${shown.join('; ')}`
}

function describeTwin(finding: TwinFinding): string {
  const { name, version } = finding
  if (finding.code === 'twin') return `${name} version ${version} does the same: ${finding.reason}.`
  const input = JSON.stringify(finding.arguments ?? {}).slice(0, SHOWN_INPUT_CHARACTERS)
  return `${name} version ${version} passes the same tests and does something else for ${input}: add a test that tells them apart.`
}

function show(args: JsonObject): string {
  return cut(JSON.stringify(args as JsonValue), SHOWN_CHARACTERS)
}

function cut(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1).toWellFormed()}…`
}
