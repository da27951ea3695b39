import type { AdmissionGate, AdmissionRequest } from '../agent/admission-gate.ts'
import { findJson } from '../agent/parse-reply/find-json.ts'
import { runAdmission } from '../admission/pipeline.ts'
import { reconcileExpectations } from '../admission/tests/reconcile-expectations.ts'
import { findReadyTool } from '../admission/twins/find-ready-tool.ts'
import type { AdmissionDepth } from '../contracts/run.ts'
import type { AdmissionReport } from '../domain/admission/report.ts'
import { compareValues } from '../domain/compare/compare-values.ts'
import { judgeCall, runTests } from './run-tests.ts'

/**
 * Mutants that the tests are tried on: each is an execution, and another for each property. Nobody waits a minute for a tool
 * while the answer is wanted; where the machine is busy, what was judged by then counts.
 */
const MUTANTS: Readonly<Record<AdmissionDepth, { limit: number; wallMs: number }>> = {
  standard: { limit: 12, wallMs: 8000 },
  thorough: { limit: 30, wallMs: 60_000 },
}

/** The checks of `src/admission` behind the agent's interface. */
export function openAdmissionGate(): AdmissionGate {
  return {
    reconcile: (first, second, { parameters }) =>
      reconcileExpectations(first, second, { compare: compareValues, parameters }),
    async findReady(subject) {
      const found = await findReadyTool({ ...subject, runTests, judge: judgeCall })
      return found === null ? null : { ...found, renamed: [] }
    },
    admit,
  }
}

function admit(request: AdmissionRequest): Promise<AdmissionReport> {
  const { policy, sandbox, turnstile, spending, depth, passed, earlier, mayStrengthen, signal } = request
  const { tool, specification, tests, neighbours, predecessor, otherLanguages, specificationText, askReviewer } =
    request
  return runAdmission({
    policy,
    subject: { tool, specification, tests, neighbours, otherLanguages, ...(predecessor ? { predecessor } : {}) },
    means: {
      runTests,
      judge: judgeCall,
      compare: compareValues,
      readCode: null,
      reviewer: askReviewer === null ? null : { specification: specificationText, ask: askReviewer, findJson },
    },
    sandbox,
    turnstile,
    budget: { spending, mutants: MUTANTS[depth] },
    evidence: { passed, earlier },
    mayStrengthen,
    signal,
  })
}
