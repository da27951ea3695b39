import { QuoteTracker } from './quote-tracker.ts'

const OPENING = /^<think(?:ing)?>/i
const LONGEST_OPENING = '<thinking>'

/** A text that ends in what may become a tag. */
const PARTIAL_TAG = /<(?:\/?(?:t(?:h(?:i(?:n(?:k(?:i(?:n(?:g)?)?)?)?)?)?)?)?)?$/i

/**
 * Takes a model's thinking out of a streamed text. Thinking is what stands between `<think>` and `</think>` at the beginning
 * of a reply, several times too; once the first other word has come, everything is shown as it is, because an answer or a
 * program may speak of the tags. In the thinking itself, tags in quotes or inline code end nothing.
 */
export class ThinkFilter {
  #state: 'start' | 'thinking' | 'text' = 'start'
  #pending = ''
  #depth = 0
  #quotes = new QuoteTracker()
  /** What followed the last closing tag of thinking that has not ended: an opening tag may only have been mentioned. */
  #sinceClosing: string | null = null
  #hasThought = false

  /** Whether the text began with thinking. */
  get hasThought(): boolean {
    return this.#hasThought
  }

  /** The part of the text so far that can be shown now, without blanks before its first word. */
  push(piece: string): string {
    this.#pending += piece
    return this.#advance(false)
  }

  /** What was held back at the end of the text. */
  end(): string {
    const shown = this.#advance(true)
    const rest = this.#state === 'thinking' ? (this.#sinceClosing ?? '').trimStart() : this.#pending
    this.#pending = ''
    return shown + rest
  }

  #advance(isEnd: boolean): string {
    for (;;) {
      if (this.#state === 'text') return this.#takePending()
      const goesOn = this.#state === 'start' ? this.#begin() : this.#think(isEnd)
      if (!goesOn) return ''
    }
  }

  #takePending(): string {
    const text = this.#pending
    this.#pending = ''
    return text
  }

  /** At the beginning, or after thinking that has ended. False where more text is needed. */
  #begin(): boolean {
    this.#pending = this.#pending.trimStart()
    const opening = OPENING.exec(this.#pending)
    if (opening !== null) {
      this.#pending = this.#pending.slice(opening[0].length)
      this.#state = 'thinking'
      this.#hasThought = true
      this.#depth = 1
      this.#quotes = new QuoteTracker()
      this.#sinceClosing = null
      return true
    }
    const start = this.#pending.slice(0, LONGEST_OPENING.length).toLowerCase()
    if (LONGEST_OPENING.startsWith(start) || '<think>'.startsWith(start)) return false
    this.#state = 'text'
    return true
  }

  /** False where the thinking has not ended yet. */
  #think(isEnd: boolean): boolean {
    const text = this.#pending
    const tags = /<(\/?)think(?:ing)?>/gi
    let taken = 0
    for (let tag = tags.exec(text); tag !== null; tag = tags.exec(text)) {
      const after = tag.index + tag[0].length
      // The character after a tag says whether it is only mentioned.
      if (after === text.length && !isEnd) break
      this.#consume(text.slice(taken, tag.index))
      taken = after
      const isMentioned = this.#isMentioned(text[after])
      this.#consume(tag[0])
      if (isMentioned) continue
      this.#depth += tag[1] === '' ? 1 : -1
      if (this.#depth === 0) {
        this.#pending = text.slice(taken)
        this.#state = 'start'
        return true
      }
      if (tag[1] !== '') this.#sinceClosing = ''
    }
    this.#pending = text.slice(taken)
    this.#holdBack(isEnd)
    return false
  }

  /** A string cannot go on in the next line: quotes that are open there are stray ones. */
  #isMentioned(next: string | undefined): boolean {
    return next !== undefined && next !== '\n' && (this.#quotes.isQuoted || next === "'")
  }

  #consume(text: string): void {
    this.#quotes.feed(text)
    if (this.#sinceClosing !== null) this.#sinceClosing += text
  }

  /** Consumes what cannot be the beginning of a tag. */
  #holdBack(isEnd: boolean): void {
    const tail = this.#pending.slice(-'</thinking>'.length)
    const partial = isEnd ? null : (/<\/?think(?:ing)?>$/i.exec(tail) ?? PARTIAL_TAG.exec(tail))
    const held = partial === null ? 0 : partial[0].length
    this.#consume(this.#pending.slice(0, this.#pending.length - held))
    this.#pending = this.#pending.slice(this.#pending.length - held)
  }
}
