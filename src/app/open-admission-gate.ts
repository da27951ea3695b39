import type { AdmissionDecision, AdmissionGate, AdmissionSubject } from '../agent/admission-gate.ts'
import { decideAdmission, type Admission } from '../admission/decide-admission.ts'
import { reviewTool } from '../admission/review/review-tool.ts'
import { reconcileExpectations } from '../admission/tests/reconcile-expectations.ts'
import { findReadyTool } from '../admission/twins/find-ready-tool.ts'
import { compareValues } from '../domain/compare/compare-values.ts'
import { findJson } from '../agent/parse-reply/find-json.ts'
import type { AdmissionDepth } from '../contracts/run.ts'
import { judgeCall, runTests } from './run-tests.ts'

/**
 * Mutants that the tests are tried on: each is an execution, and another for each property. Nobody waits a minute for a tool
 * while the answer is wanted; where the machine is busy, what was judged by then counts.
 */
const MUTANTS: Readonly<Record<AdmissionDepth, { limit: number; wallMs: number }>> = {
  standard: { limit: 12, wallMs: 8000 },
  thorough: { limit: 30, wallMs: 60_000 },
}

/** Most mutants end with the first or second test. */
const EXECUTIONS_OF_A_MUTANT = 3
/** With fewer there is no verdict. */
const LEAST_MUTANTS = 5

/** The checks of `src/admission` behind the agent's interface. */
export function openAdmissionGate(): AdmissionGate {
  return {
    reconcile: (first, second, { parameters }) =>
      reconcileExpectations(first, second, { compare: compareValues, parameters }),
    async findReady(subject) {
      const found = await findReadyTool({ ...subject, runTests, judge: judgeCall })
      return found === null ? null : { ...found, renamed: [] }
    },
    decide,
  }
}

async function decide(subject: AdmissionSubject): Promise<AdmissionDecision> {
  const { askReviewer, specificationText, tool, depth, earlier, mayStrengthen, executions } = subject
  const limits = MUTANTS[depth]
  const affordable = Math.floor(executions / EXECUTIONS_OF_A_MUTANT)
  // Where fewer can be paid for they are tried all the same: what ends them says so.
  const limit = Math.max(LEAST_MUTANTS, Math.min(limits.limit, affordable))
  const { language } = tool.signature
  const admission = await decideAdmission({
    ...subject,
    runTests,
    judge: judgeCall,
    testsPassed: true,
    compare: compareValues,
    review:
      askReviewer === null
        ? null
        : () =>
            reviewTool({
              specification: specificationText,
              code: tool.code,
              language,
              imported: importedBy(tool),
              ask: askReviewer,
              findJson,
            }),
    mutants: { ...limits, limit },
    weakTests: mayStrengthen ? 'strengthen' : 'record',
    earlier: (earlier?.account ?? null) as Admission | null,
  })
  return toDecision(admission)
}

/** What the code itself imports; what those import in turn is their business. */
function importedBy({ signature, tools }: AdmissionSubject['tool']): AdmissionSubject['tool']['tools'] {
  return tools.filter(({ name }) => signature.uses.includes(name))
}

function toDecision(admission: Admission): AdmissionDecision {
  const { decision, findings, unseen, mutation, determinism, twins, review, stopped } = admission
  const twin = decision === 'reuse' ? (twins?.twin ?? null) : null
  return {
    decision,
    findings,
    unseen,
    twin,
    record: {
      mutants: mutation?.record ?? null,
      repeatedCalls: determinism === null ? null : determinism.compared,
      review: review === null ? null : toReview(review),
      neighbours: (twins?.tried ?? []).map(({ name, version, verdict }) => ({ name, version, verdict })),
      ...(stopped === null ? {} : { stopped }),
    },
    account: admission,
  }
}

function toReview(review: NonNullable<Admission['review']>): AdmissionDecision['record']['review'] {
  // Which model it was, the agent knows.
  if (review.verdict === 'none') return { verdict: 'none', model: null, reasons: [review.problem] }
  const reasons = review.reasons.map(
    ({ kind, line, text }) => `${kind}${line === null ? '' : `, line ${line}`}: ${text}`,
  )
  return { verdict: review.verdict === 'keep' ? 'accept' : 'reject', model: null, reasons }
}
