import type { App } from '../open-app.ts'
import type { TidyPlan } from './plan-tidy.ts'
import { proposeGeneralised, type Ask, type Generalised } from './propose-generalised.ts'

/** Each is a call of a model that writes code. */
const MOST_PAIRS = 5

export interface Proposal {
  names: [string, string]
  /** Null where it was refused. */
  generalised: Generalised | null
  /** Why it was refused; null where it was not. */
  problem: string | null
  /** What asking cost, whatever came of it; null where the price is not known. */
  costUsd: number | null
  tokens: number
}

/** Asks the configured model for one tool in place of each pair that is alike and differs, at most five. Saves nothing. */
export async function generalisePairs(
  app: Pick<App, 'library' | 'sandbox' | 'gateway'>,
  { different, clusters, entries }: TidyPlan,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (names: [string, string]) => void } = {},
): Promise<Proposal[]> {
  const gateway = await app.gateway()
  const stop = signal === undefined ? {} : { signal }
  const ask: Ask = async ({ instructions, content }) => {
    const messages = [{ role: 'user' as const, content }]
    const call = { role: 'coder', difficulty: 'medium', escalation: 0 } as const
    const { text, model, usage, costUsd } = await gateway.generate({ ...call, instructions, messages, ...stop })
    return { text, model, tokens: usage.inputTokens + usage.outputTokens, costUsd }
  }
  // One tool has one place: what was merged, or stands in another proposal, is left for the next time.
  const taken = new Set(clusters.flatMap(({ others }) => others.map(({ name }) => name)))
  const proposals: Proposal[] = []
  for (const { names } of different) {
    const [first, second] = names.map((name) => entries.get(name))
    if (proposals.length >= MOST_PAIRS) break
    if (first === undefined || second === undefined || names.some((name) => taken.has(name))) continue
    for (const name of names) taken.add(name)
    onProgress?.(names)
    const spent = { tokens: 0, costUsd: 0 as number | null }
    const askAndCount: Ask = async (prompt) => {
      const reply = await ask(prompt)
      spent.tokens = reply.tokens
      spent.costUsd = reply.costUsd
      return reply
    }
    const outcome = await proposeGeneralised(app, [first, second], { ask: askAndCount, ...stop })
    const isRefused = typeof outcome === 'string'
    proposals.push({ names, generalised: isRefused ? null : outcome, problem: isRefused ? outcome : null, ...spent })
  }
  return proposals
}
