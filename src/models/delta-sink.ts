import type { ModelRequest } from '../contracts/models.ts'

export interface DeltaSink {
  emit(kind: 'text' | 'reasoning', text: string): void
  /** Tells the reader that what it was shown is void, if it was shown anything. */
  restart(reason: string): void
}

/**
 * Hands pieces of a reply to `onDelta` and knows whether any of them is on show. It may stand in front of another sink:
 * a `restart` from below clears it.
 */
export function createDeltaSink(
  onDelta: ModelRequest['onDelta'],
): DeltaSink & { onDelta: NonNullable<ModelRequest['onDelta']> } {
  let shown = false
  const pass: NonNullable<ModelRequest['onDelta']> = (delta) => {
    shown = delta.kind !== 'restart'
    onDelta?.(delta)
  }
  return {
    onDelta: pass,
    emit(kind, text) {
      if (text !== '') pass({ kind, text })
    },
    restart(reason) {
      if (shown) pass({ kind: 'restart', text: reason })
    },
  }
}
