import { z } from 'zod'
import { REVIEW_FAULTS } from '../../domain/admission/finding.ts'
import type { FindJson } from '../subject.ts'

export interface ReviewReason {
  kind: (typeof REVIEW_FAULTS)[number]
  /** Of the code, from 1; null where the reviewer named none. */
  line: number | null
  text: string
}

export interface Review {
  verdict: 'keep' | 'reject'
  /** Empty where it is kept. */
  reasons: ReviewReason[]
}

export type ReviewOutcome =
  | Review
  /** The reviewer gave no verdict that can be read: nothing follows from it. */
  | { verdict: 'none'; problem: string }

const MOST_REASONS = 20

const reason = z.object({
  kind: z.enum(REVIEW_FAULTS, `kind has to be one of ${REVIEW_FAULTS.join(', ')}`),
  line: z.number().int().positive().nullish(),
  text: z.string().trim().min(1, 'a reason needs a text').max(4000),
})
const review = z.object({
  verdict: z.enum(['keep', 'reject'], "verdict has to be 'keep' or 'reject'"),
  reasons: z.array(reason).max(MOST_REASONS).nullish(),
})

/** Reads a reviewer's reply. What is wrong with it is a sentence for the reviewer. */
export function parseReview(reply: string, findJson: FindJson): { value: Review } | { problem: string } {
  const found = findJson(reply, (value) => typeof value['verdict'] === 'string')
  if ('problem' in found) return found
  const checked = review.safeParse(found.value)
  if (!checked.success) {
    const problems = checked.error.issues.map(({ path, message }) => `- ${[...path, message].join(': ')}`)
    return { problem: `The review does not have the right form:\n${problems.join('\n')}` }
  }
  const { verdict } = checked.data
  const reasons = (checked.data.reasons ?? []).map(({ kind, line, text }) => ({ kind, line: line ?? null, text }))
  if (verdict === 'reject' && reasons.length === 0) {
    return { problem: 'A rejection needs at least one reason with its kind and a text.' }
  }
  // Remarks beside a `keep` are no faults: by its own rules the reviewer is not certain of them.
  return { value: { verdict, reasons: verdict === 'keep' ? [] : reasons } }
}
