import { QuoteTracker } from './quote-tracker.ts'
import { ThinkFilter } from './think-filter.ts'

/** The reply without the thinking that it begins with. Takes linear time, whatever the tags do. */
export function removeThinking(reply: string): string {
  const filter = new ThinkFilter()
  const rest = filter.push(reply) + filter.end()
  return filter.hasThought ? rest : removeUnopened(rest)
}

/**
 * Some servers send the opening tag with the prompt: then the reply begins with thinking that only its end marks. A closing
 * tag is such an end where nothing opened it and where it cannot be a mention of the tag: not in a fenced block, in quotes or
 * in inline code, and not after a blank of its line, as in a sentence.
 */
function removeUnopened(reply: string): string {
  const marks = /^[ \t]*(`{3,}|~{3,})[ \t]*([^\n]*)|<(\/?)think(?:ing)?>/gim
  const quotes = new QuoteTracker()
  let fence: string | null = null
  let fed = 0
  for (let mark = marks.exec(reply); mark !== null; mark = marks.exec(reply)) {
    const [text, fenceMarks, info = '', slash] = mark
    if (fenceMarks !== undefined) {
      // Backticks in the info string mean inline code.
      if (fence === null) fence = fenceMarks.startsWith('`') && info.includes('`') ? null : fenceMarks
      else if (fenceMarks.startsWith(fence) && /^(?:<\/think|\s*$)/i.test(info)) fence = null
      marks.lastIndex = mark.index + text.length - info.length
      continue
    }
    quotes.feed(reply.slice(fed, mark.index))
    fed = mark.index
    const next = reply[mark.index + text.length]
    if (fence !== null || quotes.isQuoted || next === "'" || next === '"') continue
    if (slash === '') return reply
    if (quotes.last !== ' ' && quotes.last !== '\t') return reply.slice(mark.index + text.length)
  }
  return reply
}
