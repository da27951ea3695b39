import { z } from 'zod'
import { HandaxeError } from '../../contracts/errors.ts'
import type { Difficulty, RoutedReply } from '../../contracts/models.ts'
import type { ToolSpecification } from '../../contracts/run.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { findJson } from '../parse-reply/find-json.ts'
import { describeProblems } from '../plan/plan-schema.ts'
import { askModel, type ParsedReply } from '../run/ask-model.ts'
import type { RunContext } from '../run/run-context.ts'
import { cutEnd, cutMiddle } from '../../domain/text/cut-middle.ts'
import { fenceCode } from '../text/fence-code.ts'
import { renderPrompt } from '../text/load-prompt.ts'
import { renderSpecification } from '../text/render-specification.ts'
import { stabiliseText } from '../text/stabilise-text.ts'
import { toStableJson } from '../../domain/text/to-stable-json.ts'
import type { TestOutcome } from './judge-test.ts'

const verdictSchema = z.object({ verdict: z.enum(['keep', 'drop']), reason: z.string().trim().min(1).max(2000) })

export interface TestVerdict {
  drop: boolean
  reason: string
  replies: RoutedReply[]
}

const TEXT_CHARACTERS = 2000

/**
 * Asks a reviewer, who sees the specification, the test and what the code gave, but neither the code nor what its author says,
 * whether the test is wrong. A reviewer without a usable verdict changes nothing.
 */
export async function reviewTest(
  context: RunContext,
  subject: { specification: ToolSpecification; difficulty: Difficulty; test: ToolTest; outcome: TestOutcome },
): Promise<TestVerdict> {
  const { specification, difficulty, test, outcome } = subject
  const content = renderPrompt('review-test-request', {
    SPECIFICATION: renderSpecification(specification),
    TEST: renderTest(test, specification.language),
    OUTCOME: renderOutcome(outcome),
  })
  try {
    const answered = await askModel(
      context,
      {
        role: 'reviewer',
        purpose: 'review-test',
        difficulty,
        escalation: 0,
        instructions: renderPrompt('review-test'),
        messages: [{ role: 'user', content }],
      },
      parseVerdict,
    )
    const { verdict, reason } = answered.value
    return { drop: verdict === 'drop', reason, replies: answered.replies }
  } catch (error) {
    if (!HandaxeError.isInstance(error) || error.code !== 'model_reply_invalid') throw error
    const message = `The reviewer gave no verdict on the test "${test.name}": it stays. ${error.message}`
    context.events.emit({ type: 'warning', code: 'model_reply_invalid', message })
    return { drop: false, reason: 'the reviewer gave no verdict', replies: [] }
  }
}

function parseVerdict(reply: string): ParsedReply<z.infer<typeof verdictSchema>> {
  const found = findJson(reply, (value) => typeof value['verdict'] === 'string')
  if ('problem' in found) return found
  const checked = verdictSchema.safeParse(found.value)
  if (!checked.success)
    return { problem: `The verdict does not have the right form:\n${describeProblems(checked.error)}` }
  return { value: checked.data }
}

function renderTest(test: ToolTest, language: string): string {
  const name = `"${test.name}"`
  if (test.kind === 'property') {
    return `${name}: this program has to give true.\n\n${fenceCode(cutMiddle(test.program, TEXT_CHARACTERS), language)}`
  }
  const files =
    test.files === undefined ? '' : `\n\nFiles: ${cutMiddle(toStableJson({ ...test.files }), TEXT_CHARACTERS)}`
  const args = `${cutMiddle(toStableJson(test.arguments), TEXT_CHARACTERS)}${files}`
  const expected = test.kind === 'error' ? `the error ${test.raises ?? '(any)'}` : toStableJson(test.expected)
  return `${name}\n\nArguments: ${args}\n\nExpected: ${cutMiddle(expected, TEXT_CHARACTERS)}`
}

function renderOutcome(outcome: TestOutcome): string {
  if (outcome.kind === 'value') return cutMiddle(stabiliseText(toStableJson(outcome.value)), TEXT_CHARACTERS)
  if (outcome.kind === 'error') return `The error ${outcome.type}: ${cutEnd(outcome.message, 500)}`
  return `It ended with '${outcome.status}'${outcome.detail === null ? '' : `: ${outcome.detail}`}.`
}
