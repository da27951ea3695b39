import type { AttemptEstimate } from '../../contracts/models.ts'

/** What is set aside for one attempt. */
export interface Reservation {
  readonly estimate: AttemptEstimate
  readonly tokens: number
  readonly costUsd: number
  /** The most that the attempt may ask for. */
  readonly maxOutputTokens: number
  /** The bound that made that less than it wanted; null for none. */
  readonly limitedBy: 'tokens' | 'costUsd' | null
  /** Whether its cost could be told beforehand. */
  readonly priced: boolean
}

/** What is left of a budget, after what other attempts hold. */
export interface Room {
  tokens: number
  costUsd: number
  /** No other attempt is under way: there is nothing to wait for. */
  isAlone: boolean
  /** US dollars a token that the model was seen to bill, for one whose price is not known. */
  usdPerToken: number | undefined
}

export type Fit = { reservation: Reservation } | { wait: true } | { refusedBy: 'tokens' | 'costUsd'; needed: number }

/**
 * No model of the built-in table costs more (US dollars a token). It decides only whether a model of unknown price has to
 * wait for others: such models then pass a bound one at a time.
 */
const ASSUMED_USD_PER_TOKEN = 50 / 1_000_000

/**
 * How much of `room` an attempt may have. Its reply is bounded by what is left for it, in tokens and in US dollars. It
 * rather waits for others to end than begin with less than it wants: most replies are far shorter than they may be.
 */
export function fitAttempt(estimate: AttemptEstimate, room: Room): Fit {
  const { inputTokens, maxOutputTokens: wanted, costOf } = estimate
  const byTokens = room.tokens - inputTokens
  const price = linearPrice(estimate)
  const byCost = price === null ? wanted : affordable(room.costUsd - price.inputUsd, price.usdPerOutputToken)
  const maxOutputTokens = Math.floor(Math.min(wanted, byTokens, byCost))
  const tooDear = price === null && room.costUsd < assumedCost(estimate, room) && !room.isAlone
  if (!room.isAlone && (maxOutputTokens < wanted || tooDear)) return { wait: true }
  // An attempt that wants no output, as for vectors, needs room for its prompt only.
  const least = Math.min(1, wanted)
  if (byTokens < least) return { refusedBy: 'tokens', needed: inputTokens + least }
  if (byCost < least || (price === null && room.costUsd <= 0)) {
    return { refusedBy: 'costUsd', needed: costOf({ inputTokens, outputTokens: least }) ?? 0 }
  }
  const limitedBy = maxOutputTokens === wanted ? null : byTokens <= byCost ? 'tokens' : 'costUsd'
  const costUsd =
    price === null
      ? Math.min(room.costUsd, assumedCost(estimate, room))
      : price.inputUsd + maxOutputTokens * price.usdPerOutputToken
  const tokens = inputTokens + maxOutputTokens
  return { reservation: { estimate, tokens, costUsd, maxOutputTokens, limitedBy, priced: price !== null } }
}

/** Prices rise with the prompt's length, not with the reply's: for a given prompt they are a line. */
function linearPrice({ inputTokens, costOf }: AttemptEstimate): { inputUsd: number; usdPerOutputToken: number } | null {
  const inputUsd = costOf({ inputTokens, outputTokens: 0 })
  const withMillion = costOf({ inputTokens, outputTokens: 1_000_000 })
  if (inputUsd === null || withMillion === null) return null
  return { inputUsd, usdPerOutputToken: (withMillion - inputUsd) / 1_000_000 }
}

function affordable(roomUsd: number, usdPerToken: number): number {
  if (roomUsd < 0) return -1
  return usdPerToken === 0 ? Infinity : roomUsd / usdPerToken
}

function assumedCost({ inputTokens, maxOutputTokens }: AttemptEstimate, { usdPerToken }: Room): number {
  return (inputTokens + maxOutputTokens) * (usdPerToken ?? ASSUMED_USD_PER_TOKEN)
}
