import type { ModelDelta } from '../../contracts/models.ts'
import type { RunContext } from '../run/run-context.ts'
import { ThinkFilter } from '../parse-reply/think-filter.ts'

/** Shows the answer while it is being written, and keeps what was shown: a run that is cut short has at least that. */
export class AnswerStream {
  readonly #context: RunContext
  #filter = new ThinkFilter()
  #shown = ''

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
    if (this.#shown === '') return
    this.#shown = ''
    this.#context.events.emit({ type: 'answer-delta', text: '\n\n(The reply broke off. It begins again.)\n\n' })
  }

  end(): void {
    this.#show(this.#filter.end())
  }

  #show(text: string): void {
    // Blank lines before the first word are not part of the answer.
    const piece = this.#shown === '' ? text.trimStart() : text
    if (piece === '') return
    this.#shown += piece
    this.#context.progress.answer = this.#shown
    this.#context.events.emit({ type: 'answer-delta', text: piece })
  }
}
