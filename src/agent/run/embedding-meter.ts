import type { EmbeddingMeter } from '../../contracts/embeddings.ts'
import { warnOfUnknown } from './call-model.ts'
import type { RunContext } from './run-context.ts'

/** Puts the embedding calls of a run's searches on its account. Where that is used up, words alone find tools. */
export function embeddingMeter(context: Pick<RunContext, 'budget' | 'events' | 'progress'>): EmbeddingMeter {
  const { budget, events } = context
  return {
    begin: () => budget.beginOptionalCall(),
    end({ model, usage, costUsd, wallMs, attempts }) {
      budget.endCall({ usage: { inputTokens: usage.inputTokens, outputTokens: 0 }, costUsd })
      events.emit({ type: 'embedding-called', model, usage, costUsd, wallMs, attempts })
      warnOfUnknown(context, { model, costUsd, usage })
    },
  }
}
