import type { ModelDelta } from '../../contracts/models.ts'
import type { RunContext } from '../run/run-context.ts'
import { ThinkFilter } from '../parse-reply/think-filter.ts'

/** How a model says that the answer is an empty text: a reply with nothing in it is taken for a slip. */
export const EMPTY_ANSWER = '(empty)'

/** Shows the answer while it is being written, and keeps what was shown: a run that is cut short has at least that. */
export class AnswerStream {
  readonly #context: RunContext
  #filter = new ThinkFilter()
  #shown = ''
  /** The beginning of what may become `EMPTY_ANSWER`. */
  #held = ''

  constructor(context: RunContext) {
    this.#context = context
  }

  readonly onDelta = ({ kind, text }: ModelDelta): void => {
    if (kind === 'restart') this.restart()
    else if (kind === 'text') this.#show(this.#filter.push(text))
  }

  /** What was shown is void: the answer begins again. */
  restart(): void {
    this.#filter = new ThinkFilter()
    this.#held = ''
    if (this.#shown === '') return
    this.#shown = ''
    this.#context.events.emit({ type: 'answer-delta', text: '\n\n(The reply broke off. It begins again.)\n\n' })
  }

  end(): void {
    this.#show(this.#filter.end())
    // Less than the whole of it is an answer like any other.
    if (this.#held.trim() !== EMPTY_ANSWER) this.#emit(this.#held)
  }

  #show(text: string): void {
    // Blank lines before the first word are not part of the answer.
    const held = `${this.#held}${text}`
    this.#held = ''
    const piece = this.#shown === '' ? held.trimStart() : held
    if (piece === '') return
    if (this.#shown === '' && EMPTY_ANSWER.startsWith(piece.trimEnd())) {
      this.#held = piece
      return
    }
    this.#emit(piece)
  }

  #emit(piece: string): void {
    if (piece === '') return
    this.#shown += piece
    this.#context.progress.answer = this.#shown
    this.#context.events.emit({ type: 'answer-delta', text: piece })
  }
}
