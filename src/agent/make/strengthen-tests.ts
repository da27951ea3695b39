import { HandaxeError } from '../../contracts/errors.ts'
import type { JsonObject } from '../../contracts/json.ts'
import type { Difficulty, RoutedReply } from '../../contracts/models.ts'
import type { ToolSpecification } from '../../contracts/run.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { askModel } from '../run/ask-model.ts'
import type { RunContext } from '../run/run-context.ts'
import { cutMiddle } from '../../domain/text/cut-middle.ts'
import { renderPrompt } from '../text/load-prompt.ts'
import { renderExamples, renderSpecification } from '../text/render-specification.ts'
import { toStableJson } from '../../domain/text/to-stable-json.ts'
import { demandsOf, renderDemands, renderFileRules } from '../../domain/tests/test-demands.ts'
import { parseTests } from './parse-tests.ts'
import { importLine } from './write-tests.ts'

const INPUTS = 6
const INPUT_CHARACTERS = 400

/**
 * Has tests written that the tool's tests lack. The call sees the specification, the tests' names and arguments, what is
 * missing in words, and inputs that no test resembles; never the code, and never what the code gives: an expectation that was
 * read off the code would prove nothing. A tester without a usable reply adds nothing.
 */
export async function strengthenTests(
  context: RunContext,
  options: {
    specification: ToolSpecification
    difficulty: Difficulty
    tests: readonly ToolTest[]
    /** In words, without anything of the code. */
    missing: readonly string[]
    unseen: readonly JsonObject[]
  },
): Promise<{ tests: ToolTest[]; replies: RoutedReply[] }> {
  const { specification, difficulty, tests, missing, unseen } = options
  const inputs = unseen.slice(0, INPUTS).map((input) => `- ${cutMiddle(toStableJson(input), INPUT_CHARACTERS)}`)
  const shown = inputs.length === 0 ? [] : ['Inputs that no test resembles:', ...inputs]
  const content = renderPrompt('strengthen-tests-request', {
    SPECIFICATION: renderSpecification(specification),
    EXAMPLES: renderExamples(specification),
    TESTS: tests.map(renderTest).join('\n'),
    MISSING: [...missing.map((text) => `- ${text}`), ...shown].join('\n'),
  })
  const { language } = specification
  const demands = demandsOf(specification)
  const instructions = renderPrompt('strengthen-tests', {
    LANGUAGE: language,
    IMPORT: importLine(specification),
    DEMANDS: renderDemands(demands),
    FILES: renderFileRules(demands),
  })
  try {
    const answered = await askModel(
      context,
      {
        role: 'tester',
        purpose: 'strengthen-tests',
        difficulty,
        escalation: 0,
        instructions,
        messages: [{ role: 'user', content }],
      },
      (text) => parseTests(text, specification, { minimum: 1 }),
    )
    return { tests: answered.value, replies: answered.replies }
  } catch (error) {
    if (!HandaxeError.isInstance(error) || error.code !== 'model_reply_invalid') throw error
    const message = `No tests were added to those of ${specification.name}. ${error.message}`
    context.events.emit({ type: 'warning', code: 'model_reply_invalid', message })
    return { tests: [], replies: [] }
  }
}

function renderTest(test: ToolTest): string {
  if (test.kind === 'property') return `- ${test.name} (a property)`
  const files = test.files === undefined ? '' : ` with ${cutMiddle(toStableJson({ ...test.files }), INPUT_CHARACTERS)}`
  return `- ${test.name}: ${cutMiddle(toStableJson(test.arguments), INPUT_CHARACTERS)}${files}`
}
