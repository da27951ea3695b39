import type { AdmissionRecord } from '../../contracts/tool.ts'
import type { ReviewFinding } from '../../domain/admission/finding.ts'
import type { Check, CheckContext } from '../check.ts'
import type { ReviewOutcome } from '../review/parse-review.ts'
import { reviewTool } from '../review/review-tool.ts'

/** A model that reads the specification and the code, and nothing else. */
export const reviewCheck: Check = {
  name: 'review',
  executes: false,
  skip: ({ means }) => (means.reviewer === null ? 'not-asked' : null),
  async run(context) {
    const outcome = await review(context)
    if (outcome === null) return { findings: [] }
    const findings =
      outcome.verdict === 'reject'
        ? outcome.reasons.map(({ kind, line, text }): ReviewFinding => ({ check: 'review', code: kind, line, text }))
        : []
    return { findings, facts: { review: toRecord(outcome) } }
  },
}

async function review({ subject, means }: CheckContext): Promise<ReviewOutcome | null> {
  const { tool } = subject
  const { signature, code, tools } = tool
  if (means.reviewer === null) return null
  return reviewTool({
    ...means.reviewer,
    code,
    language: signature.language,
    // What the code itself imports; what those import in turn is their business.
    imported: tools.filter(({ name }) => signature.uses.includes(name)),
  })
}

/** Which model it was, only the caller knows. */
function toRecord(outcome: ReviewOutcome): NonNullable<AdmissionRecord['review']> {
  if (outcome.verdict === 'none') return { verdict: 'none', model: null, reasons: [outcome.problem] }
  const reasons = outcome.reasons.map(
    ({ kind, line, text }) => `${kind}${line === null ? '' : `, line ${line}`}: ${text}`,
  )
  return { verdict: outcome.verdict === 'keep' ? 'accept' : 'reject', model: null, reasons }
}
