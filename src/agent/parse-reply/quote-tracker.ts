/**
 * Says whether a place of a text stands inside a quotation or inline code of its line. Fed piece by piece, so that a long
 * line with many such places costs one pass.
 */
export class QuoteTracker {
  #quotes = 0
  #backticks = 0
  /** Backticks that follow one another: three and more are a fence, not inline code. */
  #run = 0
  #last = '\n'
  #beforeLast = '\n'

  feed(text: string): void {
    for (let at = 0; at < text.length; at += 1) this.#take(text.charAt(at))
  }

  /** The character before the place; a line feed at the beginning of the text. */
  get last(): string {
    return this.#last
  }

  get isQuoted(): boolean {
    const backticks = this.#backticks + (this.#run < 3 ? this.#run : 0)
    // Apostrophes cannot be counted: one that follows no letter begins a string.
    const begins = this.#last === "'" && !/\w/.test(this.#beforeLast)
    return this.#quotes % 2 === 1 || backticks % 2 === 1 || begins
  }

  #take(character: string): void {
    if (character === '`') this.#run += 1
    else {
      if (this.#run < 3) this.#backticks += this.#run
      this.#run = 0
    }
    if (character === '\n') this.#quotes = this.#backticks = 0
    else if (character === '"' && this.#last !== '\\') this.#quotes += 1
    this.#beforeLast = this.#last
    this.#last = character
  }
}
