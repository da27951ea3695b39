const OPEN = /<think(?:ing)?>/i
const CLOSE = /<\/think(?:ing)?>/i
const LONGEST_TAG = '</thinking>'.length

/** Takes a model's thinking out of a streamed text. Text that may be the beginning of a tag is held back until it is not. */
export class ThinkFilter {
  #pending = ''
  #thinking = false

  /** The part of the text so far that can be shown now. */
  push(piece: string): string {
    this.#pending += piece
    let shown = ''
    for (;;) {
      const tag = (this.#thinking ? CLOSE : OPEN).exec(this.#pending)
      if (tag === null) break
      if (!this.#thinking) shown += this.#pending.slice(0, tag.index)
      this.#pending = this.#pending.slice(tag.index + tag[0].length)
      this.#thinking = !this.#thinking
    }
    const held = this.#heldBack()
    if (!this.#thinking) shown += this.#pending.slice(0, this.#pending.length - held)
    this.#pending = this.#pending.slice(this.#pending.length - held)
    return shown
  }

  /** What was held back at the end of the text. */
  end(): string {
    const rest = this.#thinking ? '' : this.#pending
    this.#pending = ''
    return rest
  }

  /** How many characters at the end may be the beginning of a tag. */
  #heldBack(): number {
    const start = this.#pending.lastIndexOf('<')
    if (start === -1 || this.#pending.length - start >= LONGEST_TAG) return 0
    return /^<\/?[a-z]*$/i.test(this.#pending.slice(start)) ? this.#pending.length - start : 0
  }
}
