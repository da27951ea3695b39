import type { ToolSpecification } from '../../contracts/run.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import type { Difficulty, RoutedReply } from '../../contracts/models.ts'
import { compareValues } from '../compare/compare-values.ts'
import { askModel } from '../run/ask-model.ts'
import type { RunContext } from '../run/run-context.ts'
import { renderPrompt } from '../text/load-prompt.ts'
import { renderFiles } from '../text/render-files.ts'
import { renderExamples, renderSpecification } from '../text/render-specification.ts'
import { MINIMUM_TESTS, parseTests } from './parse-tests.ts'

/**
 * Has the tests written by a call that sees the specification and the shape of the data, and no code. The specification's
 * own examples are tests as well.
 */
export async function writeTests(
  context: RunContext,
  { specification, difficulty }: { specification: ToolSpecification; difficulty: Difficulty },
): Promise<{ tests: ToolTest[]; replies: RoutedReply[] }> {
  const { name, language } = specification
  const files = context.progress.files
  const answered = await askModel(
    context,
    {
      role: 'tester',
      purpose: 'write-tests',
      difficulty,
      escalation: 0,
      instructions: renderPrompt('write-tests', {
        MINIMUM: String(MINIMUM_TESTS),
        LANGUAGE: language,
        IMPORT: language === 'python' ? `from tools import ${name}` : `import { ${name} } from 'tools'`,
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
  return { tests: mergeTests(toTests(specification), answered.value), replies: answered.replies }
}

function toTests(specification: ToolSpecification): ToolTest[] {
  return specification.examples.map((example, index) => ({
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
