import type { ToolSpecification } from '../../contracts/run.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import type { Difficulty, RoutedReply } from '../../contracts/models.ts'
import { compareValues } from '../../domain/compare/compare-values.ts'
import { askModel, type Answered } from '../run/ask-model.ts'
import type { RunContext } from '../run/run-context.ts'
import { renderPrompt } from '../text/load-prompt.ts'
import { renderFiles } from '../text/render-files.ts'
import { renderExamples, renderSpecification } from '../text/render-specification.ts'
import { demandsOf, renderDemands, renderFileRules } from '../../domain/tests/test-demands.ts'
import { parseTests } from './parse-tests.ts'
import { workOutTests } from './work-out-tests.ts'

export interface WrittenTests {
  tests: ToolTest[]
  /** Tests that were left out, and why. */
  dropped: { name: string; reason: string }[]
  replies: RoutedReply[]
}

interface Task {
  specification: ToolSpecification
  difficulty: Difficulty
}

/**
 * Has the tests written by a call that sees the specification and the shape of the data, and no code. The specification's
 * own examples are tests as well. For a thorough admission a second call works their values out again; a test on which the
 * two disagree is dropped.
 */
export async function writeTests(context: RunContext, task: Task): Promise<WrittenTests> {
  const { value, replies } = await askForTests(context, task)
  const tests = mergeTests(toTests(task.specification), value)
  const { admission: gate, checksTools = true } = context.dependencies
  if (!checksTools || context.admission !== 'thorough') return { tests, dropped: [], replies }
  const second = await workOutTests(context, { ...task, tests })
  const reconciled = gate.reconcile(tests, second.tests, task.specification)
  return { ...reconciled, replies: [...replies, ...second.replies] }
}

async function askForTests(context: RunContext, { specification, difficulty }: Task): Promise<Answered<ToolTest[]>> {
  const { language } = specification
  const demands = demandsOf(specification)
  const files = context.progress.files
  return askModel(
    context,
    {
      role: 'tester',
      purpose: 'write-tests',
      difficulty,
      escalation: 0,
      instructions: renderPrompt('write-tests', {
        DEMANDS: renderDemands(demands),
        FILES: renderFileRules(demands),
        LANGUAGE: language,
        IMPORT: importLine(specification),
      }),
      messages: [
        {
          role: 'user',
          content: renderPrompt('write-tests-request', {
            SPECIFICATION: renderSpecification(specification),
            EXAMPLES: renderExamples(specification),
            FILES: files.length === 0 ? '' : `# The data that it will first be used on\n\n${renderFiles(files)}`,
          }),
        },
      ],
    },
    (text) => parseTests(text, specification),
  )
}

export function importLine({ name, language }: ToolSpecification): string {
  return language === 'python' ? `from tools import ${name}` : `import { ${name} } from 'tools'`
}

function toTests(specification: ToolSpecification): ToolTest[] {
  const { paths } = demandsOf(specification)
  // The planner's example of a tool that takes a file names one that no test has.
  const possible = specification.examples.filter(({ arguments: args }) => !paths.some((name) => name in args))
  return possible.map((example, index) => ({
    name: `example ${index + 1} of the specification`,
    kind: 'example',
    arguments: example.arguments,
    expected: example.expected,
  }))
}

/** A written test that repeats an example of the specification adds nothing. One that contradicts it stays, and fails. */
function mergeTests(examples: ToolTest[], written: ToolTest[]): ToolTest[] {
  const isNew = (test: ToolTest): boolean =>
    test.kind !== 'example' || !examples.some((example) => isSame(example, test))
  return [...examples, ...written.filter(isNew)]
}

function isSame(a: ToolTest, b: ToolTest): boolean {
  if (a.kind !== 'example' || b.kind !== 'example') return false
  return compareValues(a.arguments, b.arguments) === null && compareValues(a.expected, b.expected) === null
}
