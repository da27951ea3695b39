import { ADMISSION_CHECKS, type AdmissionCheck, type CheckYield } from '../../contracts/tool.ts'

export function createYield(check: AdmissionCheck): CheckYield {
  return { check, ran: 0, refused: 0, noted: 0, cutShort: 0, skipped: {}, executions: 0, wallMs: 0 }
}

/** The sums over several rounds, in the order of the checks. */
export function addYields(rounds: readonly (readonly CheckYield[])[]): CheckYield[] {
  const byCheck = Map.groupBy(rounds.flat(), ({ check }) => check)
  return ADMISSION_CHECKS.flatMap((check) => {
    const all = byCheck.get(check) ?? []
    return all.length === 0 ? [] : [all.reduce(addYield, createYield(check))]
  })
}

function addYield(sum: CheckYield, other: CheckYield): CheckYield {
  const skipped = { ...sum.skipped }
  for (const [reason, count = 0] of Object.entries(other.skipped) as [keyof typeof skipped, number?][]) {
    skipped[reason] = (skipped[reason] ?? 0) + count
  }
  return {
    check: sum.check,
    ran: sum.ran + other.ran,
    refused: sum.refused + other.refused,
    noted: sum.noted + other.noted,
    cutShort: sum.cutShort + other.cutShort,
    skipped,
    executions: sum.executions + other.executions,
    wallMs: sum.wallMs + other.wallMs,
  }
}
