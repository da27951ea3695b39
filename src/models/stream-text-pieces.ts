import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ModelRequest } from '../contracts/models.ts'

/** About what a provider sends in one event. */
const PIECE_CHARACTERS = 24

/**
 * Hands a text that is already there to `onDelta` in small pieces, one a turn of the event loop, as a provider would.
 * Characters outside the basic plane are not split. Stops early when `signal` is aborted.
 */
export async function streamTextPieces(
  kind: 'text' | 'reasoning',
  text: string,
  { onDelta, signal }: Pick<ModelRequest, 'onDelta' | 'signal'>,
): Promise<void> {
  if (onDelta === undefined) return
  let start = 0
  while (start < text.length) {
    if (signal?.aborted) return
    let end = Math.min(start + PIECE_CHARACTERS, text.length)
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end++
    onDelta({ kind, text: text.slice(start, end) })
    start = end
    await nextTurn()
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}
