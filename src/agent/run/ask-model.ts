import { HandaxeError } from '../../contracts/errors.ts'
import type { Message, RoutedReply } from '../../contracts/models.ts'
import { normaliseReply } from '../parse-reply/normalise-reply.ts'
import { cutEnd, cutMiddle } from '../../domain/text/cut-middle.ts'
import { renderPrompt } from '../text/load-prompt.ts'
import { stripHidden } from '../../domain/text/untrusted-text.ts'
import { callModel, type ModelCall } from './call-model.ts'
import type { RunContext } from './run-context.ts'

/** A reply that was wrong twice with the reason given is rarely right the fourth time. */
const MAX_TRIES = 3

/** Of a rejected reply, what is sent back to the model: enough to mend it, not enough to fill its context. */
const SENT_BACK_CHARACTERS = 24_000
const SHOWN_CHARACTERS = 600

export type ParsedReply<T> = { value: T } | { problem: string }

export interface Answered<T> {
  value: T
  reply: RoutedReply
  /** All replies to the question, rejected ones too: for what it cost. */
  replies: RoutedReply[]
  /** The conversation with the accepted reply at its end. */
  messages: Message[]
}

/**
 * Asks until a reply can be used. `parse` says what is wrong with one that cannot; the model is told and asked again, one
 * tier higher. Throws `model_reply_invalid`, which shows the last reply, when the tries are used up.
 */
export async function askModel<T>(
  context: RunContext,
  call: ModelCall,
  parse: (text: string) => ParsedReply<T> | Promise<ParsedReply<T>>,
): Promise<Answered<T>> {
  const replies: RoutedReply[] = []
  let messages = call.messages
  let problem = ''
  for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
    const reply = await callModel(context, { ...call, messages, escalation: call.escalation + attempt - 1 })
    replies.push(reply)
    const text = normaliseReply(reply.text)
    const parsed = await parseReply(reply, text, parse)
    if ('value' in parsed) {
      const content = cutMiddle(text, SENT_BACK_CHARACTERS)
      return { value: parsed.value, reply, replies, messages: [...messages, { role: 'assistant', content }] }
    }
    problem = parsed.problem
    call.onDelta?.({ kind: 'restart', text: problem })
    context.events.emit({ type: 'model-reply-rejected', role: call.role, purpose: call.purpose, problem, attempt })
    // Only the last rejected reply is sent back: an older one would be copied from.
    messages = [
      ...call.messages,
      { role: 'assistant', content: text === '' ? '(empty reply)' : cutMiddle(text, SENT_BACK_CHARACTERS) },
      { role: 'user', content: renderPrompt('reply-rejected', { PROBLEM: problem }) },
    ]
  }
  throw invalidReply(call, problem, replies.at(-1)?.text ?? '')
}

async function parseReply<T>(
  reply: RoutedReply,
  text: string,
  parse: (text: string) => ParsedReply<T> | Promise<ParsedReply<T>>,
): Promise<ParsedReply<T>> {
  if (reply.finishReason === 'length') {
    const problem =
      text === ''
        ? 'The reply was used up by thinking: no text came after it. Think less and reply at once.'
        : 'The reply was cut off because it was too long. Send it again, whole and shorter.'
    return { problem }
  }
  if (text === '') return { problem: 'The reply was empty.' }
  return parse(text)
}

function invalidReply(call: ModelCall, problem: string, reply: string): HandaxeError {
  const shown = cutEnd(stripHidden(reply).trim(), SHOWN_CHARACTERS)
  return new HandaxeError(
    'model_reply_invalid',
    `The model gave no usable reply to '${call.purpose}' in ${MAX_TRIES} tries. The last one: ${problem}\nIts reply was: ${shown === '' ? '(empty)' : shown}`,
    {
      hint: 'Try a stronger model with -m provider/model; small models often cannot keep to the format.',
      details: { role: call.role, purpose: call.purpose, problem, reply },
    },
  )
}
