import { HandaxeError } from '../../contracts/errors.ts'
import type { Difficulty, RoutedReply } from '../../contracts/models.ts'
import type { ToolSpecification } from '../../contracts/run.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { askModel } from '../run/ask-model.ts'
import type { RunContext } from '../run/run-context.ts'
import { renderPrompt } from '../text/load-prompt.ts'
import { renderSpecification } from '../text/render-specification.ts'
import { toStableJson } from '../../domain/text/to-stable-json.ts'
import { parseTests } from './parse-tests.ts'

/**
 * Has the expected values of tests worked out a second time, by a call that sees the specification and the arguments and
 * neither the first values nor the specification's examples. What it is not certain of it leaves out; without a usable reply
 * there is no second opinion.
 */
export async function workOutTests(
  context: RunContext,
  options: { specification: ToolSpecification; difficulty: Difficulty; tests: readonly ToolTest[] },
): Promise<{ tests: ToolTest[]; replies: RoutedReply[] }> {
  const { specification, difficulty, tests } = options
  // Cases are known by their arguments alone: what a file holds is worked out once.
  const cases = tests.flatMap((test) =>
    test.kind === 'property' || test.files !== undefined ? [] : [toStableJson(test.arguments)],
  )
  const list = [...new Set(cases)].map((text, index) => `- case ${index + 1}: ${text}`)
  const content = renderPrompt('work-out-tests-request', {
    SPECIFICATION: renderSpecification(specification),
    CASES: list.join('\n'),
  })
  try {
    const answered = await askModel(
      context,
      {
        role: 'tester',
        purpose: 'work-out-tests',
        difficulty,
        escalation: 0,
        instructions: renderPrompt('work-out-tests'),
        messages: [{ role: 'user', content }],
      },
      (text) => parseTests(text, specification, { minimum: 1 }),
    )
    return { tests: answered.value.filter((test) => test.kind !== 'property'), replies: answered.replies }
  } catch (error) {
    if (!HandaxeError.isInstance(error) || error.code !== 'model_reply_invalid') throw error
    const message = `The tests of ${specification.name} were worked out only once. ${error.message}`
    context.events.emit({ type: 'warning', code: 'model_reply_invalid', message })
    return { tests: [], replies: [] }
  }
}
