import type { EmbeddingAccount, EmbeddingMeter } from '../../contracts/embeddings.ts'
import type { CallAccount } from './call-account.ts'
import { warnOfUnknown } from './call-model.ts'
import type { RunContext } from './run-context.ts'

type Run = Pick<RunContext, 'budget' | 'events' | 'progress'>

/** Puts the embedding calls of a run's searches on its account. Where that is used up, words alone find tools. */
export function embeddingMeter(context: Run): EmbeddingMeter {
  return {
    begin() {
      const account = context.budget.openOptionalCall()
      return account === null ? null : toEmbeddingAccount(context, account)
    },
  }
}

function toEmbeddingAccount(context: Run, account: CallAccount): EmbeddingAccount {
  const { events } = context
  return {
    begin: (estimate) => account.begin(estimate),
    end({ model, spending, attempts, wallMs, problem }) {
      // An embedder that does not ask before its attempts is counted by what it says at the end.
      if (account.attempts === 0 && spending !== null) account.countUnasked(model, spending)
      const used = account.end()
      if (account.attempts === 0 || used === null) return
      const { inputTokens: counted, reported } = used.usage
      const usage = { inputTokens: counted, reported }
      events.emit({ type: 'embedding-called', model, usage, costUsd: used.costUsd, wallMs, attempts, problem })
      warnOfUnknown(context, { model, costUsd: used.costUsd, usage })
    },
  }
}
